import BullpenCore
import BullpenNode

/// A room and who is in it.
struct RoomBody: Encodable {
  struct Person: Encodable {
    let userId: String
    let name: String
    let status: String
    let isTyping: Bool
    let colour: Int
    let color: String
  }

  let room: String
  let people: [Person]

  init(_ room: RoomID, _ presence: [MemberPresence], _ names: [MemberID: String]) {
    self.room = room.name
    people = presence.filter { Self.isSeen($0) && $0.rooms.contains(room) }.map { one in
      Person(
        userId: one.member.description, name: names[one.member] ?? "", status: one.status.name,
        isTyping: one.typing == room, colour: one.colour, color: CursorBody.hue(one.colour))
    }
  }

  /// Every room with somebody in it, by name.
  static func all(_ presence: [MemberPresence], _ names: [MemberID: String]) -> [RoomBody] {
    Set(presence.filter(isSeen).flatMap(\.rooms)).sorted().map { RoomBody($0, presence, names) }
  }

  private static func isSeen(_ presence: MemberPresence) -> Bool { presence.status != .offline }
}

/// The cursors of a room, and whether this device is told of all of them.
struct RoomCursorsBody: Encodable {
  let room: String
  let isIn: Bool
  let cursors: [CursorBody]
}

/// A cursor that is put by one request.
struct CursorPutRequest: Decodable {
  let deviceKind: String?
  let position: PositionRequest

  private enum Key: CodingKey { case deviceKind }

  init(from decoder: any Decoder) throws {
    deviceKind = try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .deviceKind)
    position = try PositionRequest(from: decoder)
  }
}
