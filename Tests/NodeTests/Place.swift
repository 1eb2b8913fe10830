import BullpenCrypto
import Foundation
import Glibc
import Testing

@testable import BullpenNode

/// A folder with a home and room for files beside it, which is gone afterwards.
final class Place: Sendable {
  static let passphrase = "correct horse battery staple"
  static func cheap() throws -> PassphraseCost { try #require(PassphraseCost(memory: 64, passes: 1)) }

  /// A home of one workspace whose node is down.
  static func withHome() async throws -> Place {
    let place = try Place()
    try await Laptop.run(at: place.home) {
      _ = try await $0.found().post(kind: "note", text: "ferns", room: nil, link: nil)
    }
    return place
  }

  let folder = Laptop.freshHome()
  var home: String { folder + "/home" }
  var file: String { folder + "/ada.backup" }
  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @discardableResult
  func backUp(_ passphrase: String? = Place.passphrase, replaces: Bool = false) throws -> BackupSummary {
    try Home.backUp(
      home, to: file, passphrase: passphrase, replaces: replaces, cost: Place.cheap())
  }

  @discardableResult
  func restore(to home: String, _ passphrase: String = Place.passphrase) throws -> BackupSummary {
    try Home.restore(file, to: home) { passphrase }
  }

  func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  func bytes() throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: file))) }
  func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }

  /// What the folder holds, without the home.
  var beside: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "home" }.sorted() }
  }
}
