import ArgumentParser
import BullpenNode
import Foundation
import Testing

@testable import bullpen

@Suite("The commands that keep a home")
struct KeepingTests {
  /// Runs with a home that has a key and no workspace, and a folder around it that is gone afterwards.
  static func withHome(_ story: (_ folder: String, _ home: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bullpen-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try Home(folder + "/home")
    try await story(folder, folder + "/home")
  }

  /// The exit code that a command ends with; 0 for none.
  static func code(_ work: () async throws -> Void) async throws -> Int32 {
    do {
      try await work()
      return 0
    } catch let exit as ExitCode {
      return exit.rawValue
    }
  }

  @Test("a backup sealed by a passphrase in a file comes back with it, and with no other")
  func thereAndBack() async throws {
    try await Self.withHome { folder, home in
      let (file, secret, back) = (folder + "/ada.backup", folder + "/secret", folder + "/back")
      func backUp(_ words: String...) async throws -> Int32 {
        let command = try Backup.parse([file, "--home", home, "--json"] + words)
        return try await Self.code { try await command.run() }
      }
      func restore() async throws -> Int32 {
        let command = try Restore.parse([file, "--home", back, "--json", "--passphrase-file", secret])
        return try await Self.code { try await command.run() }
      }
      #expect(try await backUp("--passphrase-file", secret) == Failure.Code.refused.rawValue)
      try Data("short\n".utf8).write(to: URL(fileURLWithPath: secret))
      #expect(try await backUp("--passphrase-file", secret) == Failure.Code.refused.rawValue)
      #expect(!FileManager.default.fileExists(atPath: file))
      try Data("correct horse battery staple\r\nand a line that does not count\n".utf8)
        .write(to: URL(fileURLWithPath: secret))
      #expect(try await backUp("--passphrase-file", secret) == 0)
      #expect(try await backUp("--passphrase-file", secret) == Failure.Code.refused.rawValue)
      #expect(try await backUp("--passphrase-file", secret, "--force") == 0)

      try Data("another horse battery staple\n".utf8).write(to: URL(fileURLWithPath: secret))
      #expect(try await restore() == Failure.Code.forbidden.rawValue)
      #expect(!FileManager.default.fileExists(atPath: back))
      try Data("correct horse battery staple".utf8).write(to: URL(fileURLWithPath: secret))
      #expect(try await restore() == 0)
      #expect(try await restore() == Failure.Code.refused.rawValue)
      #expect(
        FileManager.default.contents(atPath: back + "/device.key")
          == FileManager.default.contents(atPath: home + "/device.key"))
    }
  }

  @Test("a plain backup has no passphrase, and both at once are not understood")
  func plain() async throws {
    #expect(throws: (any Error).self) { try Backup.parse(["file", "--plain", "--passphrase-file", "secret"]) }
    try await Self.withHome { folder, home in
      let command = try Backup.parse([folder + "/ada.backup", "--home", home, "--plain"])
      #expect(try await Self.code { try await command.run() } == 0)
      let restore = try Restore.parse([folder + "/ada.backup", "--home", folder + "/back"])
      #expect(try await Self.code { try await restore.run() } == 0)
    }
  }

  @Test("sizes are told as people say them")
  func sizes() {
    let told = [0, 999, 1_000, 812_345, 3_449_999, 120_000_000, 1_250_000_000].map { BackupAnswer.size($0) }
    #expect(told == ["0 bytes", "999 bytes", "1 kB", "812 kB", "3.4 MB", "120 MB", "1.2 GB"])
  }
}
