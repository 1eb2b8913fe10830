import BullpenCore
import GRDB

// What was stamped in the future may be voided before its time comes.
extension Transaction {
  /// Whether an entry that the log holds is void.
  func isVoided(_ entry: Entry, _ sequence: UInt64, of log: LogRow) throws -> Bool {
    for voiding in try standing(of: log).voidings[sequence] ?? []
    where Membership.voids(at: voiding.at, entryAt: entry.time) {
      if try LogTables.holds(voiding.head, log, in: context.workspace, db) { return true }
    }
    return false
  }

  /// Takes entries of a branch that are void now and wait for their time out of those that wait.
  ///
  /// - Returns: whether others became void, or are no more: then what was believed of the log differs.
  func changesBelief(in log: LogRow, from before: Membership, to after: Membership) throws -> Bool {
    let (old, new) = (before.voidings(of: log.log), after.voidings(of: log.log))
    guard old != new else { return false }
    for head in Set(old.keys).union(new.keys) where old[head] != new[head] && head.sequence > log.base {
      guard try LogTables.holds(head, log, in: context.workspace, db),
        let entry = try LogTables.entry(head.sequence, of: log, db)
      else { continue }
      func isVoid(_ voidings: [Head: ProvedStatement]) -> Bool {
        voidings[head].map { Membership.voids(at: $0.statement.time, entryAt: entry.time) } ?? false
      }
      guard isVoid(old) != isVoid(new) else { continue }
      guard isVoid(new), try waits(head.sequence, of: log) else { return true }
      try db.execute(
        sql: "DELETE FROM node_quarantine WHERE log = ? AND sequence = ?",
        arguments: [log.number, Int64(head.sequence)])
      try refuse(.voided, head.sequence, nil, log)
    }
    return false
  }

  private func waits(_ sequence: UInt64, of log: LogRow) throws -> Bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM node_quarantine WHERE log = ? AND sequence = ?)"
    return try Bool.fetchOne(db, sql: sql, arguments: [log.number, Int64(sequence)]) == true
  }

  /// Throws for an entry that does not wait for its time, or for so little that a voiding of this stamp would not count.
  func mustWait(_ entry: LogHead, at time: HybridTime) throws {
    let isWaiting = try LogTables.branches(of: entry.log, db).contains { log in
      guard try waits(entry.head.sequence, of: log), try LogTables.holds(entry.head, log, in: context.workspace, db),
        let held = try LogTables.entry(entry.head.sequence, of: log, db)
      else { return false }
      return Membership.voids(at: time, entryAt: held.time)
    }
    guard isWaiting else {
      throw StoreError(.invalid, "This change does not wait for its time, or it has nearly come.")
    }
  }
}
