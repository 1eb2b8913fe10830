import BullpenCore

/// What people asked for, what they were told and what they sent: the invariants hold the nodes to it.
struct Ledger {
  struct Acknowledged {
    var node: String
    var heads: [LogHead]
    /// Table and key of every row that was written.
    var rows: [Row]
    /// When the first of them dies, in Unix milliseconds.
    var expiry: Int64
    var promise: Promise?
    /// Where it is no write of its person's, whose changed program has told the node of it.
    var teller: Teller?
    /// Where the writer's own disk has lost it since: the machines that had it as well. Nil where nothing was lost.
    var keepers: Set<String>?

    /// Whether some disk had it ever since, if these are the machines that count.
    func isKept(by machines: Set<String>) -> Bool { keepers.map { !$0.isDisjoint(with: machines) } ?? true }

    /// Whether whoever wrote it, and was told that it is on disk, is among these.
    func isBy(_ machines: Set<String>) -> Bool {
      machines.contains(node) && teller.map { machines.contains($0.node) } ?? true
    }
  }

  struct Teller {
    var node: String
    /// When, in Unix milliseconds.
    var wall: Int64
  }

  enum Promise {
    /// Nobody is shown this activity.
    case withdrawn(RowKey)
    /// The member can open this notification.
    case shared(RowKey, MemberID)
  }

  struct Row: Hashable {
    var table: String
    var key: [UInt8]
  }

  /// What a changed program has dated ahead.
  struct Foretold {
    var node: String
    var head: LogHead
    var row: RowDraft
    /// Its stamp, in Unix milliseconds.
    var due: Int64
  }

  /// What a changed program has stated as of long ago.
  struct Backdated {
    var node: String
    var device: DeviceID
    var statement: Statement
    var id: StatementID
  }

  struct Sent {
    /// The node from which it was sent.
    var node: String
    var key: RowKey
    var sender: MemberID
    /// Who may open it.
    var audience: [MemberID]
    /// Who was named when it was written: who was added since is promised by itself.
    let first: [MemberID]
    var title: String
    /// Nil where the sender's version knows of none.
    var body: String?
    /// Devices of which the sender knew that they are out.
    var cut: Set<DeviceID>
  }

  /// A row that tells of a person, and to whom.
  struct Confided {
    /// The node at which it was written.
    var node: String
    var row: Row
    var confidence: Confidence
    /// Who may open it, besides whoever it is of.
    var audience: [MemberID]
    /// When it dies, in Unix milliseconds.
    var expiry: Int64
  }

  var acknowledged: [Acknowledged] = []
  var sent: [Sent] = []
  var foretold: [Foretold] = []
  var backdated: [Backdated] = []
  var confided: [Confided] = []
  /// What each member posted, in its order.
  var posted: [MemberID: [RowKey]] = [:]
  /// Writes that were refused to the person's face.
  var refusals: [CommitFailure] = []
  /// Every text that somebody asked to have in the clear, by row: what is shown is one of them.
  private(set) var texts: [Row: Set<String>] = [:]

  mutating func asked(_ draft: RowDraft) {
    let row = Row(table: draft.table.name, key: draft.key.bytes)
    for case .text(let text) in draft.cells.values { texts[row, default: []].insert(text) }
  }

  func isAsked(_ text: String, _ table: TableDeclaration, _ key: RowKey) -> Bool {
    texts[Row(table: table.name, key: key.bytes)]?.contains(text) == true
  }
}
