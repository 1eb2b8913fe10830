/// What a cut, or several of one device, leave of a log.
struct KeptPart: Hashable, Sendable {
  /// Entries up to this number stand; 0 for none. Of statements the line says more, for they travel ahead of their log.
  private(set) var sequence: UInt64
  /// What was said to stand, by each statement that says so: the histories that end in one of its heads, and of others
  /// what they share with one of these.
  private var kept: Set<Set<Head>>
  private var line: StatementLine

  init(_ kept: KeptLog, among statements: [StatementID: ProvedStatement]) {
    sequence = kept.head.sequence
    self.kept = [[kept.head]]
    line = StatementLine(endingIn: kept.statement, of: kept.log, through: sequence, among: statements)
  }

  /// What one statement lists.
  static func byLog(_ kept: [KeptLog], among statements: [StatementID: ProvedStatement]) -> [LogID: KeptPart] {
    kept.reduce(into: [:]) { parts, one in
      var part = KeptPart(one, among: statements)
      if let other = parts[one.log] { part.widen(by: other) }
      parts[one.log] = part
    }
  }

  /// Of two statements that speak of one log the smaller holds.
  mutating func narrow(to other: KeptPart) {
    sequence = min(sequence, other.sequence)
    kept.formUnion(other.kept)
    line.narrow(to: other.line)
  }

  /// Of two branches that one statement lists both stand.
  private mutating func widen(by other: KeptPart) {
    sequence = max(sequence, other.sequence)
    kept = [heads.union(other.heads)]
    line.widen(by: other.line)
  }

  var heads: Set<Head> { kept.reduce(into: []) { $0.formUnion($1) } }

  /// Up to which entry a branch of the log stands.
  func sequence(of branch: BranchStanding?) -> UInt64 {
    guard let branch else { return sequence }
    return kept.map { heads in heads.map { branch.shared[$0] ?? $0.sequence }.max() ?? 0 }.min() ?? sequence
  }

  func holds(_ proved: ProvedStatement) -> Bool {
    proved.statement.sequence >= 1 && line.holds(proved)
  }
}

/// How far one branch of a log agrees with the heads that cuts, demotions and takeovers name; up to a head's own number
/// where that is not listed.
public struct BranchStanding: Hashable, Sendable {
  public var shared: [Head: UInt64]
  public init(_ shared: [Head: UInt64]) { self.shared = shared }
}

/// The statements of one log from the first to a last one, each of which names the one before it.
struct StatementLine: Hashable, Sendable {
  /// With their numbers.
  private var ids: [StatementID: UInt64] = [:]
  /// Where one that is named is not here yet, nobody can tell what is before it: below this number the number alone
  /// counts, as far as the log stands. It is 0 for a line that is whole.
  private var unknownBelow: UInt64 = 0

  /// - Parameters:
  ///   - last: nil for a log without statements.
  ///   - sequence: the number of the log's entry up to which it stands.
  init(
    endingIn last: StatementID?, of log: LogID, through sequence: UInt64,
    among statements: [StatementID: ProvedStatement]
  ) {
    var next = last
    var limit = UInt64.max
    while let id = next {
      guard let statement = statements[id]?.statement else {
        unknownBelow = min(limit, sequence == .max ? sequence : sequence + 1)
        return
      }
      // A line that leaves its log or does not go down ends there: whoever made it has named no more than this.
      guard statement.log == log, statement.sequence < limit else { return }
      ids[id] = statement.sequence
      limit = statement.sequence
      next = statement.previous
    }
  }

  func holds(_ proved: ProvedStatement) -> Bool {
    ids[proved.id] != nil || proved.statement.sequence < unknownBelow
  }

  /// What either holds.
  mutating func widen(by other: StatementLine) {
    ids.merge(other.ids) { known, _ in known }
    unknownBelow = max(unknownBelow, other.unknownBelow)
  }

  /// What both hold. However many are taken together, it is one line.
  mutating func narrow(to other: StatementLine) {
    let both = ids.filter { other.ids[$0.key] != nil || $0.value < other.unknownBelow }
    ids = both.merging(other.ids.filter { $0.value < unknownBelow }) { known, _ in known }
    unknownBelow = min(unknownBelow, other.unknownBelow)
  }
}
