import BullpenCore

/// What a client that was let in says on its WebSocket. An input that begins with a zero is frames as they are; any other
/// is the text of one message.
final class WebSocketTarget: FuzzTarget {
  static let name = "websocket"
  static let form = InputForm.text
  static let words =
    [
      #""type":""#, #""data":{"#, #""id":"#, "room.join", "cursor.move", "presence.set", "presence.active", "typing",
      "null", "1e999",
      "-1",
      "4294967296", "\\ud800", "0.5", "\u{202e}",
    ].map { Array($0.utf8) }
    + [
      [0x81, 0xfe, 0xff, 0xff], [0x89, 0x80, 0, 0, 0, 0], [0x88, 0x82, 0, 0, 0, 0, 3, 0xe8], [0x00, 0x80, 0, 0, 0, 0],
    ]

  private static let messages = [
    #"{"type":"ping","id":"1","data":{}}"#,
    #"{"type":"room.join","id":"2","data":{"room":"page:/a","device_kind":"mobile"}}"#,
    #"{"type":"cursor.move","data":{"room":"page:/a","line":3,"column":4}}"#,
    #"{"type":"cursor.move","data":{"room":"page:/a","pointer":{"anchor":"board","x":0.5,"y":1}}}"#,
    #"{"type":"cursor.move","data":{"room":"page:/a","selection":{"start":{"line":0,"column":1},"end":{"line":2,"column":3}}}}"#,
    #"{"type":"cursor.remove","data":{"room":"page:/a"}}"#, #"{"type":"room.leave","data":{"room":"page:/a"}}"#,
    #"{"type":"typing","data":{"room":"page:/a"}}"#,
    #"{"type":"presence.set","id":"3","data":{"status":"busy","custom_status":"Bäcker","custom_emoji":"🥐"}}"#,
  ]

  static func seeds() -> [[UInt8]] {
    let texts = messages.map { Array($0.utf8) }
    let fragments = frame(0x01, Array("{\"type\":".utf8)) + frame(0x80, Array("\"ping\",\"data\":{}}".utf8))
    return texts + texts.map { [0] + frame(0x81, $0) }
      + [[0] + fragments, [0] + frame(0x89, [1, 2]), [0] + frame(0x88, [3, 0xe8]), [0] + frame(0x82, [1])]
  }

  /// A masked frame, masked with zeros, so that its content can be mutated where it is.
  private static func frame(_ first: UInt8, _ content: [UInt8]) -> [UInt8] {
    let length: [UInt8] =
      content.count < 126
      ? [0x80 | UInt8(content.count)]
      : content.count <= 0xffff
        ? [0xfe] + UInt64(content.count).bigEndianBytes.suffix(2) : [0xff] + UInt64(content.count).bigEndianBytes
    return [first] + length + [0, 0, 0, 0] + content
  }

  private let server: LocalServer
  private var connection: LocalConnection?
  private var count = 0

  init() throws { server = try LocalServer() }

  private func open() throws -> LocalConnection {
    let connection = try LocalConnection(to: server.port)
    let request = """
      GET /ws HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nAuthorization: Bearer \(server.token)\r\nConnection: Upgrade\r
      Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
      """
    connection.write(Array(request.utf8))
    let end = Array("\r\n\r\n".utf8)
    let answer = connection.read(until: { $0.firstRange(of: end) != nil }, patience: 5_000)
    try require(answer.starts(with: Array("HTTP/1.1 101".utf8)), "a client that may is not let in")
    return connection
  }

  func run(_ bytes: [UInt8]) throws -> String {
    // Rooms, a ping behind it: the answer to that says that the message was dealt with.
    let connection = try open()
    let join = Self.frame(0x81, Array(Self.messages[1].utf8))
    let input = bytes.first == 0 ? Array(bytes.dropFirst()) : Self.frame(0x81, bytes)
    connection.write(join + input + Self.frame(0x81, Array(#"{"type":"ping","id":"the last","data":{}}"#.utf8)))
    let last = Array(#""id":"the last""#.utf8)
    let answer = connection.read(until: { $0.firstRange(of: last) != nil || Self.isClosing($0) }, patience: 100)
    count += 1
    if count % 32 == 0 || answer.isEmpty { try require(try server.answers(), "the server answers nobody any more") }
    return try look(answer)
  }

  private static func isClosing(_ answer: [UInt8]) -> Bool { frames(answer).contains { $0.first == 0x88 } }

  private static func frames(_ answer: [UInt8]) -> [(first: UInt8, content: [UInt8])] {
    var (found, rest) = ([(first: UInt8, content: [UInt8])](), answer[...])
    while rest.count >= 2 {
      let bytes = Array(rest.prefix(10))
      let wide = [126: 2, 127: 8][Int(bytes[1] & 0x7f)] ?? 0
      guard bytes.count >= 2 + wide else { break }
      let length = wide == 0 ? Int(bytes[1] & 0x7f) : bytes[2..<(2 + wide)].reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= 2 + wide + length else { break }
      found.append((bytes[0], Array(rest.dropFirst(2 + wide).prefix(length))))
      rest = rest.dropFirst(2 + wide + length)
    }
    return found
  }

  private func look(_ answer: [UInt8]) throws -> String {
    var said: Set<String> = []
    for (first, content) in Self.frames(answer) {
      try require([0x81, 0x88, 0x89, 0x8a].contains(first), "a frame that begins with \(first)")
      guard first == 0x81 else {
        said.insert(first == 0x88 ? "close \(content.prefix(2))" : "control")
        continue
      }
      guard let text = String(validating: content, as: UTF8.self) else { throw Finding("a message that is no text") }
      let type = text.firstRange(of: "\"type\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
      guard let type else { throw Finding("a message without a type: \(text.prefix(200))") }
      let code = text.firstRange(of: "\"code\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
      try require(code != "internal", "the node fails: \(text.prefix(300))")
      said.insert(type + (code.map { " " + $0 } ?? ""))
    }
    return said.sorted().joined(separator: ", ")
  }
}
