import BullpenCore

@testable import BullpenWeb

/// A WebSocket client that writes its frames by hand, so that it can write bad ones.
struct SocketClient {
  struct Frame: Equatable {
    var opcode: UInt8
    var payload: [UInt8]
    var closeCode: Int? {
      opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
    }
  }

  private(set) var wire: Wire
  /// The head of the answer to the handshake.
  let welcome: String

  static func handshake(_ served: Served, path: String = "/ws") -> HTTP {
    HTTP("GET", path).with("Upgrade", "websocket").with("Connection", "Upgrade")
      .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").with("Sec-WebSocket-Version", "13")
  }

  /// Opens one as a program does, with the person's token.
  static func open<Result: Sendable>(
    _ served: Served, _ handshake: HTTP? = nil, token: String? = nil,
    _ body: @escaping @Sendable (inout SocketClient) async throws -> Result
  ) async throws -> Result {
    let request =
      handshake
      ?? Self.handshake(served).with("Authorization", "Bearer \(token ?? served.keys.commandToken)")
    return try await Wire.open(to: served.port) { wire in
      try await wire.write(Array((request.head(port: served.port) + "\r\n").utf8))
      let welcome = try await wire.head()
      var client = SocketClient(wire: wire, welcome: welcome)
      defer { wire = client.wire }
      return try await body(&client)
    }
  }

  func write(_ text: String, opcode: UInt8 = 1, fin: Bool = true, masked: Bool = true, bits: UInt8 = 0) async throws {
    try await write(Array(text.utf8), opcode: opcode, fin: fin, masked: masked, bits: bits)
  }

  func write(
    _ payload: [UInt8], opcode: UInt8 = 1, fin: Bool = true, masked: Bool = true, bits: UInt8 = 0
  ) async throws {
    var frame: [UInt8] = [(fin ? 0x80 : 0) | bits | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: frame.append(mask | UInt8(payload.count))
    case ..<65_536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [mask | 127] + UInt64(payload.count).bigEndianBytes
    }
    let key: [UInt8] = [1, 2, 3, 4]
    if masked { frame += key }
    frame += masked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload
    try await wire.write(frame)
  }

  func send(_ type: String, id: String? = nil, _ data: JSONValue = [:]) async throws {
    var envelope: [String: JSONValue] = ["type": .string(type), "data": data]
    if let id { envelope["id"] = .string(id) }
    try await write(JSONValue.object(envelope).bytes)
  }

  mutating func frame() async throws -> Frame {
    let start = try await wire.bytes(2)
    var length = Int(start[1] & 127)
    if length == 126 {
      length = try await wire.bytes(2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try await wire.bytes(8).reduce(0) { $0 << 8 | Int($1) }
    }
    return Frame(opcode: start[0] & 15, payload: try await wire.bytes(length))
  }

  /// The next envelope.
  mutating func envelope() async throws -> JSONValue {
    while true {
      let frame = try await frame()
      if frame.opcode == 1 { return try JSONValue(parsing: String(decoding: frame.payload, as: UTF8.self)) }
      if frame.opcode == 8 { throw Wire.Ended() }
    }
  }

  /// The next envelope of a type; others are passed over.
  mutating func next(_ type: String) async throws -> JSONValue {
    while true {
      let envelope = try await envelope()
      if envelope["type"]?.text == type { return envelope }
    }
  }

  /// What the node said until it answered a ping, and that is all it had to say.
  mutating func saidUntilPong() async throws -> [JSONValue] {
    try await send("ping", id: "settle")
    var said: [JSONValue] = []
    while true {
      let envelope = try await envelope()
      if envelope["id"]?.text == "settle" { return said }
      said.append(envelope)
    }
  }

  /// The code with which the server closes.
  mutating func closeCode() async throws -> Int? {
    while true {
      let frame = try await frame()
      if frame.opcode == 8 { return frame.closeCode }
    }
  }
}
