import BullpenCore
import BullpenCrypto
import GRDB

// The beginning of a passing log goes when nobody can need it any more. No row outlives its change by more than
// `Limits.longestLifetime`, and stamps ascend within a log: so an entry that is older than that shows that all before it
// is dead, and with it as the first the rest still proves itself, for every digest holds those before it.
extension Transaction {
  /// Lets passing logs begin at the last entry that is old enough. Branches keep what they depart from.
  ///
  /// - Returns: how many logs became shorter.
  func collapse() throws -> Int {
    let logs = try LogTables.all(db)
    let parted = Set(logs.compactMap { $0.parent == nil ? nil : $0.log })
    return try logs.count { log in
      guard log.log.kind == .passing, !parted.contains(log.log) else { return false }
      return try collapse(log)
    }
  }

  private func collapse(_ log: LogRow) throws -> Bool {
    let horizon = wall - Limits.longestLifetime - 3 * Limits.clockBound
    let stored = try LogTables.segments(of: log, from: 1, db)
    var start: UInt64?
    var anchor: Segment?
    while let segment = try stored.next(), let first = segment.entries.first, first.time.milliseconds <= horizon {
      start = start ?? segment.first
      anchor = segment
    }
    guard let anchor, let start else { return false }
    let old = anchor.entries.prefix { $0.time.milliseconds <= horizon }.count
    let first = anchor.first + UInt64(old) - 1
    guard first > start, let previous = anchor.digest(at: first - 1, in: context.workspace) else { return false }
    try LogTables.shorten(log, to: anchor.suffix(from: first, previous: previous), db)
    return true
  }

  /// Whether all that a segment does not show of its log is dead.
  func isPreceded(_ segment: Segment) -> Bool {
    guard segment.log.kind == .passing, let first = segment.entries.first else { return false }
    return first.time.milliseconds + Limits.longestLifetime + Limits.clockBound <= wall
  }

  /// Whether a segment ends before the log begins here. Another branch's own part begins where it departs, and what is
  /// before that is not gone.
  func isForgotten(_ segment: Segment, in log: LogRow) throws -> Bool {
    guard segment.log.kind == .passing, log.parent == nil, segment.last < log.head.sequence else { return false }
    return try LogTables.start(of: log, db).map { segment.last < $0 } ?? false
  }
}

extension LogTables {
  /// The first entry that is here; nil in an empty log.
  static func start(of log: LogRow, _ db: Database) throws -> UInt64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT min(first) FROM node_segments WHERE log = ?"), arguments: [log.number]
    ).map { try UInt64(stored: $0) }
  }

  /// Drops everything before a segment's first entry. The segment is the end of one that the log holds.
  static func shorten(_ log: LogRow, to segment: Segment, _ db: Database) throws {
    try drop(from: log, through: segment.last, db)
    try insert(segment, of: log, db)
    try forgetNotes(of: log, before: segment.first, db)
  }

  /// Drops segments that end there or before.
  static func drop(from log: LogRow, through last: UInt64, _ db: Database) throws {
    try db.execute(
      sql: "DELETE FROM node_segments WHERE log = ? AND last <= ?", arguments: [log.number, Int64(last)])
  }

  /// What was noted of entries that are gone.
  static func forgetNotes(of log: LogRow, before sequence: UInt64, _ db: Database) throws {
    for table in ["node_unknown_rows", "node_refusals", "node_quarantine"] {
      try db.execute(
        sql: "DELETE FROM \(table) WHERE log = ? AND sequence < ?", arguments: [log.number, Int64(sequence)])
    }
  }
}
