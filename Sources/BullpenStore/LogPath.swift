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

  /// Whether a branch comes by a head, and has what ends there.
  static func holds(_ head: Head, _ log: LogRow, in workspace: WorkspaceID, _ db: Database) throws -> Bool {
    guard try head.sequence == 0 || head.sequence >= beginning(of: log, db) else { return false }
    return try digest(at: head.sequence, of: log, in: workspace, db) == head.digest
  }

  /// The first entry of a branch that is here: lasting logs have all.
  static func beginning(of log: LogRow, _ db: Database) throws -> UInt64 {
    guard log.log.kind == .passing else { return 1 }
    return try start(of: path(of: log, db)[0].log, db) ?? 1
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
    try branch(of: log, from: holder(of: base, on: log, db).number, at: base, db)
  }

  /// Begins a branch that stands on its own. It has no entry yet.
  ///
  /// - Parameter other: another branch of its log.
  static func begin(beside other: LogRow, at first: UInt64, _ db: Database) throws -> LogRow {
    try branch(of: other, from: nil, at: first - 1, db)
  }

  private static func branch(
    of log: LogRow, from parent: Int64?, at base: UInt64, _ db: Database
  ) throws -> LogRow {
    let first = try self.log(log.log, db)?.number ?? log.number
    try Schema.noteBranches(db)
    // What was only named may be this.
    try db.execute(sql: "DELETE FROM node_forks WHERE log = ?", arguments: [first])
    try db.cachedStatement(
      sql: "INSERT INTO node_branches (log, parent, base, sequence, digest, time) VALUES (?, ?, ?, ?, ?, 0)"
    ).execute(arguments: [first, parent ?? 0, Int64(base), Int64(base), Data(Digest.zero.bytes)])
    return LogRow(
      number: -db.lastInsertedRowID, log: log.log, device: log.device, parent: parent, base: base,
      head: Head(sequence: base, digest: .zero), time: .zero)
  }

  /// Takes a branch away but for what others share with it; of the one that came first, its place stays.
  static func remove(_ log: LogRow, in workspace: WorkspaceID, _ db: Database) throws {
    let branches = try self.branches(of: log.log, db)
    if let end = branches.filter({ $0.parent == log.number }).map(\.base).max() {
      return try shorten(log, through: end, in: workspace, db)
    }
    let ground = branches.first { $0.number == log.parent && !isTip($0, among: branches) }
    try shorten(log, through: 0, in: workspace, db)
    guard log.number < 0 else { return }
    try db.execute(sql: "DELETE FROM node_branches WHERE id = ?", arguments: [-log.number])
    if let ground { try remove(ground, in: workspace, db) }
  }

  /// Lets a branch end at an earlier entry. A segment that leads over it stays whole, for nothing less is signed.
  static func shorten(_ log: LogRow, through last: UInt64, in workspace: WorkspaceID, _ db: Database) throws {
    let head = Head(sequence: last, digest: try digest(at: last, of: log, in: workspace, db) ?? .zero)
    let time = try time(at: last, of: log, db)
    try db.execute(
      sql: "DELETE FROM node_segments WHERE log = ? AND first > ?", arguments: [log.number, Int64(last)])
    for table in ["node_unknown_rows", "node_refusals", "node_quarantine"] {
      try db.execute(
        sql: "DELETE FROM \(table) WHERE log = ? AND sequence > ?", arguments: [log.number, Int64(last)])
    }
    var log = log
    try end(&log, at: head, time, db)
  }
}
