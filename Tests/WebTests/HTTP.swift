import NIOCore
import NIOPosix

/// A connection of bytes to the server, closed after a minute whatever happens: a test that waits in vain fails.
struct Wire {
  let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private(set) var buffer = ByteBuffer()
  private(set) var hasEnded = false

  struct Ended: Error {}

  static func open<Result: Sendable>(
    to port: UInt16, at host: String = "127.0.0.1", _ body: @escaping @Sendable (inout Wire) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: host, port: Int(port)) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let deadline = channel.channel.eventLoop.scheduleTask(in: .minutes(1)) {
      channel.channel.close(promise: nil)
    }
    defer { deadline.cancel() }
    return try await channel.executeThenClose { inbound, outbound in
      var wire = Wire(outbound: outbound, inbound: inbound.makeAsyncIterator())
      return try await body(&wire)
    }
  }

  init(
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
    inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  ) {
    self.outbound = outbound
    self.inbound = inbound
  }

  func write(_ bytes: some Sequence<UInt8>) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

  /// Reads once more; false at the end.
  mutating func read() async throws -> Bool {
    guard !hasEnded else { return false }
    do {
      if let more = try await inbound.next() {
        buffer.writeImmutableBuffer(more)
        return true
      }
    } catch is IOError {}
    hasEnded = true
    return false
  }

  mutating func bytes(_ count: Int) async throws -> [UInt8] {
    while buffer.readableBytes < count { guard try await read() else { throw Ended() } }
    defer { buffer.discardReadBytes() }
    return buffer.readBytes(length: count) ?? []
  }

  /// Up to and including an empty line.
  mutating func head() async throws -> String {
    while true {
      let text = String(decoding: buffer.readableBytesView, as: UTF8.self)
      if let end = text.firstRange(of: "\r\n\r\n") {
        return String(decoding: try await bytes(text[..<end.upperBound].utf8.count), as: UTF8.self)
      }
      guard try await read() else { throw Ended() }
    }
  }
}

/// One request, just as it is sent.
struct HTTP: Sendable {
  var method: String
  var path: String
  var headers: [(String, String)]
  var host: String?
  var body: [UInt8]?

  init(_ method: String, _ path: String, _ body: JSONValue? = nil) {
    self.init(method, path, bytes: body?.bytes)
    if body != nil { headers.append(("Content-Type", "application/json")) }
  }

  init(_ method: String, _ path: String, bytes: [UInt8]?) {
    self.method = method
    self.path = path
    self.body = bytes
    headers = []
  }

  func with(_ name: String, _ value: String) -> HTTP {
    var copy = self
    copy.headers.append((name, value))
    return copy
  }

  func to(host: String) -> HTTP {
    var copy = self
    copy.host = host
    return copy
  }

  /// The view's own request: its cookie, and its origin's token.
  func from(_ browser: Browser, withOriginToken: Bool = true) -> HTTP {
    let request = with("Cookie", "theme=dark; \(browser.cookie)")
    return withOriginToken ? request.with("Bullpen-Origin-Token", browser.originToken) : request
  }

  func head(port: UInt16) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")"]
    lines += headers.map { "\($0): \($1)" }
    if let body { lines.append("Content-Length: \(body.count)") }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  func send(to port: UInt16, at address: String = "127.0.0.1") async throws -> Answer {
    let request = Array((head(port: port) + "Connection: close\r\n\r\n").utf8) + (body ?? [])
    return try await Wire.open(to: port, at: address) { wire in
      // A server that refuses early may close before all is written.
      try? await wire.write(request)
      return try await Answer(reading: &wire, withBody: method != "HEAD")
    }
  }
}

struct Answer: Sendable {
  let status: Int
  let headers: [(String, String)]
  let body: [UInt8]

  init(reading wire: inout Wire, withBody: Bool = true) async throws {
    let lines = try await wire.head().split(separator: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    headers = lines.dropFirst().compactMap { line in
      line.firstIndex(of: ":").map {
        (line[..<$0].lowercased(), String(line[line.index(after: $0)...].drop { $0 == " " }))
      }
    }
    let length = headers.first { $0.0 == "content-length" }.flatMap { Int($0.1) } ?? 0
    body = withBody && length > 0 ? try await wire.bytes(length) : []
  }

  func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
  var json: JSONValue { (try? JSONValue(parsing: String(decoding: body, as: UTF8.self))) ?? .null }
  var code: String? { json["code"]?.text }
  var items: [JSONValue] { json.items }
}
