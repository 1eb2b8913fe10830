import BullpenCore
import GRDB

// What was stamped in the future may be voided before its time comes.
extension Transaction {
  /// Whether an entry that the log holds is void.
  func isVoided(_ entry: Entry, _ sequence: UInt64, of log: LogRow) throws -> Bool {
    for (head, voiding) in try standing(of: log).voidings where head.sequence == sequence {
      if Membership.voids(at: voiding.statement.time, entryAt: entry.time),
        try LogTables.holds(head, log, in: context.workspace, db)
      {
        return true
      }
    }
    return false
  }

  /// Throws for an entry that does not wait for its time, or for so little that a voiding of this stamp would not count.
  func mustWait(_ entry: LogHead, at time: HybridTime) throws {
    let waits = try LogTables.branches(of: entry.log, db).contains { log in
      let sql = "SELECT time FROM node_quarantine WHERE log = ? AND sequence = ?"
      let stamp = try Int64.fetchOne(db, sql: sql, arguments: [log.number, Int64(entry.head.sequence)])
      guard let stamp, try LogTables.holds(entry.head, log, in: context.workspace, db) else { return false }
      return Membership.voids(at: time, entryAt: HybridTime(milliseconds: stamp, counter: 0))
    }
    guard waits else {
      throw StoreError(.invalid, "This change does not wait for its time, or it has nearly come.")
    }
  }
}
