import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// The end of a lifetime: no message and no tombstone, just the clock.
extension Transaction {
  /// Removes rows that are dead, and payloads of which everything is dead. Their digests stay, so the chain still holds;
  /// much later, the beginnings of passing logs go as well. Then short segments are joined.
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
    let horizon = wall - 2 * Limits.clockBound
    let due = try Row.fetchAll(
      db, sql: "SELECT rowid, bytes FROM node_segments WHERE expiry <= ? ORDER BY expiry LIMIT ?",
      arguments: [horizon, limit])
    for row in due {
      guard let segment = SegmentCodec.decode(Array(row[1] as Data)) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a stored segment cannot be read")
      }
      let emptied = segment.withoutPayloads(endingBy: horizon)
      try db.execute(
        sql: "UPDATE node_segments SET bytes = ?, expiry = ? WHERE rowid = ?",
        arguments: [Data(SegmentCodec.encode(emptied)), emptied.nextExpiry, row[0] as Int64])
    }
    return try count + due.count + collapse() + joinSegments(limit: limit)
  }
}

extension Segment {
  /// With the digests of payloads in place of those whose end has come.
  ///
  /// - Parameter wall: Unix milliseconds.
  fileprivate func withoutPayloads(endingBy wall: Int64) -> Segment {
    let entries = entries.map { entry in
      guard entry.canBeEmptied, entry.expiry <= wall else { return entry }
      return Entry(time: entry.time, expiry: entry.expiry, payload: .absent(Chain.payloadDigest(of: entry)))
    }
    return Segment(log: log, first: first, previous: previous, entries: entries, signature: signature)
  }
}
