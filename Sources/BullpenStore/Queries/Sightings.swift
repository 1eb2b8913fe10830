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
              INSERT INTO node_sightings (device, since, last, page, activity, hearsay) VALUES (?, ?, ?, ?, ?, ?)
              ON CONFLICT (device) DO UPDATE SET since = excluded.since, last = excluded.last, page = excluded.page,
                activity = excluded.activity, hearsay = excluded.hearsay
              """,
            arguments: [
              Data(sighting.device.bytes), sighting.since, sighting.last, sighting.page?.name,
              sighting.activity?.rawValue, sighting.hearsay.rawValue,
            ])
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
      let rows = try Row.fetchAll(
        db, sql: "SELECT device, since, last, page, activity, hearsay FROM node_sightings ORDER BY device")
      return rows.compactMap { row in
        guard let device = DeviceID(bytes: row[0] as Data) else { return nil }
        return LastSeen(
          device: device, since: row[1], last: row[2], page: (row[3] as String?).flatMap { RoomID($0) },
          activity: (row[4] as Int64?).flatMap { UInt8(exactly: $0) }.flatMap(LastSeen.Activity.init(rawValue:)),
          hearsay: (row[5] as Int64?).flatMap { UInt8(exactly: $0) }.flatMap(Hearsay.init(rawValue:)) ?? .nobody)
      }
    }
  }
}
