import Foundation

/// Bullpen's unit in the person's own systemd, by way of `systemctl --user`.
struct UserUnit {
  static let name = "bullpen.service"

  struct State: Encodable, Equatable {
    var isEnabled: Bool
    var isActive: Bool
    /// systemd's word: active, inactive, activating, failed.
    var activity: String

    enum CodingKeys: String, CodingKey {
      case isEnabled = "enabled"
      case isActive = "active"
      case activity = "state"
    }
  }

  struct Said: Sendable {
    var code: Int32
    var output: String
    var complaint: String
  }

  /// Runs `systemctl --user` with more words; nil where there is no systemctl.
  var systemctl: @Sendable ([String]) throws -> Said? = { try Self.run($0) }

  /// - Throws: `Failure` with `notRunning` where there is no user session or no such unit.
  func state() throws -> State {
    guard let said = try systemctl(["show", "--property=LoadState,UnitFileState,ActiveState", Self.name]) else {
      throw Self.noSession("systemctl is not on this machine")
    }
    // This one word it says of any unit, also of one that there is not; it fails only where nobody hears it.
    guard said.code == 0 else { throw Self.noSession(said.complaint) }
    var properties: [Substring: Substring] = [:]
    for line in said.output.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      properties[line[..<equals]] = line[line.index(after: equals)...]
    }
    switch properties["LoadState"] {
    case "not-found":
      throw Failure(
        .notRunning, "\(Self.name) is not installed on this machine.",
        hint: "Install the Debian package, or run `make install`. Until then, `bullpen up` starts the node by hand.")
    case "masked":
      throw Failure(
        .refused, "\(Self.name) is masked.", hint: "`systemctl --user unmask \(Self.name)` takes that back.")
    default:
      let activity = String(properties["ActiveState"] ?? "unknown")
      return State(
        isEnabled: properties["UnitFileState"]?.hasPrefix("enabled") ?? false, isActive: activity == "active",
        activity: activity)
    }
  }

  func enable(now: Bool) throws -> State { try change(["enable"] + (now ? ["--now"] : [])) }
  func disable(now: Bool) throws -> State { try change(["disable"] + (now ? ["--now"] : [])) }

  private func change(_ words: [String]) throws -> State {
    _ = try state()
    guard let said = try systemctl(words + [Self.name]), said.code == 0 else {
      throw Failure(
        .node, "systemd could not \(words[0]) \(Self.name).",
        hint: "`journalctl --user -u bullpen` shows what the node said.")
    }
    return try state()
  }

  private static func noSession(_ reason: String) -> Failure {
    Failure(
      .notRunning, "There is no systemd user session here, so nothing can start Bullpen at login (\(reason)).",
      hint: "Log in on the machine itself or by ssh, not by su or sudo; or start the node with `bullpen up`.")
  }

  private static func run(_ words: [String]) throws -> Said? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard
      let path = folders.map({ "\($0)/systemctl" }).first(where: FileManager.default.isExecutableFile(atPath:))
    else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["--user", "--no-pager"] + words
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
    let (output, complaint) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = complaint
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Each says a few lines at most, far less than a pipe holds.
    process.waitUntilExit()
    func text(_ pipe: Pipe) -> String {
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return Said(code: process.terminationStatus, output: text(output), complaint: text(complaint))
  }
}
