/// How available a member is.
public enum Status: UInt8, Hashable, Sendable, CaseIterable {
  case online = 1
  case idle = 2
  case away = 3
  case busy = 4
  case offline = 5

  /// Which of several devices speaks for a member: the most available. Busy is present, and a person who
  /// says so on one device means all of them, so it stands above online.
  public var availability: Int {
    switch self {
    case .busy: 4
    case .online: 3
    case .idle: 2
    case .away: 1
    case .offline: 0
    }
  }

  public var name: String {
    switch self {
    case .online: "online"
    case .idle: "idle"
    case .away: "away"
    case .busy: "busy"
    case .offline: "offline"
    }
  }

  public init?(name: some StringProtocol) {
    guard let status = Status.allCases.first(where: { $0.name == name }) else { return nil }
    self = status
  }
}

public enum DeviceKind: UInt8, Hashable, Sendable, CaseIterable {
  case desktop = 1
  case mobile = 2
  case tablet = 3
  case headless = 4

  public var name: String {
    switch self {
    case .desktop: "desktop"
    case .mobile: "mobile"
    case .tablet: "tablet"
    case .headless: "headless"
    }
  }
}

/// A place that people can be in together, by its name: one plain line of 1–200 bytes.
public struct RoomID: Hashable, Comparable, Sendable {
  public let name: String

  /// Whether a device may be in all of these at once.
  public static func fit(_ rooms: some Collection<RoomID>) -> Bool {
    rooms.count <= Limits.roomsPerDevice && rooms.reduce(0) { $0 + $1.name.utf8.count } <= Limits.roomsBytes
  }

  public init?(_ name: String) {
    guard (1...Limits.roomBytes).contains(name.utf8.count), name.isPlainLine else { return nil }
    self.name = name
  }

  public static func < (a: RoomID, b: RoomID) -> Bool { a.name < b.name }

  /// The room of a page, such as `/plan`: one plain line of 1–195 bytes.
  public static func room(ofPage page: String) -> RoomID? { page.isEmpty ? nil : RoomID("page:" + page) }

  /// The page of which this is the room, such as `/plan`; nil for another room.
  public var page: Substring? { name.hasPrefix("page:") ? name.dropFirst(5) : nil }
}

/// Orders what a person says at several devices, without any clock: what is said at one has a greater number than all
/// that it had heard of the others, which always hear one another. 0: nothing was said. So no device counts for more
/// because it started later, or because its clock is ahead.
public typealias Turn = UInt32

extension Turn {
  /// Whatever is said next.
  var next: Turn { self == .max ? self : self + 1 }
}

/// What one device shows of its member now. Every heartbeat carries all of it.
public struct DevicePresence: Hashable, Sendable {
  public var status: Status
  /// Orders the choosing of `offline`, and of another status after it. Only the person's own devices are told.
  public var statusTurn: Turn
  /// ≤ 100 characters and 400 bytes; empty when there is none.
  public var customStatus: String
  /// ≤ 10 characters and 250 bytes; empty when there is none.
  public var customEmoji: String
  /// Orders what was said in words, and that they are cleared, among the person's devices.
  public var wordsTurn: Turn
  public var kind: DeviceKind
  /// The rooms that the device is in, in ascending order, at most 8, of 300 bytes together.
  public var rooms: [RoomID]
  /// The room in which its person types, one of `rooms`; nil when nowhere.
  public var typing: RoomID?
  /// The page that its person came to last, one of `rooms`; nil when on none.
  public var page: RoomID?
  /// Orders the coming to a page here among the person's devices.
  public var pageTurn: Turn

  public init(
    status: Status = .online, statusTurn: Turn = 0, customStatus: String = "", customEmoji: String = "",
    wordsTurn: Turn = 0, kind: DeviceKind = .desktop, rooms: [RoomID] = [], typing: RoomID? = nil, page: RoomID? = nil,
    pageTurn: Turn = 0
  ) {
    self.status = status
    self.statusTurn = statusTurn
    self.customStatus = customStatus
    self.customEmoji = customEmoji
    self.wordsTurn = wordsTurn
    self.kind = kind
    self.rooms = rooms
    self.typing = typing
    self.page = page
    self.pageTurn = pageTurn
  }
}

extension String {
  /// The longest beginning of whole characters within both bounds.
  func cut(characters: Int, bytes: Int) -> String {
    var text = String(prefix(characters))
    while text.utf8.count > bytes { text.removeLast() }
    return text
  }
}

/// Where a person points in a room. Every part is optional; a text editor sends lines, a page an anchor, and any
/// application a few bytes of its own.
public struct CursorPosition: Hashable, Sendable {
  /// 0-based, as the app counts.
  public var line: UInt32?
  public var column: UInt32?
  public var selection: Selection?
  public var pointer: Pointer?
  /// The application's own text, which nobody else reads, ≤ 256 bytes; empty when there is none.
  public var payload: String

  public struct Selection: Hashable, Sendable {
    public var startLine: UInt32
    public var startColumn: UInt32
    public var endLine: UInt32
    public var endColumn: UInt32
    public init(startLine: UInt32, startColumn: UInt32, endLine: UInt32, endColumn: UInt32) {
      self.startLine = startLine
      self.startColumn = startColumn
      self.endLine = endLine
      self.endColumn = endColumn
    }
  }

  /// A place by an anchor and a fraction of its box, so that it is the same place on every screen.
  public struct Pointer: Hashable, Sendable {
    /// The anchor's name in the page, ≤ 64 bytes; empty for the whole of the room's surface.
    public var anchor: String
    /// 0 left or top, 65,535 right or bottom.
    public var x: UInt16
    public var y: UInt16
    public init(anchor: String, x: UInt16, y: UInt16) {
      self.anchor = anchor
      self.x = x
      self.y = y
    }
  }

  public init(
    line: UInt32? = nil, column: UInt32? = nil, selection: Selection? = nil, pointer: Pointer? = nil,
    payload: String = ""
  ) {
    self.line = line
    self.column = column
    self.selection = selection
    self.pointer = pointer
    self.payload = payload
  }
}
