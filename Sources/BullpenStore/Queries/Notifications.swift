import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// A notification as one reader sees it.
public struct NotificationRecord: Hashable, Sendable {
  public let key: RowKey
  public let sender: MemberID
  /// Whom the row names, in ascending order; the sender only where it was meant for the sender too.
  public let recipients: [MemberID]
  public let kind: String
  /// Nil where this node cannot open it.
  public let title: String?
  public let body: String?
  /// Nil where there is none, too.
  public let link: String?
  /// Unix milliseconds, from the key.
  public let created: Int64
  /// When the reader read it, in Unix milliseconds; nil while unread.
  public let readAt: Int64?
  public let archivedAt: Int64?
}

extension Store {
  /// What a reader sent or was sent, newest first, 1 to 100 a page.
  ///
  /// - Parameters:
  ///   - reader: whose marks count. Texts open only where the reader is this node's member.
  ///   - unreadOnly: only what was sent to the reader and not read.
  ///   - after: the `next` of the page before.
  ///   - wall: corrected Unix milliseconds.
  public func notifications(
    for reader: MemberID, unreadOnly: Bool = false, after: String? = nil, limit: Int = 50, wall: Int64
  ) throws -> RowPage<NotificationRecord> {
    try read { db in
      guard let table = context.table(Tables.notifications.name) else { return RowPage(rows: [], next: nil) }
      let id = Data(reader.bytes)
      let condition: (String, [any DatabaseValueConvertible]) =
        unreadOnly
        ? ("\(Self.isAddressed) AND NOT \(Self.isRead)", [id, id])
        : ("\(Self.isAddressed) OR substr(_key, 1, 16) = ?", [id, id])
      return try table.page(where: condition, after: after, limit: limit, wall: wall, in: db) { key, row in
        try notification(key, row, reader, db)
      }
    }
  }

  /// One notification; nil where there is none, its life is over, or it is not the reader's business.
  public func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> NotificationRecord? {
    try read { db in
      guard let table = context.table(Tables.notifications.name), let row = try table.row(key, in: db), !row.isDeleted,
        row.audience.contains(reader) || key.writer == reader, (table.declaration.expiry(of: key) ?? .max) > wall
      else { return nil }
      return try notification(key, row, reader, db)
    }
  }

  /// How many notifications name the reader and were not read: counted row by row, so it cannot drift.
  public func unreadCount(for reader: MemberID, wall: Int64) throws -> Int {
    try read { db in
      guard let lifetime = Tables.notifications.lifetime else { return 0 }
      let sql = """
        SELECT count(*) FROM notifications
        WHERE _deleted = 0 AND _created > ? AND \(Self.isAddressed) AND NOT \(Self.isRead)
        """
      let id = Data(reader.bytes)
      return try Int.fetchOne(db.cachedStatement(sql: sql), arguments: [wall - lifetime, id, id]) ?? 0
    }
  }

  /// Keys of the unread, oldest first, at most `limit`: what "mark all as read" has to mark.
  public func unread(for reader: MemberID, limit: Int, wall: Int64) throws -> [RowKey] {
    try read { db in
      guard let lifetime = Tables.notifications.lifetime else { return [] }
      let sql = """
        SELECT _key FROM notifications
        WHERE _deleted = 0 AND _created > ? AND \(Self.isAddressed) AND NOT \(Self.isRead)
        ORDER BY _created, _key LIMIT ?
        """
      let id = Data(reader.bytes)
      return try Data.fetchAll(db.cachedStatement(sql: sql), arguments: [wall - lifetime, id, id, limit])
        .compactMap { RowKey(Array($0), shape: Tables.notifications.key) }
    }
  }

  /// A member's id has 16 random bytes, so that finding it across two others is beyond chance.
  private static let isAddressed = "instr(coalesce(_audience, x''), ?) > 0"
  /// A mark's key is the reader's id, then the notification's key.
  private static let isRead = """
    EXISTS (SELECT 1 FROM notification_marks m
    WHERE m._key = CAST(? || notifications._key AS BLOB) AND m.read_at IS NOT NULL)
    """

  private func notification(
    _ key: RowKey, _ row: StoredRow, _ reader: MemberID, _ db: Database
  ) throws -> NotificationRecord {
    let table = Tables.notifications
    let seals = Seals(context, snapshot.membership, member: self.reader ?? reader, db)
    let mayOpen = reader == self.reader
    let secret = mayOpen ? try seals.secret(table, key) : nil
    let markKey = RowKey.mark(by: reader, on: key)
    let mark = try context.table(Tables.notificationMarks.name)?.row(markKey, in: db)
    let time = { (column: String) in
      try mark.flatMap { try seals.integer(column, of: $0, markKey, in: Tables.notificationMarks) }
    }
    return NotificationRecord(
      key: key, sender: key.writer, recipients: row.audience,
      kind: try seals.text("kind", of: row, key, in: table) ?? "",
      title: try seals.text("title", of: row, key, in: table, secret: secret),
      body: try seals.text("body", of: row, key, in: table, secret: secret),
      link: try seals.text("link", of: row, key, in: table, secret: secret),
      created: key.rowID(shape: .own)?.milliseconds ?? 0, readAt: try time("read_at"),
      archivedAt: try time("archived_at"))
  }
}
