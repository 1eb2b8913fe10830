import BullpenCore
import Foundation
import Glibc
import Testing

@testable import BullpenCrypto

@Suite("Key files")
struct KeyFileTests {
  /// Runs with a folder of its own, which is gone afterwards.
  func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bullpen-\(SystemRandomness().next())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  let key = Samples.bytes32(0x6b)

  @Test("a key that was written is read again, and only its owner may read it")
  func loads() throws {
    try withFolder { folder in
      let path = "\(folder)/device.key"
      try KeyFile.create(path, key)
      #expect(try KeyFile.load(path) == key)
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
  }

  @Test("a key that group or others can touch is refused", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644])
  func exposed(_ mode: Int) throws {
    try withFolder { folder in
      let path = "\(folder)/device.key"
      try KeyFile.create(path, key)
      #expect(chmod(path, mode_t(mode)) == 0)
      #expect(throws: KeyFileError.exposed(path)) { try KeyFile.load(path) }
    }
  }

  @Test("another user's key is refused", .enabled(if: geteuid() == 0, "only root can give a file away"))
  func foreign() throws {
    try withFolder { folder in
      let path = "\(folder)/device.key"
      try KeyFile.create(path, key)
      #expect(chown(path, 1, 1) == 0)
      #expect(throws: KeyFileError.foreign(path)) { try KeyFile.load(path) }
    }
  }

  @Test("a missing, short, long or linked key is refused")
  func damaged() throws {
    try withFolder { folder in
      let path = "\(folder)/device.key"
      #expect(throws: KeyFileError.missing(path)) { try KeyFile.load(path) }
      for count in [0, 31, 33] {
        let odd = "\(folder)/\(count)"
        #expect(
          FileManager.default.createFile(
            atPath: odd, contents: Data(count: count), attributes: [.posixPermissions: 0o600]))
        #expect(throws: KeyFileError.damaged(odd)) { try KeyFile.load(odd) }
      }
      try KeyFile.create(path, key)
      #expect(symlink(path, "\(folder)/link") == 0)
      #expect(throws: KeyFileError.system("\(folder)/link", ELOOP)) { try KeyFile.load("\(folder)/link") }
    }
  }

  @Test("a key is never written over another")
  func keeps() throws {
    try withFolder { folder in
      let path = "\(folder)/device.key"
      try KeyFile.create(path, key)
      #expect(throws: KeyFileError.system(path, EEXIST)) { try KeyFile.create(path, .zero) }
      #expect(try KeyFile.load(path) == key)
    }
  }

  @Test("each refusal says what the person can do")
  func sentences() {
    let errors: [KeyFileError] = [.missing("k"), .exposed("k"), .foreign("k"), .damaged("k"), .system("k", EACCES)]
    for error in errors { #expect(error.description.hasSuffix(".") || error.description.contains("chmod 600")) }
  }
}
