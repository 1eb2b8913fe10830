import BullpenCore
import Foundation
import GRDB

/// The way of a branch from the first entry of its log: of each branch that it came by, the entries up to the one where
/// the next departs.
extension LogTables {
  typealias Leg = (log: LogRow, through: UInt64)

  static func path(of log: LogRow, _ db: Database) throws -> [Leg] {
    var legs: [Leg] = [(log, log.head.sequence)]
    while let parent = legs[0].log.parent {
      guard let row = try self.log(number: parent, db) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a branch departs from nothing")
      }
      legs.insert((row, legs[0].log.base), at: 0)
    }
    return legs
  }

  /// The branch on whose own part an entry of this one lies.
  static func holder(of sequence: UInt64, on log: LogRow, _ db: Database) throws -> LogRow {
    guard log.parent != nil, sequence <= log.base else { return log }
    return try path(of: log, db).first { $0.through >= sequence }?.log ?? log
  }

  /// Whether a branch comes by a head.
  static func holds(_ head: Head, _ log: LogRow, in workspace: WorkspaceID, _ db: Database) throws -> Bool {
    try digest(at: head.sequence, of: log, in: workspace, db) == head.digest
  }

  /// The last entry that two branches of one log have in common.
  static func shared(_ a: LogRow, _ b: LogRow, _ db: Database) throws -> UInt64 {
    var last: UInt64 = 0
    for (x, y) in zip(try path(of: a, db), try path(of: b, db)) {
      guard x.log.number == y.log.number else { break }
      last = min(x.through, y.through)
      if x.through != y.through { break }
    }
    return last
  }

  /// The stamp of an entry; zero before the first.
  static func time(at sequence: UInt64, of log: LogRow, _ db: Database) throws -> HybridTime {
    sequence == log.head.sequence ? log.time : try entry(sequence, of: log, db)?.time ?? .zero
  }

  /// Begins a branch behind an entry that another holds. It has no entry yet.
  static func depart(from log: LogRow, at base: UInt64, _ db: Database) throws -> LogRow {
    let parent = try holder(of: base, on: log, db)
    let first = try path(of: log, db)[0].log.number
    try Schema.noteBranches(db)
    // What was only named may be this.
    try db.execute(sql: "DELETE FROM node_forks WHERE log = ?", arguments: [first])
    try db.cachedStatement(
      sql: "INSERT INTO node_branches (log, parent, base, sequence, digest, time) VALUES (?, ?, ?, ?, ?, 0)"
    ).execute(arguments: [first, parent.number, Int64(base), Int64(base), Data(Digest.zero.bytes)])
    return LogRow(
      number: -db.lastInsertedRowID, log: log.log, device: log.device, parent: parent.number, base: base,
      head: Head(sequence: base, digest: .zero), time: .zero)
  }
}
