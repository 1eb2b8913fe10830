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
  let recipients: RecipientsRequest
  let kind: String?
  let title: String
  let body: String?
  let link: String?

  private enum Key: String, CodingKey { case kind, title, body, link }

  init(from decoder: any Decoder) throws {
    recipients = try RecipientsRequest(from: decoder)
    let parts = try decoder.container(keyedBy: Key.self)
    kind = try parts.decodeIfPresent(String.self, forKey: .kind)
    title = try parts.decode(String.self, forKey: .title)
    body = try parts.decodeIfPresent(String.self, forKey: .body)
    link = try parts.decodeIfPresent(String.self, forKey: .link)
  }

  /// Throws `invalid` with the field to blame.
  func check() throws(Problem) {
    try recipients.check()
    try Check.bytes(kind, 1...WebBounds.kindBytes, at: "/kind")
    try Check.bytes(title, 1...Limits.titleBytes, at: "/title")
    try Check.bytes(body, 0...Limits.bodyBytes, at: "/body")
    try Check.bytes(link, 0...Limits.linkBytes, at: "/link")
  }
}

/// Whom a notification is for: members, and teams and roles for those who are in them.
struct RecipientsRequest: Decodable {
  let recipientIds: [String]?
  let teams: [String]?
  let roles: [String]?

  /// Throws `invalid` with the field to blame.
  func check() throws(Problem) {
    guard recipientIds?.isEmpty == false || teams?.isEmpty == false || roles?.isEmpty == false else {
      throw Problem.invalid("/recipient_ids", "A notification has 1–\(Limits.audience) recipients.")
    }
    for (pointer, names) in [("/recipient_ids", recipientIds), ("/teams", teams), ("/roles", roles)]
    where names?.count ?? 0 > Limits.audience {
      throw Problem.invalid(pointer, "A notification has 1–\(Limits.audience) recipients.")
    }
  }

  /// Throws `invalid` with the field to blame.
  func recipients(of workspace: any WorkspaceAPI) async throws -> Recipients {
    try check()
    var found = Recipients(members: [])
    for (place, text) in (recipientIds ?? []).enumerated() {
      let member = try Check.member(text, at: "/recipient_ids/\(place)")
      if !found.members.contains(member) { found.members.append(member) }
    }
    for (place, name) in (teams ?? []).enumerated() {
      found.teams.append(try await Check.team(name, of: workspace, at: "/teams/\(place)").id)
    }
    for (place, name) in (roles ?? []).enumerated() {
      guard let role = Role.allCases.first(where: { $0.name == name }) else {
        throw Problem.invalid("/roles/\(place)", "A role is `owner`, `admin`, `member` or `guest`.")
      }
      found.roles.append(role)
    }
    return found
  }
}

struct ReadRequest: Decodable {
  let read: Bool?
}

struct CountBody: Encodable {
  let count: Int
}
