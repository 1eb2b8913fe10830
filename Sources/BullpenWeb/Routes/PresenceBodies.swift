import BullpenCore

struct PresenceBody: Encodable {
  struct Device: Encodable {
    let deviceId: String
    let kind: String
    let status: String
    let rooms: [String]
  }

  struct Sighting: Encodable {
    let deviceId: String
    let lastSeen: Int64
    let sessionDuration: Int64
  }

  let userId: String
  let status: String
  let customStatus: String
  let customEmoji: String
  let rooms: [String]
  @Nullable var typing: String?
  let devices: [Device]
  @Nullable var lastSeen: Int64?
  @Nullable var silentFor: Int64?
  let colour: Int
  let sightings: [Sighting]

  init(_ presence: MemberPresence) {
    userId = presence.member.description
    status = presence.status.name
    customStatus = presence.customStatus
    customEmoji = presence.customEmoji
    rooms = presence.rooms.map(\.name)
    typing = presence.typing?.name
    devices = presence.devices.map {
      Device(
        deviceId: $0.device.description, kind: $0.kind.name, status: $0.status.name, rooms: $0.rooms.map(\.name))
    }
    lastSeen = presence.lastSeen
    silentFor = presence.silentFor
    colour = presence.colour
    sightings = presence.sightings.map {
      Sighting(deviceId: $0.device.description, lastSeen: $0.last, sessionDuration: $0.duration)
    }
  }
}

/// What is left out stays as it is.
struct StatusRequest: Decodable {
  let status: String?
  let customStatus: String?
  let customEmoji: String?

  /// Throws `invalid` for what no status is.
  func checked() throws(Problem) -> Status? {
    try Check.characters(
      customStatus, Limits.customStatusCharacters, bytes: Limits.customStatusBytes, at: "/custom_status")
    try Check.characters(customEmoji, Limits.emojiCharacters, bytes: Limits.emojiBytes, at: "/custom_emoji")
    guard let name = status else { return nil }
    guard let status = Status(name: name) else {
      throw Problem.invalid(
        "/status", "There is no such status.",
        hint: "One of \(Status.allCases.map(\.name).joined(separator: ", ")).")
    }
    return status
  }
}
