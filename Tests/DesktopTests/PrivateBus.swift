import Foundation
import Glibc

/// A D-Bus daemon of a test's own, and what answers on it.
final class PrivateBus {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static let daemon = "/usr/bin/dbus-daemon"

  private let folder: URL
  private var process: Program?
  private var screens: [FakeScreen] = []

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-bus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let configuration = """
      <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
        "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
      <busconfig>
        <type>session</type>
        <listen>\(address)</listen>
        <auth>EXTERNAL</auth>
        <policy context="default">
          <allow send_destination="*"/>
          <allow receive_sender="*"/>
          <allow own="*"/>
        </policy>
      </busconfig>

      """
    try Data(configuration.utf8).write(to: folder.appendingPathComponent("bus.conf"))
    try start()
  }

  var address: String { "unix:path=\(folder.path)/bus" }

  /// Returns once it listens.
  func start() throws {
    let process = try Program(
      Self.daemon, "--config-file=\(folder.path)/bus.conf", "--nofork", "--nopidfile", "--print-address=1")
    self.process = process
    guard process.line() != nil else { throw Failure(description: "no D-Bus daemon") }
  }

  /// A program of a desktop; returns when it is on the bus.
  func screen(_ parts: String...) throws -> FakeScreen {
    let screen = try FakeScreen(on: address, as: parts)
    screens.append(screen)
    return screen
  }

  /// As when a session ends.
  func stop() {
    for screen in screens { screen.end() }
    screens = []
    process?.end()
    process = nil
    try? FileManager.default.removeItem(atPath: folder.path + "/bus")
  }

  func close() {
    stop()
    try? FileManager.default.removeItem(at: folder)
  }
}

/// The program `desktop`, which was built beside these tests.
final class FakeScreen {
  private let program: Program

  init(on address: String, as parts: [String]) throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    program = try Program((own as NSString).deletingLastPathComponent + "/desktop", [address] + parts)
    try hear()
  }

  /// As the head of the program's source says. Holds when it returns.
  func say(_ line: String) throws {
    program.write(line + "\n")
    try hear()
  }

  private func hear() throws {
    let said = program.line()
    guard said == "ok" else { throw PrivateBus.Failure(description: "the desktop said \(said ?? "nothing")") }
  }

  /// It hangs, and answers nothing.
  func hang() { program.signal(SIGSTOP) }

  func end() { program.end() }
}
