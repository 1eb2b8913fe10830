import BullpenCore
import BullpenNode

struct NotificationBody: Encodable {
  let id: String
  let senderId: String
  let recipientIds: [String]
  let kind: String
  let title: String
  let body: String
  @Nullable var link: String?
  let createdAt: Int64
  @Nullable var readAt: Int64?
  @Nullable var archivedAt: Int64?
  let isMine: Bool

  init(_ view: NotificationView) {
    id = view.key.description
    senderId = view.sender.description
    recipientIds = view.recipients.map(\.description)
    kind = view.kind
    title = view.title
    body = view.body
    link = view.link
    createdAt = view.created
    readAt = view.readAt
    archivedAt = view.archivedAt
    isMine = view.isMine
  }
}

struct NotificationRequest: Decodable {
  let recipientIds: [String]
  let kind: String?
  let title: String
  let body: String?
  let link: String?

  /// Throws `invalid` with the field to blame.
  func recipients() throws(Problem) -> [MemberID] {
    guard (1...Limits.audience).contains(recipientIds.count) else {
      throw Problem.invalid("/recipient_ids", "A notification has 1–\(Limits.audience) recipients.")
    }
    try Check.bytes(kind, 1...WebBounds.kindBytes, at: "/kind")
    try Check.bytes(title, 1...Limits.titleBytes, at: "/title")
    try Check.bytes(body, 0...Limits.bodyBytes, at: "/body")
    try Check.bytes(link, 0...Limits.linkBytes, at: "/link")
    var members: [MemberID] = []
    for (place, text) in recipientIds.enumerated() {
      let member = try Check.member(text, at: "/recipient_ids/\(place)")
      if !members.contains(member) { members.append(member) }
    }
    return members
  }
}

struct ReadRequest: Decodable {
  let read: Bool?
}

struct CountBody: Encodable {
  let count: Int
}
