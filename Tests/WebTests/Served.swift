import BullpenCore
import BullpenCrypto
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

@testable import BullpenWeb

/// A web server on a free port of loopback, and what a test needs to talk to it.
struct Served: Sendable {
  let node: FakeNode
  let server: WebServer
  let host: String
  let port: UInt16
  let keys: SessionKeys
  let clock: TestClock
  let directory: URL
  let stop: @Sendable () -> Void

  /// - Parameter secret: what logins are checked by.
  static func sessionKeys(_ secret: Bytes32 = .zero) -> SessionKeys {
    SessionKeys(
      secret: secret, randomBytes: { SystemRandomness().bytes($0) }, keyedDigest: { Blake2b.keyed($0, $1).bytes })
  }

  /// Runs a server around a test, and ends it in an orderly way.
  static func run<Result: Sendable>(
    node: FakeNode = FakeNode(), host: String = "127.0.0.1", fonts: URL? = nil, atLogin: AtLogin = .remembered,
    _ test: @escaping @Sendable (Served) async throws -> Result
  ) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "bullpen-web-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let keys = sessionKeys(Bytes32(Array(0..<32))!)
    let clock = TestClock()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try WebServer(
      node: node,
      configuration: WebConfiguration(
        host: host, port: 0, tokenFile: directory.appending(path: "tokens.json").path, sessions: keys,
        atLogin: atLogin, fontDirectory: fonts?.path,
        clock: { clock.now }),
      logger: logger)
    let services = ServiceGroup(services: [server], logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      let served = Served(
        node: node, server: server, host: host, port: try await server.boundPort, keys: keys, clock: clock,
        directory: directory,
        stop: { Task { await services.triggerGracefulShutdown() } })
      let result: Swift.Result<Result, any Error>
      do {
        result = .success(try await test(served))
      } catch {
        result = .failure(error)
      }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
      return try result.get()
    }
  }

  static let hasVersion6 =
    (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?.contains("lo") == true

  // MARK: Asking

  func ask(_ request: HTTP) async throws -> Answer { try await request.send(to: port, at: host) }

  /// As the command asks: with the person's own token.
  func api(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
    try await ask(HTTP(method, "/api/v1" + path, body).with("Authorization", "Bearer \(keys.commandToken)"))
  }

  /// A browser that followed a login link.
  func login() async throws -> Browser {
    let url = try await server.newLoginLink()
    let secret = url.split(separator: "#t=").last.map(String.init) ?? ""
    let answer = try await ask(HTTP("POST", "/api/v1/login", ["t": .string(secret)]))
    return Browser(
      cookie: answer.header("set-cookie")?.split(separator: ";").first.map(String.init) ?? "",
      originToken: answer.json["origin_token"]?.text ?? "", spent: secret)
  }
}

struct Browser: Sendable {
  var cookie: String
  var originToken: String
  var spent: String
}

final class TestClock: Sendable {
  private let time = Mutex<Int64>(1_763_700_000_000)
  var now: Int64 { time.withLock { $0 } }
  func advance(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }
}

extension AtLogin {
  /// A machine that does what it is told.
  static var remembered: AtLogin {
    let isEnabled = Flag()
    return AtLogin(
      state: { State(isEnabled: isEnabled.value.withLock { $0 }) },
      change: { wanted in
        isEnabled.value.withLock { $0 = wanted }
        return State(isEnabled: wanted)
      })
  }

  private final class Flag: Sendable {
    let value = Mutex(false)
  }
}
