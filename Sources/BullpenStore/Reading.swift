import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

// What sync reads.
extension Store {
  public func heads() throws -> Heads { try read(LogTables.heads) }

  /// Entries of a log from `range.first` on, as segments that chain and that end at signatures of the author.
  /// The last may reach beyond `range.last`, for a segment cannot be cut where its author did not sign. Runs of
  /// short segments are joined: one signature then proves them all.
  ///
  /// Where the range leads over to a branch, a segment may reach beyond the parting on the branch that it comes from:
  /// nothing less is signed. The first of the other branch then follows in the same answer, whatever it costs.
  ///
  /// - Parameter maxBytes: bound on the sum of the segments' costs; the first is given whatever it costs.
  /// - Returns: empty where the log is not known so far.
  public func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    try read { db in
      guard range.first >= 1, range.first <= range.last, let log = try branch(range, db),
        range.first <= log.head.sequence
      else { return [] }
      var found: [SegmentRun] = []
      var cost = 0
      var isParting = false
      // The last is not named while it grows: a second name would make it copy all that it holds.
      func take(_ run: SegmentRun) -> Bool {
        let joins = !isParting && found.last?.canTake(run) == true
        let more = joins ? run.growth : run.cost
        guard found.isEmpty || isParting || cost + more <= maxBytes else { return false }
        cost += more
        if joins { found[found.count - 1].take(run) } else { found.append(run) }
        return true
      }
      for leg in try LogTables.path(of: log, db) where leg.through >= range.first {
        let stored = try LogTables.segments(of: leg.log, from: max(range.first, leg.log.base + 1), db)
        while var segment = try stored.next(), segment.first <= min(range.last, leg.through) {
          if segment.first < range.first {
            guard let previous = segment.digest(at: range.first - 1, in: workspace) else { return found.map(\.segment) }
            segment = segment.suffix(from: range.first, previous: previous)
          }
          guard take(SegmentRun(segment)) else { return found.map(\.segment) }
          isParting = segment.last > leg.through
        }
      }
      return found.map(\.segment)
    }
  }

  /// The branch that is asked for.
  private func branch(_ range: LogRange, _ db: Database) throws -> LogRow? {
    let branches = LogTables.tips(try LogTables.branches(of: range.log, db))
    guard branches.count > 1, let digest = range.digest else { return branches.first }
    let head = Head(sequence: range.last, digest: digest)
    return try branches.first { try LogTables.holds(head, $0, in: workspace, db) }
  }

  /// How many changes are kept but not believed.
  public func refusedCount() throws -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM node_refusals") ?? 0 }
  }

  /// Changes that were stamped in the future, by log: the machine whose clock is wrong can be named.
  public func quarantine() throws -> [(log: LogID, count: Int, latest: Int64)] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT log, count(*), max(time) FROM node_quarantine GROUP BY log ORDER BY log")
      return try rows.compactMap { row in
        try LogTables.log(number: row[0], db).map { (log: $0.log, count: row[1] as Int, latest: row[2] as Int64) }
      }
    }
  }
}
