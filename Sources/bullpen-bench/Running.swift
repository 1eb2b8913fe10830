import BullpenNode
import Foundation
import Glibc
import Logging
import ServiceLifecycle

/// A real node, on loopback and without mDNS, that runs until it is told to end.
struct Running: Sendable {
  let node: Node
  private let services: ServiceGroup
  private let task: Task<Void, any Error>

  private static let quiet = Logger(label: "bullpen-bench") { _ in SwiftLogNoOpLogHandler() }

  static func options(_ home: String) -> NodeOptions {
    NodeOptions(home: home, interface: "lo", discovery: .off, port: 0)
  }

  init(_ home: String) async throws {
    let node = try await Node(Self.options(home), logger: Self.quiet)
    let services = ServiceGroup(services: [node], logger: Self.quiet)
    self.node = node
    self.services = services
    task = Task { try await services.run() }
  }

  func end() async throws {
    await services.triggerGracefulShutdown()
    try await task.value
  }

  /// How many changes of others are on this node's disk.
  var applied: Int {
    let name = "bullpen_changes_applied_total "
    let line = node.metrics.text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
  }
}

/// What the kernel says.
enum Machine {
  /// The most memory that this process has had in RAM at a time, in bytes.
  static var peakMemory: Double { kilobytes("VmHWM:") }
  /// What it has now.
  static var memory: Double { kilobytes("VmRSS:") }

  private static func kilobytes(_ name: String) -> Double {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0) * 1_024
  }

  /// All bytes that went over loopback, headers included; nil unless nobody else can use it.
  static var loopbackBytes: Double? {
    guard ProcessInfo.processInfo.environment["BULLPEN_BENCH_ALONE"] != nil,
      let text = try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.contains("lo:") })
    else { return nil }
    return line.split(separator: ":").last?.split(separator: " ").first.flatMap { Double($0) }
  }
}
