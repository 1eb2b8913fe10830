/// Everything that can happen to a workspace on this node. The node and the simulator feed these, one at a
/// time, with a reading of the clocks.
public enum Event: Sendable {
  /// A deadline has come.
  case tick

  // MARK: Finding one another
  /// An address was named.
  case hint(DeviceID?, [Endpoint], AddressBook.Source)
  /// A dial has ended; the reason in words when it failed.
  case dialEnded(DialID, failure: String?)
  /// Addresses or links changed: dial again at once.
  case linksChanged
  /// The machine slept and is awake.
  case resumed

  // MARK: Connections
  /// A greeting ended well. The statements were new to us and prove the peer.
  case met(ConnectionID, DeviceID, Endpoint, isOutbound: Bool, [Verified<ProvedStatement>])
  /// A greeting ended with statements that show us cut.
  case expelled([Verified<ProvedStatement>])
  case received(ConnectionID, PeerMessage)
  case closed(ConnectionID)
  /// A datagram that passed every check of the gate.
  case datagram(DeviceID, DatagramBody, from: Endpoint)

  // MARK: The disk
  /// Answers `commit` and `state`.
  case committed(RequestID, Result<CommitOutcome, CommitFailure>)
  /// Answers `apply`.
  case applied(ConnectionID?, ApplyOutcome)
  /// Answers `admit`: the statements that were new.
  case admitted([Verified<ProvedStatement>], dropped: [StatementID] = [], rows: [String: [RowKey]])
  /// Answers `read`.
  case read(ConnectionID, [Segment])
  /// Answers `find`: which of the heads are on no branch that is here, and which are.
  case found(lacking: [LogHead], held: [LogHead], of: ConnectionID?)

  // MARK: The person
  case view(ViewID, ViewAction)
  case setPresence(PresenceChange)
  /// The desktop was asked whether anybody is there.
  case desktop(DesktopReading)
  /// What the person said of itself in an earlier run.
  case keptStatus(KeptStatus)
  /// Who may hear of the person is decided anew: its own settings, the teams or the workspace's default differ.
  case privacy(Privacy)
  /// All cursors of a room go; only an admin's word for it counts.
  case clearCursors(RoomID)
  case write(RequestID, Draft)
  case claim(RequestID, Statement.Claim)
  /// The node is about to end.
  case stopping
}

extension Event {
  /// Whether it may change whom to dial, or when. Others come many times a second; where one of them does so after all,
  /// by the loss of a connection or of who was here, that takes the moment back by itself.
  var bearsOnDialing: Bool {
    switch self {
    case .hint, .dialEnded, .linksChanged, .resumed, .met, .admitted, .received(_, .addresses): true
    default: false
    }
  }
}

/// One request whose answer somebody waits for.
public struct RequestID: Hashable, Comparable, Sendable {
  public let raw: UInt64
  public init(raw: UInt64) { self.raw = raw }
  public static func < (a: RequestID, b: RequestID) -> Bool { a.raw < b.raw }
}

/// One open view: a tab of the browser, or a program on the WebSocket.
public struct ViewID: Hashable, Comparable, Sendable {
  public let raw: UInt64
  public init(raw: UInt64) { self.raw = raw }
  public static func < (a: ViewID, b: ViewID) -> Bool { a.raw < b.raw }
}

public enum ViewAction: Hashable, Sendable {
  /// Nil where the view does not say what the person looks at it with.
  case join(RoomID, DeviceKind?)
  /// What the person looks at it with, whether or not the view is in a room.
  case show(DeviceKind)
  case leave(RoomID)
  case point(RoomID, CursorPosition?)
  case type(RoomID?)
  case close
  /// Somebody did something there: the person is at the machine.
  case input
}

/// What a person changes of its own presence; nil leaves a part as it is.
public struct PresenceChange: Hashable, Sendable {
  public var status: Status?
  public var customStatus: String?
  public var customEmoji: String?
  /// Milliseconds until the custom status clears, up to 30 days. Without it, words that are said anew stay.
  public var clearAfter: Int64?
  public init(
    status: Status? = nil, customStatus: String? = nil, customEmoji: String? = nil, clearAfter: Int64? = nil
  ) {
    self.status = status
    self.customStatus = customStatus
    self.customEmoji = customEmoji
    self.clearAfter = clearAfter
  }
}

/// A write is on disk.
public struct CommitOutcome: Sendable {
  /// The heads of our own logs that advanced.
  public var heads: [LogHead]
  /// The rows that are new or different, by table.
  public var rows: [String: [RowKey]]
  /// The statement, when the write was one.
  public var statement: Verified<ProvedStatement>?
  /// Statements that there is no room for any more.
  public var dropped: [StatementID]
  public init(
    heads: [LogHead], rows: [String: [RowKey]], statement: Verified<ProvedStatement>? = nil,
    dropped: [StatementID] = []
  ) {
    self.dropped = dropped
    self.heads = heads
    self.rows = rows
    self.statement = statement
  }
}

/// A write left no trace. The sentence is for the person.
public struct CommitFailure: Error, Hashable, Sendable {
  public var reason: String
  /// The store's word for why, or `queueFull`, and what the person can do next; empty where there is none.
  public var code: String
  public var hint: String
  public init(reason: String, code: String = "", hint: String = "") {
    self.reason = reason
    self.code = code
    self.hint = hint
  }

  /// The code where as many writes as may wait for the disk do so already.
  public static let queueFull = "queue_full"

  static func queueIsFull(waiting: Int) -> CommitFailure {
    CommitFailure(
      reason: "\(waiting) writes wait for the disk already, so this one was not taken.", code: queueFull,
      hint: "Nothing was changed. Try again in a second.")
  }
}

/// What became of segments that a peer sent.
public struct ApplyOutcome: Sendable {
  /// The heads that advanced.
  public var heads: [LogHead]
  public var rows: [String: [RowKey]]
  /// Statements among the rows that were new.
  public var statements: [Verified<ProvedStatement>]
  /// Segments of which nothing was kept.
  public var rejected: [(log: LogID, reason: SegmentRejection)]
  /// Of these, the ones that go on from an entry that is not here.
  public var departed: [Departure]
  /// Statements that are not kept: they were known, and there is no room any more, or came alone and were not taken.
  public var dropped: [StatementID]
  public init(
    heads: [LogHead], rows: [String: [RowKey]], statements: [Verified<ProvedStatement>],
    rejected: [(log: LogID, reason: SegmentRejection)], departed: [Departure] = [], dropped: [StatementID] = []
  ) {
    self.departed = departed
    self.dropped = dropped
    self.heads = heads
    self.rows = rows
    self.statements = statements
    self.rejected = rejected
  }
}

/// A segment of a branch that is not here: it is proved, and what comes before it is missing.
public struct Departure: Hashable, Sendable {
  public let log: LogID
  /// The number of its first entry.
  public let first: UInt64
  /// After its last.
  public let head: Head

  public init(log: LogID, first: UInt64, head: Head) {
    self.log = log
    self.first = first
    self.head = head
  }
}

/// Why nothing of a segment was kept.
public enum SegmentRejection: String, Hashable, Sendable, CaseIterable {
  /// The author is no device of the workspace, as far as this node knows yet.
  case unknownDevice = "unknown_device"
  /// Chain or signature does not hold.
  case unproved
  /// Entries before it are missing here.
  case gap
  /// It goes on from another entry than the one that is here under that number.
  case departed
  /// The log has as many branches as are kept.
  case fork
  /// A payload is missing whose life has not ended.
  case hole
  case malformed
  /// The disk refused.
  case storage
}
