import BullpenCore
import Foundation
import GRDB

/// Where a device was reached, and when last.
public struct RememberedPeer: Hashable, Sendable {
  public let device: DeviceID
  public let endpoint: Endpoint
  /// Unix milliseconds.
  public let lastSuccess: Int64
}

// What stays on this machine: it is in no log and goes to no peer.
extension Store {
  /// A private value of this node; nil where there is none.
  public func note(_ name: String) throws -> [UInt8]? {
    try read { db in
      try Data.fetchOne(db, sql: "SELECT value FROM node_notes WHERE name = ?", arguments: [name]).map(Array.init)
    }
  }

  /// Nil removes the value. It may be up to 64 KiB, and survives a restart.
  public func setNote(_ name: String, _ value: [UInt8]?) throws {
    guard value?.count ?? 0 <= 64 * 1024, (1...Limits.roomBytes).contains(name.utf8.count) else {
      throw StoreError(.tooLarge, "A note has a name of 1 to \(Limits.roomBytes) bytes and at most 64 KiB.")
    }
    try StoreError.explaining(context.location.name) {
      try writer.write { db in
        guard let value else {
          try db.execute(sql: "DELETE FROM node_notes WHERE name = ?", arguments: [name])
          return
        }
        try db.execute(
          sql: """
            INSERT INTO node_notes (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, arguments: [name, Data(value)])
      }
    }
  }

  /// Notes that a device was reached. The oldest beyond sixteen addresses of one device are forgotten.
  public func remember(_ device: DeviceID, at endpoint: Endpoint, wall: Int64) throws {
    try StoreError.explaining(context.location.name) {
      try writer.write { db in
        try db.execute(
          sql: """
            INSERT INTO node_peers (device, address, scope, port, success) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (device, address, scope, port) DO UPDATE SET success = excluded.success;
            """,
          arguments: [
            Data(device.bytes), Data(endpoint.address), Int64(endpoint.scope), Int64(endpoint.port), wall,
          ])
        try db.execute(
          sql: """
            DELETE FROM node_peers WHERE device = ? AND (address, scope, port) NOT IN (
              SELECT address, scope, port FROM node_peers WHERE device = ? ORDER BY success DESC, address LIMIT ?)
            """, arguments: [Data(device.bytes), Data(device.bytes), Limits.addressesPerPeer])
      }
    }
  }

  /// By device, then the most recent first.
  public func rememberedPeers() throws -> [RememberedPeer] {
    try read { db in
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT device, address, scope, port, success FROM node_peers ORDER BY device, success DESC, address")
      return rows.compactMap { row in
        guard let device = DeviceID(bytes: row[0] as Data),
          let endpoint = Endpoint(
            address: Array(row[1] as Data), scope: UInt32(truncatingIfNeeded: row[2] as Int64),
            port: UInt16(truncatingIfNeeded: row[3] as Int64))
        else { return nil }
        return RememberedPeer(device: device, endpoint: endpoint, lastSuccess: row[4])
      }
    }
  }
}
