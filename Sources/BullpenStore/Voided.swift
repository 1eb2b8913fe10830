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

  /// Whether what was believed of a branch is otherwise by another membership: an entry is void that counted, or the
  /// reverse. What waits for its time was not believed yet.
  func changesBelief(in log: LogRow, from before: Membership, to after: Membership) throws -> Bool {
    try turned(in: log, from: before, to: after).contains { !$0.isVoid || !$0.entry.isWaiting }
  }

  /// Takes entries of a branch that became void while they waited for their time out of those that wait.
  func refuseVoided(in log: LogRow, from before: Membership, to after: Membership) throws {
    for (entry, isVoid) in try turned(in: log, from: before, to: after) where isVoid && entry.isWaiting {
      try db.execute(
        sql: "DELETE FROM node_quarantine WHERE log = ? AND sequence = ?",
        arguments: [log.number, Int64(entry.sequence)])
      try refuse(.voided, entry.sequence, nil, log)
    }
  }

  /// Throws for an entry that does not wait for its time, or for so little that a voiding of this stamp would not count.
  func mustWait(_ entry: LogHead, at time: HybridTime) throws {
    let isWaiting = try LogTables.branches(of: entry.log, db).contains { log in
      guard let held = try held(entry.head, of: log) else { return false }
      return held.isWaiting && Membership.voids(at: time, entryAt: held.time)
    }
    guard isWaiting else {
      throw StoreError(.invalid, "This change does not wait for its time, or it has nearly come.")
    }
  }

  /// An entry that a statement names.
  private struct NamedEntry {
    let sequence: UInt64
    let time: HybridTime
    let isWaiting: Bool
  }

  /// Nil where the branch does not come by the head.
  private func held(_ head: Head, of log: LogRow) throws -> NamedEntry? {
    guard try LogTables.holds(head, log, in: context.workspace, db),
      let entry = try LogTables.entry(head.sequence, of: log, db)
    else { return nil }
    let sql = "SELECT EXISTS (SELECT 1 FROM node_quarantine WHERE log = ? AND sequence = ?)"
    let isWaiting = try Bool.fetchOne(db, sql: sql, arguments: [log.number, Int64(head.sequence)]) == true
    return NamedEntry(sequence: head.sequence, time: entry.time, isWaiting: isWaiting)
  }

  /// Entries of a branch's own part that are void by one of two memberships alone, with what the second says.
  private func turned(
    in log: LogRow, from before: Membership, to after: Membership
  ) throws -> [(entry: NamedEntry, isVoid: Bool)] {
    let (old, new) = (before.voidings(of: log.log), after.voidings(of: log.log))
    guard old != new else { return [] }
    let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] && $0.sequence > log.base }
    return try changed.sorted().compactMap { head in
      guard let entry = try held(head, of: log) else { return nil }
      func isVoid(_ voidings: [Head: ProvedStatement]) -> Bool {
        voidings[head].map { Membership.voids(at: $0.statement.time, entryAt: entry.time) } ?? false
      }
      return isVoid(old) == isVoid(new) ? nil : (entry, isVoid(new))
    }
  }
}
