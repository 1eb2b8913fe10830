import BullpenCore
import BullpenStore

/// What is sent to named people, and read by nobody else.
extension WorkspaceHandle {
  func notify(
    _ recipients: Recipients, kind: String, title: String, body: String, link: String?
  ) async throws -> NotificationView {
    let audience = try await resolve(recipients)
    var cells: [String: Value] = [
      "kind": .text(try Text.kind(kind)),
      "title": .text(try Text.required(title, bytes: Limits.titleBytes, "title")),
      "body": .text(try Text.optional(body, bytes: Limits.bodyBytes, "text")),
    ]
    if let link { cells["link"] = .text(try Text.optional(link, bytes: Limits.linkBytes, "link")) }
    let key = await newKey(try member())
    _ = try await node.write(
      Draft([RowDraft(Tables.notifications, key, audience: audience, cells: cells)]))
    return try await notification(key)
  }

  func share(_ key: RowKey, with recipients: Recipients) async throws -> NotificationView {
    let known = try await notification(key)
    guard known.sender == (try await member()) else {
      throw NodeError(.forbidden, "Only who sent a notification shows it to more people.")
    }
    let audience = try bounded(Set(known.recipients).union(try await resolve(recipients)))
    guard audience.count > known.recipients.count else { return known }
    _ = try await node.write(
      Draft([RowDraft(Tables.notifications, key, audience: audience, cells: [:])]))
    return try await notification(key)
  }

  func notifications(unreadOnly: Bool, after: String?, limit: Int) async throws -> Page<NotificationView> {
    let reader = try await member()
    let wall = await wall()
    let page = try await ask {
      try $0.notifications(for: reader, unreadOnly: unreadOnly, after: after, limit: limit, wall: wall)
    }
    return Page(rows: page.rows.map { NotificationView($0, reader) }, next: page.next)
  }

  func notification(_ key: RowKey) async throws -> NotificationView {
    let reader = try await member()
    let wall = await wall()
    guard let record = try await ask({ try $0.notification(key, for: reader, wall: wall) }) else {
      throw NodeError(.notFound, "There is no such notification.")
    }
    return NotificationView(record, reader)
  }

  func unreadCount() async throws -> Int {
    let reader = try await member()
    let wall = await wall()
    return try await ask { try $0.unreadCount(for: reader, wall: wall) }
  }

  func mark(_ key: RowKey, read: Bool) async throws -> NotificationView {
    let reader = try await member()
    let found = try await notification(key)
    guard found.isMine else { throw NodeError(.forbidden, "Only who a notification is for can mark it as read.") }
    guard (found.readAt != nil) != read else { return found }
    let value: Value = read ? .integer(await wall()) : .null
    _ = try await node.write(
      Draft([RowDraft(Tables.notificationMarks, .mark(by: reader, on: key), cells: ["read_at": value])]))
    return try await notification(key)
  }

  func markAllRead() async throws -> Int {
    let reader = try await member()
    var marked = 0
    while true {
      let wall = await wall()
      let unread = try await ask { try $0.unread(for: reader, limit: Limits.changeRows, wall: wall) }
      guard !unread.isEmpty else { return marked }
      _ = try await node.write(
        Draft(
          unread.map {
            RowDraft(Tables.notificationMarks, .mark(by: reader, on: $0), cells: ["read_at": .integer(wall)])
          }))
      marked += unread.count
    }
  }
}

extension NotificationView {
  fileprivate init(_ record: NotificationRecord, _ reader: MemberID) {
    self.init(
      key: record.key, sender: record.sender, recipients: record.recipients, kind: record.kind,
      title: record.title ?? "", body: record.body ?? "", link: record.link, created: record.created,
      readAt: record.readAt, archivedAt: record.archivedAt, isMine: record.recipients.contains(reader))
  }
}
