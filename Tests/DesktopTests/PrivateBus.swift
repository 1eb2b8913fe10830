import Foundation
import Glibc

@testable import BullpenDesktop

/// A D-Bus daemon of a test's own, and what answers on it.
final class PrivateBus {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static let daemon = "/usr/bin/dbus-daemon"

  private let folder: URL
  private var process: Process?
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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.daemon)
    process.arguments = [
      "--config-file=\(folder.path)/bus.conf", "--nofork", "--nopidfile", "--print-address=1",
    ]
    let told = Pipe()
    process.standardOutput = told
    try process.run()
    self.process = process
    guard !told.fileHandleForReading.availableData.isEmpty else { throw Failure(description: "no D-Bus daemon") }
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
    process?.terminate()
    process?.waitUntilExit()
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
  private let process = Process()
  private let (words, answers) = (Pipe(), Pipe())

  static let program: URL? = {
    guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("desktop")
  }()

  init(on address: String, as parts: [String]) throws {
    guard let program = Self.program else { throw PrivateBus.Failure(description: "where are these tests?") }
    process.executableURL = program
    process.arguments = [address] + parts
    process.standardInput = words
    process.standardOutput = answers
    try process.run()
    try hear()
  }

  /// As the head of the program's source says. Holds when it returns.
  func say(_ line: String) throws {
    try words.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    try hear()
  }

  private func hear() throws {
    let answer = String(decoding: answers.fileHandleForReading.availableData, as: UTF8.self)
    guard answer == "ok\n" else { throw PrivateBus.Failure(description: "the desktop said “\(answer)”") }
  }

  /// It hangs, and answers nothing.
  func hang() { kill(process.processIdentifier, SIGSTOP) }

  func end() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
