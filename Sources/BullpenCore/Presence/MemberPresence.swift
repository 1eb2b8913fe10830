/// What one member shows, over all of its devices: one entry a person.
public struct MemberPresence: Hashable, Sendable {
  public var member: MemberID
  /// The most available status of the member's devices.
  public var status: Status
  public var customStatus: String
  public var customEmoji: String
  /// When the custom status clears by itself, Unix milliseconds; known of oneself only.
  public var clearsAt: Int64?
  /// Rooms of all devices, in ascending order, each once.
  public var rooms: [RoomID]
  public var typing: RoomID?
  /// The page that the member came to last, by its newest device on one; nil when on none.
  public var page: RoomID?
  public var devices: [Device]
  /// When the member was last seen, Unix milliseconds by this node's clock; nil when never.
  public var lastSeen: Int64?
  /// Milliseconds since the freshest device was heard, while that is worth a word (suspected); else nil.
  public var silentFor: Int64?
  /// Place in the palette of ten, 0–9; the same on every node.
  public var colour: Int
  /// When each of the member's devices was seen last, this one left out, in ascending order of device.
  public var sightings: [LastSeen]

  public struct Device: Hashable, Sendable {
    public var device: DeviceID
    public var kind: DeviceKind
    public var status: Status
    public var rooms: [RoomID]
    public init(device: DeviceID, kind: DeviceKind, status: Status, rooms: [RoomID]) {
      self.device = device
      self.kind = kind
      self.status = status
      self.rooms = rooms
    }
  }

  public init(
    member: MemberID, status: Status, customStatus: String, customEmoji: String, clearsAt: Int64? = nil,
    rooms: [RoomID], typing: RoomID?, page: RoomID? = nil, devices: [Device], lastSeen: Int64?, silentFor: Int64?,
    colour: Int, sightings: [LastSeen] = []
  ) {
    self.member = member
    self.status = status
    self.customStatus = customStatus
    self.customEmoji = customEmoji
    self.clearsAt = clearsAt
    self.rooms = rooms
    self.typing = typing
    self.page = page
    self.devices = devices
    self.lastSeen = lastSeen
    self.silentFor = silentFor
    self.colour = colour
    self.sightings = sightings
  }
}

/// A person's cursor in a room.
public struct RoomCursor: Hashable, Sendable {
  public var room: RoomID
  public var member: MemberID
  public var device: DeviceID
  public var position: CursorPosition
  public init(room: RoomID, member: MemberID, device: DeviceID, position: CursorPosition) {
    self.room = room
    self.member = member
    self.device = device
    self.position = position
  }
}

/// What a node tells its own person's views, as it happens.
public enum Publication: Hashable, Sendable {
  case presence(MemberPresence)
  case cursor(RoomCursor)
  case cursorRemoved(room: RoomID, member: MemberID, device: DeviceID)
  /// Rows of a table are new or different; readers query them.
  case rows(table: String, keys: [RowKey])
  /// Who may be seen has changed: a member joined, was renamed or left.
  case members
  /// Connections to other devices have changed.
  case connections
}
