/// A `cursor.move` in the form in which clients write it, read straight from its bytes.
///
/// It is read this way where it holds nothing but known keys, each at most once, strings without escapes, and numbers.
/// Of anything else this reader says nil, and the library's reader decides what it is: so what counts as a message is
/// what that one says, and only the usual one is read faster.
struct UsualMove {
  let id: String?
  let room: String
  let position: PositionRequest

  /// - Parameter bytes: UTF-8.
  init?(_ bytes: [UInt8]) {
    guard let move = bytes.withUnsafeBufferPointer({ UsualMove($0) }) else { return nil }
    self = move
  }

  private init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    var text = UsualJSON(bytes)
    var type: String?
    var id: String?
    var data: (room: String, position: PositionRequest)?
    let isRead = text.object { key, text in
      switch key {
      case "type" where type == nil: return Self.fill(&type, text.string())
      case "id" where id == nil: return Self.fill(&id, text.string())
      case "data" where data == nil: return Self.fill(&data, Self.data(&text))
      default: return false
      }
    }
    guard isRead, text.isAtEnd, type == "cursor.move", let data else { return nil }
    (self.id, room, position) = (id, data.room, data.position)
  }

  /// A field is there with what it must hold, or the whole is not read.
  private static func fill<Value>(_ field: inout Value?, _ value: Value?) -> Bool {
    field = value
    return value != nil
  }

  private static func data(_ text: inout UsualJSON) -> (room: String, position: PositionRequest)? {
    var room: String?
    var line: Int?
    var column: Int?
    var selection: SelectionBody?
    var pointer: PointerBody?
    var payload: String?
    let isRead = text.object { key, text in
      switch key {
      case "room" where room == nil: return fill(&room, text.string())
      case "line" where line == nil: return fill(&line, text.whole())
      case "column" where column == nil: return fill(&column, text.whole())
      case "selection" where selection == nil: return fill(&selection, Self.selection(&text))
      case "pointer" where pointer == nil: return fill(&pointer, Self.pointer(&text))
      case "payload" where payload == nil: return fill(&payload, text.string())
      default: return false
      }
    }
    guard isRead, let room else { return nil }
    return (
      room,
      PositionRequest(line: line, column: column, selection: selection, pointer: pointer, payload: payload)
    )
  }

  private static func selection(_ text: inout UsualJSON) -> SelectionBody? {
    var start: LineBody?
    var end: LineBody?
    let isRead = text.object { key, text in
      switch key {
      case "start" where start == nil: return fill(&start, place(&text))
      case "end" where end == nil: return fill(&end, place(&text))
      default: return false
      }
    }
    guard isRead, let start, let end else { return nil }
    return SelectionBody(start: start, end: end)
  }

  private static func place(_ text: inout UsualJSON) -> LineBody? {
    var line: Int?
    var column: Int?
    let isRead = text.object { key, text in
      switch key {
      case "line" where line == nil: return fill(&line, text.whole())
      case "column" where column == nil: return fill(&column, text.whole())
      default: return false
      }
    }
    guard isRead, let line = line.flatMap(UInt32.init(exactly:)), let column = column.flatMap(UInt32.init(exactly:))
    else { return nil }
    return LineBody(line, column)
  }

  private static func pointer(_ text: inout UsualJSON) -> PointerBody? {
    var anchor: String?
    var x: Double?
    var y: Double?
    let isRead = text.object { key, text in
      switch key {
      case "anchor" where anchor == nil: return fill(&anchor, text.string())
      case "x" where x == nil: return fill(&x, text.fraction())
      case "y" where y == nil: return fill(&y, text.fraction())
      default: return false
      }
    }
    guard isRead, let x, let y else { return nil }
    return PointerBody(anchor: anchor, x: x, y: y)
  }
}
