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
    @Nullable var lastPage: String?
    @Nullable var lastActivity: String?
    @Nullable var saidBy: String?

    init(_ sighting: LastSeen) {
      deviceId = sighting.device.description
      lastSeen = sighting.last
      sessionDuration = sighting.duration
      lastPage = sighting.page.map { $0.page.map(String.init) ?? $0.name }
      lastActivity = sighting.activity?.name
      saidBy = sighting.witness?.description
    }
  }

  let userId: String
  let status: String
  let customStatus: String
  let customEmoji: String
  @Nullable var clearsAt: Int64?
  let rooms: [String]
  @Nullable var currentPage: String?
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
    clearsAt = presence.clearsAt
    rooms = presence.rooms.map(\.name)
    currentPage = presence.page?.page.map(String.init)
    typing = presence.typing?.name
    devices = presence.devices.map {
      Device(
        deviceId: $0.device.description, kind: $0.kind.name, status: $0.status.name, rooms: $0.rooms.map(\.name))
    }
    lastSeen = presence.lastSeen
    silentFor = presence.silentFor
    colour = presence.colour
    sightings = presence.sightings.map(Sighting.init)
  }
}

/// What is left out stays as it is.
struct StatusRequest: Decodable {
  let status: String?
  let customStatus: String?
  let customEmoji: String?
  /// Milliseconds.
  let clearAfter: Int64?

  /// Throws `invalid` for what no status is.
  func checked() throws(Problem) -> PresenceChange {
    PresenceChange(
      status: try checkedStatus(), customStatus: customStatus, customEmoji: customEmoji, clearAfter: clearAfter)
  }

  private func checkedStatus() throws(Problem) -> Status? {
    guard clearAfter.map({ (1...Limits.customStatusLongest).contains($0) }) != false else {
      throw Problem.invalid("/clear_after", "A custom status clears after 1 ms to 30 days.")
    }
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

/// All that a program says of its person at once. What is left out stays as it is.
struct PresenceRequest: Decodable {
  let status: StatusRequest
  /// An inner nil: on no page any more.
  let currentPage: String??
  let isTyping: Bool?
  let device: String?

  private enum Key: CodingKey { case currentPage, isTyping, device }

  init(from decoder: any Decoder) throws {
    status = try StatusRequest(from: decoder)
    let parts = try decoder.container(keyedBy: Key.self)
    let saysPage = parts.contains(.currentPage)
    currentPage = saysPage ? .some(try parts.decodeIfPresent(String.self, forKey: .currentPage)) : nil
    isTyping = try parts.decodeIfPresent(Bool.self, forKey: .isTyping)
    device = try parts.decodeIfPresent(String.self, forKey: .device)
  }

  /// Throws `invalid` for what no page and no kind of device is.
  func checkedPlace() throws(Problem) -> PlaceChange {
    var place = PlaceChange(isTyping: isTyping, kind: try RoomRequest.kind(device, at: "/device"))
    guard let currentPage else { return place }
    guard let name = currentPage else {
      place.page = .some(nil)
      return place
    }
    guard let page = RoomID.room(ofPage: name) else {
      throw Problem.invalid("/current_page", "A page, such as `/plan`, has 1–195 bytes and no control characters.")
    }
    place.page = page
    return place
  }
}
