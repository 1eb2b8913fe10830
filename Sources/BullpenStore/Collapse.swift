import BullpenCore
import BullpenCrypto
import GRDB

// The beginning of a passing log goes when nobody can need it any more. No row outlives its change by more than
// `Limits.longestLifetime`, and stamps ascend within a log: so an entry that is older than that shows that all before it
// is dead, and with it as the first the rest still proves itself, for every digest holds those before it.
extension Transaction {
  /// Lets passing logs begin at the last entry that is old enough. Branches keep what they depart from, until one is left
  /// that needs it no more.
  ///
  /// - Returns: how many logs became shorter.
  func collapse() throws -> Int {
    let united = try unite()
    let logs = try LogTables.all(db)
    let left = Set(logs.compactMap(\.parent))
    return try logs.count(where: { log in
      guard log.log.kind == .passing, log.parent == nil, !left.contains(log.number) else { return false }
      return try collapse(log)
    }) + united
  }

  /// Makes logs with a single history of those that had several, where the one that is left is old enough behind the last
  /// parting.
  private func unite() throws -> Int {
    let logs = Dictionary(grouping: try LogTables.all(db).filter { $0.log.kind == .passing }, by: \.log)
    return try logs.values.count { branches in
      let tips = LogTables.tips(branches)
      guard branches.count > 1, tips.count == 1, let last = tips.first, last.number < 0,
        let first = try LogTables.entry(last.base + 1, of: last, db), first.time.milliseconds <= horizon
      else { return false }
      try LogTables.unite(branches, in: last, db)
      forgetStanding()
      return true
    }
  }

  /// Nobody needs what precedes an entry that was stamped by then.
  private var horizon: Int64 { wall - Limits.longestLifetime - 3 * Limits.clockBound }

  /// Takes dead branches of passing logs away: only the one that is furthest on stays, to say how far its log came. What
  /// is left when a log begins later stands so on every node, however it came to know of the branches.
  ///
  /// - Parameter wall: Unix milliseconds by which others would not differ.
  func prune(wall: Int64) throws {
    let horizon = wall - Limits.longestLifetime - 3 * Limits.clockBound
    let logs = Dictionary(grouping: try LogTables.all(db).filter { $0.log.kind == .passing }, by: \.log)
    for (_, branches) in logs.filter({ $0.value.count > 1 }).sorted(by: { $0.key < $1.key }) {
      let tips = LogTables.tips(branches).sorted { $0.head < $1.head }
      let dead = tips.dropLast().filter { $0.time.milliseconds <= horizon }
      guard !dead.isEmpty else { continue }
      for branch in dead { try LogTables.remove(branch, in: context.workspace, db) }
      forgetStanding()
      advanced(try LogTables.branches(of: branches[0].log, db))
    }
  }

  private func collapse(_ log: LogRow) throws -> Bool {
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
    return isPast(first.time)
  }

  /// Whether all that was written by then, and all before it, is dead.
  func isPast(_ time: HybridTime) -> Bool {
    time.milliseconds + Limits.longestLifetime + Limits.clockBound <= certain
  }

  /// Whether a segment that would begin a branch is dead, and its log is known further.
  func isPast(_ segment: CheckedSegment, _ branches: [LogRow]) -> Bool {
    guard segment.log.kind == .passing, let last = segment.entries.last, isPast(last.time) else { return false }
    return LogTables.tips(branches).contains { $0.head > segment.head }
  }

  /// Does not store a part of a branch; but what comes next may go on from it, and be kept.
  func keepInMind(_ segment: CheckedSegment) {
    state.bygone = state.bygone.suffix(Limits.bygoneSegments - 1) + [segment]
  }

  /// What came a moment ago, was not stored, and holds the entry before a segment.
  func part(before segment: CheckedSegment) -> CheckedSegment? {
    guard segment.first >= 2 else { return nil }
    let last = segment.first - 1
    return state.bygone.last { part in
      part.log == segment.log && (part.first...part.last).contains(last)
        && part.digest(at: last) == segment.segment.previous
    }
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

  /// Lets the log have no entries but those of one branch's own part, and no branches.
  static func unite(_ branches: [LogRow], in last: LogRow, _ db: Database) throws {
    let places = ["node_segments", "node_unknown_rows", "node_refusals", "node_quarantine"]
    for branch in branches where branch.number != last.number {
      for table in places {
        try db.execute(sql: "DELETE FROM \(table) WHERE log = ?", arguments: [branch.number])
      }
    }
    var log = branches[0]
    for table in places {
      try db.execute(sql: "UPDATE \(table) SET log = ? WHERE log = ?", arguments: [log.number, last.number])
    }
    try end(&log, at: last.head, last.time, db)
    try db.execute(sql: "DELETE FROM node_branches WHERE log = ?", arguments: [log.number])
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
