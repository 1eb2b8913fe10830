import BullpenCore
import BullpenNode

struct ActivityBody: Encodable {
  let id: String
  let userId: String
  let kind: String
  let text: String
  @Nullable var room: String?
  @Nullable var link: String?
  let createdAt: Int64

  init(_ view: ActivityView) {
    id = view.key.description
    userId = view.member.description
    kind = view.kind
    text = view.text
    room = view.room
    link = view.link
    createdAt = view.created
  }
}

struct ActivityRequest: Decodable {
  let kind: String?
  let text: String
  let room: String?
  let link: String?

  /// Throws `invalid` with the field to blame.
  func check() throws(Problem) {
    try Check.bytes(kind, 1...WebBounds.kindBytes, at: "/kind")
    try Check.bytes(text, 1...Limits.bodyBytes, at: "/text")
    try Check.bytes(link, 0...Limits.linkBytes, at: "/link")
    if let room { _ = try Check.room(room, at: "/room") }
  }
}
