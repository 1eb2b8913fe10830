import BullpenCore
import BullpenNode
import Foundation
import Logging
import ServiceLifecycle
import Testing

/// A node with a fresh home, on loopback and without mDNS, that runs around a test.
struct Laptop: Sendable {
  let node: Node
  let home: String

  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func options(_ home: String) -> NodeOptions {
    NodeOptions(home: home, interface: "lo", discovery: .off, port: 0)
  }

  /// Runs a node while `story` is told, and ends it in an orderly way. The home goes with it, unless it was given.
  static func run<Result: Sendable>(
    at given: String? = nil, _ story: @escaping @Sendable (Laptop) async throws -> Result
  ) async throws -> Result {
    let home = given ?? freshHome()
    defer { if given == nil { try? FileManager.default.removeItem(atPath: home) } }
    return try await run(options(home), story)
  }

  /// The same with a node that was asked for something more.
  static func run<Result: Sendable>(
    _ options: NodeOptions, _ story: @escaping @Sendable (Laptop) async throws -> Result
  ) async throws -> Result {
    let node = try await Node(options, logger: quiet)
    let services = ServiceGroup(services: [node], logger: quiet)
    async let running: Void = services.run()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await story(Laptop(node: node, home: options.home)))
    } catch {
      result = .failure(error)
    }
    await services.triggerGracefulShutdown()
    try await running
    return try result.get()
  }

  static func forget(_ home: String) { try? FileManager.default.removeItem(atPath: home) }

  static func freshHome() -> String {
    FileManager.default.temporaryDirectory.appending(path: "bullpen-node-\(UUID().uuidString)").path
  }

  var workspace: any WorkspaceAPI { get async throws { try await node.workspace(nil) } }

  /// Starts a workspace of which this laptop's person is the owner.
  func found() async throws -> any WorkspaceAPI {
    _ = try await node.startWorkspace(named: "Harbour Desk", memberName: "Ada Quill")
    return try await workspace
  }

  func join(_ invite: InviteView, as name: String) async throws -> any WorkspaceAPI {
    _ = try await node.join(code: invite.code, memberName: name)
    return try await workspace
  }
}

extension WorkspaceAPI {
  func invite(uses: Int = 1) async throws -> InviteView {
    try await invite(role: .member, uses: uses, lifetime: 3_600_000)
  }

  /// Asks anew whenever something is published, until there is an answer. The test's time limit is the bound.
  func wait<Answer: Sendable>(_ answer: () async throws -> Answer?) async throws -> Answer? {
    let view = try await attach()
    var found = try await answer()
    if found == nil {
      for await _ in view.publications {
        found = try await answer()
        if found != nil { break }
      }
    }
    await view.detach()
    return found
  }
}

/// Asks until there is an answer that fits; bounded by the suite's time.
func become<Value: Equatable & Sendable>(
  _ wanted: Value, in office: any WorkspaceAPI, _ question: @escaping @Sendable () async throws -> Value?
) async throws {
  #expect(try await office.wait { try await question() == wanted ? true : nil } == true)
}
