import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// A part of one member's day, as this node's member can read it.
public struct PresenceDayRecord: Hashable, Sendable {
  public let key: RowKey
  /// Nil where it does not open, or makes no sense.
  public let day: PresenceDay?
  /// In ascending order.
  public let audience: [MemberID]
  /// The one that wrote it; nil where it is not known any more.
  public let device: DeviceID?
}

extension Store {
  /// Parts of days, the latest begun first, 1 to 100 a page.
  ///
  /// - Parameters:
  ///   - member: whose; nil for everybody's.
  ///   - begun: when the rows were begun, Unix milliseconds.
  public func presenceDays(
    of member: MemberID? = nil, begun: ClosedRange<Int64> = 0...Int64.max, after: String? = nil, limit: Int = 100,
    wall: Int64
  ) throws -> RowPage<PresenceDayRecord> {
    let devices = numberedDevices
    return try read { db in
      guard let table = context.table(Tables.presenceDays.name), let reader else { return RowPage(rows: [], next: nil) }
      let seals = Seals(context, snapshot.membership, member: reader, db)
      var condition: (sql: String, arguments: [any DatabaseValueConvertible]) = (
        "_created BETWEEN ? AND ?", [begun.lowerBound, begun.upperBound]
      )
      if let member {
        condition.sql += " AND substr(_key, 1, 16) = ?"
        condition.arguments.append(Data(member.bytes))
      }
      return try table.page(where: condition, after: after, limit: limit, wall: wall, in: db) { key, row in
        PresenceDayRecord(
          key: key, day: try PresenceDay(row, key, seals), audience: row.audience,
          device: row.clocks.columns[0].flatMap { devices[$0.device] })
      }
    }
  }

  /// Whether its member erased it.
  public func isErased(presenceDay key: RowKey) throws -> Bool {
    try read { db in try context.table(Tables.presenceDays.name)?.row(key, in: db)?.isDeleted == true }
  }

  /// Whether the workspace counts how it is used, as an admin said last.
  public func analytics() throws -> AnalyticsSwitch {
    guard let written = try newestSetting(Self.analyticsSetting, by: nil) else { return .off }
    return AnalyticsSwitch(isOn: written.text == "on", at: written.stamp.time.milliseconds, by: written.member)
  }

  /// The name under which it is kept in `workspace_settings`: `on`; anything else is off.
  public static let analyticsSetting = "presence_analytics"
}

extension PresenceDay {
  fileprivate init?(_ row: StoredRow, _ key: RowKey, _ seals: Seals) throws {
    let table = Tables.presenceDays
    guard let secret = try seals.secret(table, key),
      case .bytes(let bytes)? = try seals.value("sums", of: row, key, in: table, secret: secret),
      let day = PresenceDay(bytes: bytes), let begun = key.rowID(shape: table.key)?.milliseconds
    else { return nil }
    // A row is begun on the day that it is about, wherever that is: nobody writes the past anew.
    let difference = Int64(day.day.number) - begun / CalendarDay.milliseconds
    guard abs(difference) <= 2 else { return nil }
    self = day
  }
}
