import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import Foundation
import Glibc

/// The first entry of a backup.
struct BackupAbout: Codable {
  /// Unix milliseconds.
  var made: Int64
  var device: String
  var release: String
}

extension Home {
  static let backupFolder = "backing-up"

  /// Copies a home into one file, whether or not a node has it: its keys, settings and app tokens, and of each
  /// workspace the database as it is at one moment. The log and what says where the node runs are left out.
  ///
  /// - Parameters:
  ///   - passphrase: what seals the backup; nil leaves it plain.
  ///   - replaces: whether a file of that name gives way.
  /// - Throws: `NodeError`; then no file was written, and an earlier one stands.
  public static func backUp(
    _ home: String, to file: String, passphrase: String?, replaces: Bool = false
  ) throws -> BackupSummary {
    try backUp(home, to: file, passphrase: passphrase, replaces: replaces, cost: .usual)
  }

  static func backUp(
    _ home: String, to file: String, passphrase: String?, replaces: Bool, cost: PassphraseCost
  ) throws -> BackupSummary {
    if let passphrase { try checkPassphrase(passphrase) }
    guard exists(home) else {
      throw NodeError(.notFound, "There is no home \(home).", hint: "Give the right one with --home.")
    }
    guard !file.hasPrefix(home + "/") else {
      throw NodeError(.invalid, "A backup in the home itself would be lost with it.", hint: "Choose another folder.")
    }
    let target = try NewFile(file, replaces: replaces)
    do {
      let work = try copies(of: home)
      defer { work.remove() }
      var writer = try BackupWriter(target, passphrase: passphrase, cost: cost)
      let device = try key(of: home)
      let made = Clocks.now().wall
      let about = BackupAbout(made: made, device: "\(device.id)", release: Release.version)
      try writer.add(.about, Array(try JSONEncoder().encode(about)))
      try writer.add(.deviceKey, device.seed.bytes)
      for part in [BackupPart.webKey, .tokens, .settings] {
        let path = "\(home)/\(part.name)"
        if FileManager.default.fileExists(atPath: path) { try writer.add(part, fileAt: path) }
      }
      var count = 0
      for workspace in workspaces(in: home) {
        if try add(workspace, of: home, to: &writer, work) { count += 1 }
      }
      try writer.finish()
      return BackupSummary(
        device: device.id, made: made, workspaces: count, bytes: target.size, isSealed: passphrase != nil,
        isExposed: target.isExposed)
    } catch {
      target.discard()
      throw error
    }
  }

  /// Copies that are not sealed stay on the disk that holds the originals, or, where that takes nothing, in the system's
  /// folder for such things; on no other disk of the person's.
  private static func copies(of home: String) throws -> WorkFolder {
    let sizes = workspaces(in: home).map { Disk.size("\(home)/\(BackupPart.database($0).name)") }
    let needed = UInt64(sizes.max() ?? 0) + 1 << 20
    let fallback = FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-\(UUID().uuidString)").path
    do {
      let work = try WorkFolder("\(home)/\(backupFolder)")
      if Disk.room(work.path) >= needed { return work }
      work.remove()
      return try WorkFolder(fallback)
    } catch let error as NodeError where error.code != .conflict {
      return try WorkFolder(fallback)
    }
  }

  /// - Returns: false for a workspace that is being joined or left just now.
  private static func add(
    _ workspace: WorkspaceID, of home: String, to writer: inout BackupWriter, _ work: WorkFolder
  ) throws -> Bool {
    let copy = "\(work.path)/\(workspace)"
    do {
      guard try Store.snapshot(of: "\(home)/\(BackupPart.database(workspace).name)", to: copy) else { return false }
      let secret = try KeyFile.load("\(home)/\(BackupPart.memberKey(workspace).name)")
      try writer.add(.memberKey(workspace), secret.bytes)
      try writer.add(.database(workspace), fileAt: copy)
      unlink(copy)
      return true
    } catch let error as StoreError {
      throw NodeError(error)
    } catch let error as KeyFileError {
      throw NodeError(error, of: .member)
    }
  }

  private static func key(of home: String) throws -> DeviceKey {
    do {
      return DeviceKey(seed: try KeyFile.load(home + "/device.key"))
    } catch let error as KeyFileError {
      throw NodeError(error, of: .device)
    }
  }

  /// - Throws: `invalid`.
  public static func checkPassphrase(_ passphrase: String) throws {
    guard passphrase.count >= Limits.passphrase, passphrase.utf8.count <= Limits.passphraseBytes else {
      throw NodeError(
        .invalid,
        "A passphrase has at least \(Limits.passphrase) characters, and \(Limits.passphraseBytes) bytes at most.",
        hint: "Four words that have nothing to do with each other make a good one.")
    }
  }
}
