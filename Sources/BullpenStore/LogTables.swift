import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

/// A branch of a log as this file knows it. Nearly every log has but one.
struct LogRow: Hashable {
  /// Below zero for branches that came when there was one already.
  let number: Int64
  let log: LogID
  /// The author's number.
  let device: Int64
  /// The branch that holds the entries before its own; nil where it stands on its own.
  var parent: Int64?
  /// The last entry that it shares with its parent; of a branch that stands on its own, the one before its first.
  var base: UInt64 = 0
  var head: Head
  /// Of the last entry.
  var time: HybridTime
}

/// Logs, heads and segments.
///
/// The branch of a log that came first is a row of `node_logs`; another is one of `node_branches` and holds only what is
/// its own. What is told to others does not depend on which is which.
enum LogTables {
  static func heads(_ db: Database) throws -> Heads {
    var heads = Heads()
    for (log, rows) in Dictionary(grouping: try all(db), by: \.log) { heads.set(tips(rows).map(\.head), of: log) }
    return heads
  }

  /// Of the branches of one log those that have an end of their own. From the end of another further ones depart, and it
  /// is here for what they share; or all of it is gone, and it holds the log's place.
  static func tips(_ branches: [LogRow]) -> [LogRow] {
    branches.count > 1 ? branches.filter { isTip($0, among: branches) } : branches
  }

  static func isTip(_ log: LogRow, among branches: [LogRow]) -> Bool {
    guard branches.count > 1 else { return true }
    return log.head.sequence > log.base
      && !branches.contains { $0.parent == log.number && $0.base == log.head.sequence }
  }

  /// Every branch of every log, those first that others depart from.
  static func all(_ db: Database) throws -> [LogRow] {
    let first = try Row.fetchAll(db, sql: selection + " ORDER BY l.id").map { try decode($0) }
    // A file that an older program has made and that is only looked at.
    guard try db.tableExists("node_branches") else { return first }
    return try first + Row.fetchAll(db, sql: branchSelection + " ORDER BY b.id").map { try decode($0) }
  }

  static func log(number: Int64, _ db: Database) throws -> LogRow? {
    let sql = number > 0 ? selection + " WHERE l.id = ?" : branchSelection + " WHERE b.id = -?"
    return try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [number]).map { try decode($0) }
  }

  /// The branches of a log, the one that came first at the beginning; empty for a log that is not known.
  static func branches(of log: LogID, _ db: Database) throws -> [LogRow] {
    guard let first = try self.log(log, db) else { return [] }
    let others = try Row.fetchAll(
      db.cachedStatement(sql: branchSelection + " WHERE b.log = ? ORDER BY b.id"), arguments: [first.number])
    return try [first] + others.map { try decode($0) }
  }

  /// The branch of a log that came first; of a log that this device writes now there is no other.
  static func log(_ log: LogID, _ db: Database) throws -> LogRow? {
    let sql = selection + " WHERE d.device = ? AND l.incarnation = ? AND l.kind = ?"
    return try Row.fetchOne(
      db.cachedStatement(sql: sql),
      arguments: [Data(log.device.bytes), Data(log.incarnation.bytes), Int64(log.kind.rawValue)]
    ).map { try decode($0) }
  }

  static func count(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM node_logs") ?? 0 }

  static func count(of devices: Set<DeviceID>, _ db: Database) throws -> Int {
    let sql = "SELECT count(*) FROM node_logs l JOIN node_devices d ON d.id = l.device WHERE d.device = ?"
    return try devices.reduce(0) { sum, device in
      try sum + (Int.fetchOne(db.cachedStatement(sql: sql), arguments: [Data(device.bytes)]) ?? 0)
    }
  }

  static func make(_ log: LogID, device: Int64, _ db: Database) throws -> LogRow {
    try db.cachedStatement(
      sql: "INSERT INTO node_logs (device, incarnation, kind, sequence, digest, time) VALUES (?, ?, ?, 0, ?, 0)"
    ).execute(arguments: [device, Data(log.incarnation.bytes), Int64(log.kind.rawValue), Data(Digest.zero.bytes)])
    return LogRow(number: db.lastInsertedRowID, log: log, device: device, head: .start, time: .zero)
  }

  /// Appends a segment that continues the log, and moves the head to its end.
  static func append(_ segment: Segment, head: Head, to log: inout LogRow, _ db: Database) throws {
    try insert(segment, of: log, db)
    try end(&log, at: head, segment.entries.last?.time ?? log.time, db)
  }

  /// Writes down where a branch ends.
  static func end(_ log: inout LogRow, at head: Head, _ time: HybridTime, _ db: Database) throws {
    (log.head, log.time) = (head, time)
    let (table, id) = log.number > 0 ? ("node_logs", log.number) : ("node_branches", -log.number)
    try db.cachedStatement(sql: "UPDATE \(table) SET sequence = ?, digest = ?, time = ? WHERE id = ?")
      .execute(arguments: [Int64(head.sequence), Data(head.digest.bytes), time.raw, id])
  }

  static func insert(_ segment: Segment, of log: LogRow, _ db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO node_segments (log, first, last, expiry, bytes) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [
      log.number, Int64(segment.first), Int64(segment.last), segment.nextExpiry,
      Data(SegmentCodec.encode(segment)),
    ])
  }

  /// The stored segments that hold entries of a branch's own part from `first` on, in order.
  static func segments(of log: LogRow, from first: UInt64, _ db: Database) throws -> SegmentCursor {
    let start =
      try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT max(first) FROM node_segments WHERE log = ? AND first <= ?"),
        arguments: [log.number, Int64(first)]) ?? Int64(first)
    let sql = "SELECT bytes FROM node_segments WHERE log = ? AND first >= ? ORDER BY first"
    return SegmentCursor(
      cursor: try Data.fetchCursor(db.makeStatement(sql: sql), arguments: [log.number, start]))
  }

  /// One entry that the log holds.
  static func entry(_ sequence: UInt64, of log: LogRow, _ db: Database) throws -> Entry? {
    let log = try holder(of: sequence, on: log, db)
    guard sequence <= log.head.sequence, let segment = try segments(of: log, from: sequence, db).next(),
      (segment.first...segment.last).contains(sequence)
    else { return nil }
    return segment.entries[Int(sequence - segment.first)]
  }

  /// The chain digest at an entry that the log holds.
  static func digest(at sequence: UInt64, of log: LogRow, in workspace: WorkspaceID, _ db: Database) throws -> Digest? {
    if sequence == 0 { return .zero }
    if sequence == log.head.sequence { return log.head.digest }
    let log = try holder(of: sequence, on: log, db)
    if sequence == log.head.sequence { return log.head.digest }
    guard sequence < log.head.sequence, let segment = try segments(of: log, from: sequence, db).next() else {
      return nil
    }
    return segment.digest(at: sequence, in: workspace)
  }

  private static let selection = """
    SELECT l.id, d.device, l.incarnation, l.kind, l.sequence, l.digest, l.time, l.device, 0, 0
    FROM node_logs l JOIN node_devices d ON d.id = l.device
    """

  private static let branchSelection = """
    SELECT -b.id, d.device, l.incarnation, l.kind, b.sequence, b.digest, b.time, l.device, b.parent, b.base
    FROM node_branches b JOIN node_logs l ON l.id = b.log JOIN node_devices d ON d.id = l.device
    """

  private static func decode(_ row: Row) throws -> LogRow {
    let kind: Int64 = row[3]
    let (device, incarnation, digest): (Data, Data, Data) = (row[1], row[2], row[5])
    guard let device = DeviceID(bytes: device), let incarnation = Incarnation(bytes: incarnation),
      let kind = UInt8(exactly: kind).flatMap(LogKind.init), let digest = Digest(bytes: digest)
    else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a log cannot be read") }
    return LogRow(
      number: row[0], log: LogID(device: device, incarnation: incarnation, kind: kind), device: row[7],
      parent: row[8] as Int64 == 0 ? nil : row[8], base: try UInt64(stored: row[9]),
      head: Head(sequence: try UInt64(stored: row[4]), digest: digest),
      time: HybridTime(raw: row[6]))
  }
}

/// Stored segments, one after the other.
struct SegmentCursor {
  let cursor: FastDatabaseValueCursor<Data>

  func next() throws -> Segment? {
    guard let bytes = try cursor.next() else { return nil }
    guard let segment = SegmentCodec.decode(Array(bytes)) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a stored segment cannot be read")
    }
    return segment
  }
}

extension UInt64 {
  /// The number of an entry as a column holds it, 0 for none. A disk may have spoilt it.
  init(stored number: Int64) throws {
    guard let number = UInt64(exactly: number), number <= Limits.logEntries else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the number of an entry cannot be read")
    }
    self = number
  }
}

extension Entry {
  /// Whether its payload may be dropped one day, and is longer than what then stands for it: so no segment grows beyond
  /// what fits a frame.
  var canBeEmptied: Bool {
    guard expiry != 0, case .present(let payload) = payload else { return false }
    return payload.count > Digest.zero.bytes.count
  }
}

extension Segment {
  /// When payloads may be dropped from it: all at once where their ends lie close together, else the first of them after
  /// a while. Nil where none ever may.
  var nextExpiry: Int64? {
    var (first, last) = (Int64.max, Int64.min)
    for entry in entries where entry.canBeEmptied {
      (first, last) = (min(first, entry.expiry), max(last, entry.expiry))
    }
    return last == .min ? nil : min(last, first + Limits.payloadLinger)
  }
}
