import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// Who writes one change at a time signs each. The signature at the end of a run proves all of it, so short segments that
// follow one another become long ones when there is time for it.
extension Transaction {
  /// Joins stored segments as far as one holds them: all that are followed by more than it could take, and at the end of a
  /// log those that are many.
  ///
  /// - Parameter limit: of segments that are read.
  /// - Returns: how many segments there are fewer.
  func joinSegments(limit: Int) throws -> Int {
    var (read, gone) = (0, 0)
    let logs = try LogTables.all(db)
    let branches = Dictionary(grouping: logs, by: \.parent)
    for log in logs {
      // What two branches share keeps a signature of its own: who lacks the one needs nothing of the other.
      let partings = Set(branches[log.number, default: []].map(\.base))
      for group in try SegmentGroup.first(limit - read, of: log, apart: partings, db) {
        read += group.count
        if try join(group, of: log) { gone += group.count - 1 }
      }
    }
    return gone
  }

  private func join(_ group: SegmentGroup, of log: LogRow) throws -> Bool {
    let stored = try LogTables.segments(of: log, from: group.first, db)
    guard var run = try stored.next().map(SegmentRun.init) else { return false }
    while run.last < group.last {
      guard let next = try stored.next().map(SegmentRun.init), run.canTake(next) else { return false }
      run.take(next)
    }
    // What a disk has spoilt stays as small as it was.
    guard run.last == group.last, Chain.check(run.segment, in: context.workspace) != nil else { return false }
    try db.cachedStatement(sql: "DELETE FROM node_segments WHERE log = ? AND first BETWEEN ? AND ?")
      .execute(arguments: [log.number, Int64(group.first), Int64(group.last)])
    try LogTables.insert(run.segment, of: log, db)
    return true
  }
}

/// Stored segments that follow one another and fit into one.
private struct SegmentGroup {
  let first: UInt64
  private(set) var last: UInt64
  private(set) var count = 1
  /// At least what their entries cost, by what they take on disk.
  private var cost: Int

  /// The first of a log that are worth joining, in order.
  ///
  /// - Parameters:
  ///   - limit: of segments in all of them together, which the last may exceed.
  ///   - partings: entries behind which nothing is joined to what they end.
  static func first(
    _ limit: Int, of log: LogRow, apart partings: Set<UInt64>, _ db: Database
  ) throws -> [SegmentGroup] {
    guard limit > 0 else { return [] }
    let sql = "SELECT first, last, length(bytes) FROM node_segments WHERE log = ? ORDER BY first"
    let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [log.number])
    var (found, count) = ([SegmentGroup](), 0)
    var open: SegmentGroup?
    while let row = try rows.next() {
      let next = try SegmentGroup(first: UInt64(stored: row[0]), last: UInt64(stored: row[1]), bytes: row[2])
      if let last = open?.last, !partings.contains(last), open?.take(next) == true { continue }
      if let open, open.count > 1 {
        found.append(open)
        count += open.count
        if count >= limit { return found }
      }
      open = next
    }
    if let open, open.count >= Limits.looseSegments { found.append(open) }
    return found
  }

  private init(first: UInt64, last: UInt64, bytes: Int) throws {
    guard first >= 1, last >= first else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the place of a segment cannot be read")
    }
    (self.first, self.last) = (first, last)
    cost = bytes - Segment.frameCost + Segment.entryCost * Int(last - first + 1)
  }

  private mutating func take(_ next: SegmentGroup) -> Bool {
    guard next.first == last + 1, next.last - first < Limits.segmentEntries,
      cost + next.cost + Segment.frameCost <= Limits.segmentBytes
    else { return false }
    last = next.last
    count += next.count
    cost += next.cost
    return true
  }
}
