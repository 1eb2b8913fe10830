import BullpenCore
import Foundation
import GRDB

// When others were seen stays on this machine, as all that is only for its person.
extension Store {
  /// Notes when devices were seen. What is not named stays, but for the oldest beyond what a large office has.
  public func keep(_ sightings: [LastSeen]) throws {
    try StoreError.explaining(context.location.name) {
      try writer.write { db in
        for sighting in sightings {
          try db.execute(
            sql: """
              INSERT INTO node_sightings (device, since, last) VALUES (?, ?, ?)
              ON CONFLICT (device) DO UPDATE SET since = excluded.since, last = excluded.last
              """, arguments: [Data(sighting.device.bytes), sighting.since, sighting.last])
        }
        try db.execute(
          sql: """
            DELETE FROM node_sightings WHERE device NOT IN (
              SELECT device FROM node_sightings ORDER BY last DESC, device LIMIT ?)
            """, arguments: [Limits.peers])
      }
    }
  }

  /// In ascending order of device.
  public func sightings() throws -> [LastSeen] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT device, since, last FROM node_sightings ORDER BY device").compactMap { row in
        DeviceID(bytes: row[0] as Data).map { LastSeen(device: $0, since: row[1], last: row[2]) }
      }
    }
  }
}
