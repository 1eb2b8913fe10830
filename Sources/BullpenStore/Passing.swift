import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// The end of a lifetime: no message and no tombstone, just the clock.
extension Transaction {
  /// Removes rows that are dead, and of segments in which everything is dead the payloads. Their digests stay,
  /// so the chain still holds; much later, the beginnings of passing logs go as well. Then short segments are joined.
  ///
  /// Peers whose clocks are a little behind must not take a payload for missing, hence the distance.
  ///
  /// - Returns: how many rows and segments were emptied or are fewer, and logs shortened.
  func forget(limit: Int) throws -> Int {
    var count = 0
    for table in context.tables {
      guard let lifetime = table.declaration.lifetime else { continue }
      try db.execute(
        sql: "DELETE FROM \"\(table.declaration.name)\" WHERE _created <= ?", arguments: [wall - lifetime])
      count += db.changesCount
    }
    let due = try Row.fetchAll(
      db, sql: "SELECT rowid, bytes FROM node_segments WHERE expiry <= ? ORDER BY expiry LIMIT ?",
      arguments: [wall - 2 * Limits.clockBound, limit])
    for row in due {
      guard let segment = SegmentCodec.decode(Array(row[1] as Data)) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a stored segment cannot be read")
      }
      let entries = segment.entries.map {
        Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0)))
      }
      let emptied = Segment(
        log: segment.log, first: segment.first, previous: segment.previous, entries: entries,
        signature: segment.signature)
      try db.execute(
        sql: "UPDATE node_segments SET bytes = ?, expiry = NULL WHERE rowid = ?",
        arguments: [Data(SegmentCodec.encode(emptied)), row[0] as Int64])
    }
    return try count + due.count + collapse() + joinSegments(limit: limit)
  }
}
