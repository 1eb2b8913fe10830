import BullpenCore
import BullpenCrypto
import Foundation
import Testing

@testable import BullpenNode

@Suite("The file of a backup", .timeLimit(.minutes(2)))
struct BackupFormatTests {
  @Test("a backup that was changed or cut short anywhere is refused, and leaves nothing", arguments: [true, false])
  func damage(isSealed: Bool) async throws {
    let place = try await Place.withHome()
    try place.backUp(isSealed ? Place.passphrase : nil)
    let whole = try place.bytes()
    let back = place.folder + "/back"
    let places = [0, 14, 15, 16, 17, 20, 24, 30, 41, 64, 65, 81, 82, 90, 200, whole.count / 2, whole.count - 1]
    for offset in places {
      var flipped = whole
      flipped[offset] ^= 1
      try place.write(flipped)
      #expect(throws: NodeError.self, "byte \(offset)") { try place.restore(to: back) }
    }
    let sealedMessages = stride(from: 82, to: whole.count, by: BackupFormat.message + SealedStream.overhead)
    for length in [0, 10, 16, 17, 40, 64, 65, 82, 83, whole.count - 33, whole.count - 1] + Array(sealedMessages) {
      try place.write(Array(whole.prefix(length)))
      #expect(throws: NodeError.self, "\(length) bytes") { try place.restore(to: back) }
    }
    try place.write(whole + [0])
    #expect(throws: NodeError.self) { try place.restore(to: back) }
    #expect(try place.beside == ["ada.backup"])
    try place.write(whole)
    try place.restore(to: back)
  }

  @Test("a name that leads out of the home, or that no home has, is refused before a byte of it is written")
  func traversal() async throws {
    let place = try Place()
    let id = String(repeating: "ab", count: 32)
    for name in [
      "../evil", "/etc/cron.d/evil", "workspaces/../../evil", "workspaces/\(id)/../../evil",
      "workspaces/\(id.uppercased())/member.key", "workspaces//member.key", "device.key/", "authorized_keys",
      "workspaces/\(id)/bullpen.sqlite-wal", "device.key\0", "lock", "\u{1B}[2J",
    ] {
      try place.write(Self.plain([("about.json", [0x7B, 0x7D]), (name, [1])]))
      let refusal = #expect(throws: NodeError.self) { try place.restore(to: place.home) }
      #expect(refusal?.message.contains("no file of a home") == true, "\(name)")
      #expect(refusal?.message.contains("\u{1B}") == false)
      #expect(try place.beside == ["ada.backup"])
    }
  }

  @Test("what is too long, twice, out of place or missing is refused")
  func shapes() async throws {
    let place = try Place()
    let about = ("about.json", [UInt8](#"{"made":1,"device":"","release":""}"#.utf8))
    let key = ("device.key", [UInt8](repeating: 1, count: 32))
    let member = ("workspaces/\(String(repeating: "ab", count: 32))/member.key", key.1)
    let bodies: [[UInt8]] = [
      Self.plain([]), Self.plain([about]), Self.plain([key]), Self.plain([key, about]), Self.plain([about, key, key]),
      Self.plain([about, ("device.key", [1])]), Self.plain([about, key, member]),
      Self.plain([about, key, ("config.yaml", [UInt8](repeating: 32, count: 1_048_577))]),
      // A length that is not there, and one that nobody has room for.
      Self.plain(raw: [0, 10] + Array("about.json".utf8) + [0, 0, 0, 0, 0, 15, 0, 0, 1]),
      Self.plain(raw: [0, 10] + Array("about.json".utf8) + [UInt8](repeating: 0xFF, count: 8)),
      Self.plain(raw: [0xFF, 0xFF, 1]), Self.plain(raw: []), Self.plain(raw: [0, 0, 0, 0]),
    ]
    for (number, body) in bodies.enumerated() {
      try place.write(body)
      let refusal = #expect(throws: NodeError.self, "\(number)") { try place.restore(to: place.home) }
      #expect(refusal?.code == .invalid, "\(number)")
      #expect(try place.beside == ["ada.backup"], "\(number)")
    }
    var newer = Self.plain([about, key])
    newer[15] = 2
    try place.write(newer)
    let refusal = #expect(throws: NodeError.self) { try place.restore(to: place.home) }
    #expect(refusal?.message.contains("another version") == true)
    try place.write(Array("not a backup at all, only a text that somebody wrote".utf8))
    let foreign = #expect(throws: NodeError.self) { try place.restore(to: place.home) }
    #expect(foreign?.message.contains("no backup") == true)
  }

  // MARK: A hand of one's own

  static func plain(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    let body = entries.flatMap { entry -> [UInt8] in
      let name = Array(entry.name.utf8)
      return [UInt8(name.count >> 8), UInt8(name.count & 0xFF)] + name
        + BackupFormat.bigEndian(UInt64(entry.bytes.count), 8) + entry.bytes
    }
    return plain(raw: body + BackupFormat.end)
  }

  static func plain(raw body: [UInt8]) -> [UInt8] {
    let all = BackupFormat.opening(.plain) + body
    return all + Blake2b.digest(all).bytes
  }
}
