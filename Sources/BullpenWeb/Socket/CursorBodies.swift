import BullpenCore
import BullpenNode

/// A place in a document.
struct LineBody: Codable, Hashable {
  let line: Int
  let column: Int

  init(_ line: UInt32, _ column: UInt32) {
    self.line = Int(line)
    self.column = Int(column)
  }
}

struct SelectionBody: Codable, Hashable {
  let start: LineBody
  let end: LineBody
}

/// A place by fractions, 0–1, of an anchor's box; without an anchor, of the whole of the room's surface.
struct PointerBody: Codable, Hashable {
  let anchor: String?
  let x: Double
  let y: Double
}

/// Where a client points. The room is in the path, or beside it.
struct PositionRequest: Decodable {
  let line: Int?
  let column: Int?
  let selection: SelectionBody?
  let pointer: PointerBody?
  let payload: String?

  /// Throws `invalid` with the field to blame.
  func position() throws(Problem) -> CursorPosition {
    var position = CursorPosition()
    if let line { position.line = try Self.place(line, at: "/line") }
    if let column { position.column = try Self.place(column, at: "/column") }
    if let selection {
      position.selection = CursorPosition.Selection(
        startLine: try Self.place(selection.start.line, at: "/selection/start/line"),
        startColumn: try Self.place(selection.start.column, at: "/selection/start/column"),
        endLine: try Self.place(selection.end.line, at: "/selection/end/line"),
        endColumn: try Self.place(selection.end.column, at: "/selection/end/column"))
    }
    if let pointer {
      try Check.bytes(pointer.anchor, 1...Limits.anchorBytes, at: "/pointer/anchor")
      position.pointer = CursorPosition.Pointer(
        anchor: pointer.anchor ?? "", x: try Self.whole(pointer.x, at: "/pointer/x"),
        y: try Self.whole(pointer.y, at: "/pointer/y"))
    }
    try Check.bytes(payload, 0...Limits.cursorPayloadBytes, at: "/payload")
    position.payload = payload ?? ""
    return position
  }

  private static func place(_ number: Int, at pointer: String) throws(Problem) -> UInt32 {
    guard let place = UInt32(exactly: number) else {
      throw Problem.invalid(pointer, "Lines and columns are from 0 to \(UInt32.max).")
    }
    return place
  }

  private static func whole(_ fraction: Double, at pointer: String) throws(Problem) -> UInt16 {
    guard (0...1).contains(fraction) else { throw Problem.invalid(pointer, "A fraction is from 0 to 1.") }
    return UInt16((fraction * 65_535).rounded())
  }
}

/// The same, with the room that it is in.
struct CursorRequest: Decodable {
  let room: String
  let position: PositionRequest

  private enum Key: CodingKey { case room }

  init(from decoder: any Decoder) throws {
    room = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .room)
    position = try PositionRequest(from: decoder)
  }
}

/// Where someone points. What was not sent is left out.
struct CursorBody: Encodable {
  let room: String
  let userId: String
  let deviceId: String
  let name: String
  let colour: Int
  let color: String
  let line: UInt32?
  let column: UInt32?
  let selection: SelectionBody?
  let pointer: PointerBody?
  let payload: String?

  init(_ cursor: RoomCursor, by member: MemberView?) {
    room = cursor.room.name
    userId = cursor.member.description
    deviceId = cursor.device.description
    name = member?.name ?? ""
    colour = member?.colour ?? 0
    color = Self.hue(colour)
    line = cursor.position.line
    column = cursor.position.column
    selection = cursor.position.selection.map {
      SelectionBody(
        start: LineBody($0.startLine, $0.startColumn), end: LineBody($0.endLine, $0.endColumn))
    }
    pointer = cursor.position.pointer.map {
      PointerBody(anchor: $0.anchor.isEmpty ? nil : $0.anchor, x: Self.fraction($0.x), y: Self.fraction($0.y))
    }
    payload = cursor.position.payload.isEmpty ? nil : cursor.position.payload
  }

  /// Five digits tell 65,536 places apart.
  private static func fraction(_ whole: UInt16) -> Double { (Double(whole) / 65_535 * 100_000).rounded() / 100_000 }

  /// A place in the palette as a colour for a light ground.
  static func hue(_ place: Int) -> String { hues[place % hues.count] }

  /// The ten hues on a light ground, as `View/tokens.css` has them.
  static let hues = [
    "#835b06", "#615e00", "#2c7100", "#09684b", "#006f6f", "#006581", "#0566b6", "#514aab", "#854aa6", "#8e2b6b",
  ]
}

struct CursorsBody: Encodable {
  let room: String
  let cursors: [CursorBody]
}

struct CursorGoneBody: Encodable {
  let room: String
  let userId: String
  let deviceId: String
}

struct RoomRequest: Decodable {
  let room: String
  let deviceKind: String?

  /// Nil where none is said. Throws `invalid` for what no kind is.
  static func kind(_ name: String?, at pointer: String = "/device_kind") throws(Problem) -> DeviceKind? {
    guard let name else { return nil }
    guard let kind = DeviceKind.allCases.first(where: { $0.name == name }) else {
      throw Problem.invalid(
        pointer, "There is no such kind of device.",
        hint: "One of \(DeviceKind.allCases.map(\.name).joined(separator: ", ")).")
    }
    return kind
  }
}

/// Whom a client wants to hear of; everybody where nothing is named.
struct PresenceWatchRequest: Decodable {
  let room: String?
  let team: String?
}

struct TypingRequest: Decodable {
  let room: String?
}
