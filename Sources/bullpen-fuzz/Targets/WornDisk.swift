import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Foundation

/// A small database on disk, as a crash leaves it: with a WAL, pages that lead to others, and something in every table
/// of logs.
struct WornDisk {
  static let pageBytes = 4_096
  let cast: Cast
  let path: String
  let database: [UInt8]
  let wal: [UInt8]
  /// How far its logs reached.
  let heads: Heads

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "bullpen-fuzz-\(UUID().uuidString)").path
    cast = try Cast(at: .file(path))
    // Longer than a page, and in one segment: it goes on in pages of its own.
    var script: [UInt8] = []
    for text in ["one", "two", "three"] {
      script += Script.part(1, ChangeCodec.encode(cast.change(text + String(repeating: " tide", count: 600))))
    }
    for message in ScriptedLog(script, cast, Incarnation(.zero)).messages {
      _ = try cast.store.apply(message, wall: Cast.wall)
    }
    if let endpoint = Endpoint(address: [10, 0, 0, 9], port: 4_781) {
      try cast.store.remember(cast.mallory.device.id, at: endpoint, wall: Cast.wall)
    }
    // What comes from here on is in the WAL alone.
    try cast.store.close()
    let store = try Self.open(path, cast)
    for number in 0..<3 {
      guard let key = RowKey.named(cast.members.ada, "setting \(number)") else { continue }
      _ = try store.commit(
        Draft([RowDraft(Tables.settings, key, cells: ["value": .text("kept")])]), wall: Cast.wall + Int64(number))
    }
    heads = try store.heads()
    database = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    wal = try Array(Data(contentsOf: URL(fileURLWithPath: path + "-wal")))
    try store.close()
    remove()
  }

  static func open(_ path: String, _ cast: Cast) throws -> Store {
    try Store.open(
      at: .file(path), author: cast.ada, surroundings: Cast.surroundings, prover: Cast.prover,
      random: SeededRandomness(seed: 5), wall: Cast.wall)
  }

  /// Puts a file and its WAL where the database was.
  func put(_ database: [UInt8], _ wal: [UInt8]) throws {
    try Data(database).write(to: URL(fileURLWithPath: path))
    if wal.isEmpty { unlink(path + "-wal") } else { try Data(wal).write(to: URL(fileURLWithPath: path + "-wal")) }
  }

  /// Removes whatever is in its folder under its name.
  func remove() {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let name = URL(fileURLWithPath: path).lastPathComponent
    for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] where file.hasPrefix(name) {
      try? FileManager.default.removeItem(at: folder.appending(path: file))
    }
  }
}
