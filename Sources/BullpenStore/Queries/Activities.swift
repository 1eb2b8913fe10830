import BullpenCore
import Foundation
import GRDB

/// What a member did.
public struct ActivityRecord: Hashable, Sendable {
  public let key: RowKey
  public let member: MemberID
  public let kind: String
  public let text: String
  public let room: String?
  public let link: String?
  /// Unix milliseconds, from the key.
  public let created: Int64
}

extension Store {
  /// Newest first, 1 to 100 a page.
  ///
  /// - Parameter room: only what happened there; nil for all.
  public func activities(
    room: String? = nil, after: String? = nil, limit: Int = 50, wall: Int64
  ) throws -> RowPage<ActivityRecord> {
    try read { db in
      guard let table = context.table(Tables.activities.name) else { return RowPage(rows: [], next: nil) }
      let condition = room.map { (sql: "room = ?", arguments: [$0] as [any DatabaseValueConvertible]) }
      return try table.page(where: condition, after: after, limit: limit, wall: wall, in: db) { key, row in
        try activity(key, row, db)
      }
    }
  }

  /// One activity; nil where there is none or its life is over.
  public func activity(_ key: RowKey, wall: Int64) throws -> ActivityRecord? {
    try read { db in
      guard let table = context.table(Tables.activities.name), let row = try table.row(key, in: db), !row.isDeleted,
        (table.declaration.expiry(of: key) ?? .max) > wall
      else { return nil }
      return try activity(key, row, db)
    }
  }

  private func activity(_ key: RowKey, _ row: StoredRow, _ db: Database) throws -> ActivityRecord {
    let table = Tables.activities
    let seals = Seals(context, snapshot.membership, member: key.writer, db)
    return ActivityRecord(
      key: key, member: key.writer, kind: try seals.text("kind", of: row, key, in: table) ?? "",
      text: try seals.text("text", of: row, key, in: table) ?? "",
      room: try seals.text("room", of: row, key, in: table), link: try seals.text("link", of: row, key, in: table),
      created: key.rowID(shape: .own)?.milliseconds ?? 0)
  }
}
