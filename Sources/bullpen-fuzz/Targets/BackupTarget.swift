import BullpenCore
import BullpenCrypto
import BullpenNode
import Foundation

/// A backup that somebody hands over. An input that begins with an odd byte gets the digest that makes a plain one whole.
final class BackupTarget: FuzzTarget {
  static let name = "backup"
  static let form = InputForm.bytes
  private static let workspace = String(repeating: "57", count: 32)
  static let words =
    [
      "bullpen backup\n", "about.json", "device.key", "config.yaml", "tokens.json", "../../etc/passwd", "workspaces/",
      "workspaces/\(workspace)/member.key", "workspaces/\(workspace)/bullpen.sqlite", "\0", "/",
    ].map { Array($0.utf8) }

  private static func entry(_ name: String, _ content: [UInt8]) -> [UInt8] {
    UInt64(name.utf8.count).bigEndianBytes.suffix(2) + Array(name.utf8) + UInt64(content.count).bigEndianBytes + content
  }

  static func seeds() -> [[UInt8]] {
    let magic = Array("bullpen backup\n".utf8)
    let key = [UInt8](repeating: 7, count: 32)
    let contents =
      entry("about.json", Array("{}".utf8)) + entry("device.key", key) + entry("config.yaml", Array("port: 1\n".utf8))
      + entry("workspaces/\(workspace)/member.key", key)
      + entry("workspaces/\(workspace)/bullpen.sqlite", [UInt8](repeating: 9, count: 300)) + [0, 0]
    let terms: [UInt8] = [0, 0, 0, 8, 0, 0, 0, 1] + [UInt8](repeating: 3, count: 16 + 24)
    return [
      [1] + magic + [1, 0] + contents, [1] + magic + [1, 0, 0, 0],
      [0] + magic + [1, 1] + terms + [UInt8](repeating: 5, count: 17) + contents,
    ]
  }

  private let path: String

  init() {
    path = FileManager.default.temporaryDirectory.appending(path: "bullpen-fuzz-\(UUID().uuidString).backup").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func run(_ bytes: [UInt8]) throws -> String {
    var file = Array(bytes.dropFirst())
    if (bytes.first ?? 0) & 1 == 1 { file += Blake2b.digest(file).bytes }
    try Data(file).write(to: URL(fileURLWithPath: path))
    var (names, read): (Set<String>, Int) = ([], 0)
    do {
      let reader = try BackupReader(path) {
        // What a key costs is bounded elsewhere; here a gigabyte for each input would be too slow.
        throw NodeError(.forbidden, "No passphrase.")
      }
      while let (part, length) = try reader.next() {
        try require(names.insert(part.name).inserted, "\(part.name) comes twice")
        try require(!part.name.hasPrefix("/") && !part.name.contains(".."), "\(part.name) leads out of the home")
        try require(part.lengths.contains(length), "\(part.name) of \(length) bytes")
        while true {
          let piece = try reader.read()
          if piece.isEmpty { break }
          read += piece.count
          try require(read <= file.count, "more comes out than went in")
        }
      }
    } catch let error as NodeError {
      try require([.invalid, .forbidden, .notFound].contains(error.code), "it fails with \(error.code)")
      return "\(error.code) after \(names.count)"
    }
    return "whole, \(names.count) entries"
  }
}
