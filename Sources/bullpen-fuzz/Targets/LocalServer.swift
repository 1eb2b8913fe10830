import BullpenCore
import BullpenNode
import BullpenWeb
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// A node on loopback with its view, as `bullpen up` runs them: in this process, so that whatever ends it is seen.
final class LocalServer: Sendable {
  let port: UInt16
  /// The person's own token.
  let token: String
  /// The cookie and the origin's token of a browser that followed a login link.
  let cookie: String
  let originToken: String
  private let home: String
  private let services: ServiceGroup

  init() throws {
    let home = FileManager.default.temporaryDirectory.appending(path: "bullpen-fuzz-\(UUID().uuidString)").path
    self.home = home
    let started = try Self.wait { try await Self.start(at: home) }
    (port, token, services) = (started.port, started.token, started.services)
    let secret = started.link.split(separator: "#t=").last.map(String.init) ?? ""
    let body = "{\"t\":\"\(secret)\"}"
    let request = """
      POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:\(started.port)\r\nContent-Type: application/json\r
      Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)
      """
    let connection = try LocalConnection(to: started.port)
    connection.write(Array(request.utf8))
    let answer = String(decoding: connection.read(until: { _ in false }, patience: 5_000), as: UTF8.self)
    func found(_ begin: String, _ end: Character) -> String? {
      answer.firstRange(of: begin).map { String(answer[$0.upperBound...].prefix { $0 != end }) }
    }
    guard let cookie = found("Set-Cookie: ", ";"), let originToken = found("\"origin_token\":\"", "\"") else {
      throw Finding("A browser cannot log in: \(answer)")
    }
    (self.cookie, self.originToken) = (cookie, originToken)
  }

  deinit {
    let services = services
    Task { await services.triggerGracefulShutdown() }
    try? FileManager.default.removeItem(atPath: home)
  }

  private struct Started: Sendable {
    let port: UInt16
    let token: String
    let link: String
    let services: ServiceGroup
  }

  private static func start(at home: String) async throws -> Started {
    let quiet = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    let node = try await Node(NodeOptions(home: home, interface: "lo", discovery: .off, port: 0), logger: quiet)
    let sessions = SessionKeys(
      secret: try node.home.webSecret(), randomBytes: Home.randomBytes, keyedDigest: Home.keyedDigest)
    let server = try WebServer(
      node: node,
      configuration: WebConfiguration(port: 0, tokenFile: home + "/tokens.json", sessions: sessions), logger: quiet)
    let services = ServiceGroup(services: [node, server], logger: quiet)
    Task { try await services.run() }
    _ = try await node.startWorkspace(named: "Harbour Desk", memberName: "Ada Quill")
    return Started(
      port: try await server.boundPort, token: sessions.commandToken, link: try await server.newLoginLink(),
      services: services)
  }

  private static func wait<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let outcome = Mutex<Result<Value, any Error>?>(nil)
    Task {
      do {
        let value = try await work()
        outcome.withLock { $0 = .success(value) }
      } catch {
        outcome.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    guard let result = outcome.withLock({ $0 }) else { throw Finding("The node did not start.") }
    return try result.get()
  }

  /// Puts what only this run knows where an input asks for it.
  func filled(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for (mark, text) in [("{port}", "\(port)"), ("{token}", token), ("{cookie}", cookie), ("{origin}", originToken)] {
      let (mark, text) = (Array(mark.utf8), Array(text.utf8))
      // An input that grew asks for it a thousand times; a few show the same.
      for _ in 0..<8 {
        guard let range = bytes.firstRange(of: mark) else { break }; bytes.replaceSubrange(range, with: text)
      }
    }
    return bytes
  }

  /// Whether it still answers whoever asks decently.
  func answers() throws -> Bool {
    let connection = try LocalConnection(to: port)
    connection.write(Array("GET /health HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8))
    return connection.read(until: { $0.count > 12 }, patience: 5_000).starts(with: Array("HTTP/1.1 200".utf8))
  }
}

/// One TCP connection to it.
final class LocalConnection {
  private let socket: Int32

  init(to port: UInt16) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard socket >= 0, outcome == 0 else { throw Finding("The server takes no connection: errno \(errno).") }
  }

  deinit { close(socket) }

  /// A server that refuses early may close before all is written.
  func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  /// What comes until it is enough, the other side closes, or nothing has come for so long.
  /// - Parameter patience: milliseconds.
  func read(until isEnough: ([UInt8]) -> Bool, patience: Int32) -> [UInt8] {
    var (read, piece) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while !isEnough(read), read.count < 1 << 22 {
      var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, patience) > 0 else { break }
      let count = recv(socket, &piece, piece.count, 0)
      guard count > 0 else { break }
      read += piece[..<count]
    }
    return read
  }
}
