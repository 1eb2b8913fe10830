import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Glibc

extension Home {
  /// Makes a home from a backup, whole or not at all.
  ///
  /// The databases are behind their own logs as soon as the device has written on after the backup; peers have what it
  /// wrote. So every database begins a new incarnation when it is opened, and no number is ever signed twice; what the
  /// device wrote after the backup comes back from peers, as others' changes do.
  ///
  /// - Parameters:
  ///   - home: a folder that is empty or not there.
  ///   - passphrase: asked for when the backup is sealed.
  /// - Throws: `NodeError` with `homeInUse` or `conflict` for a home that something lives in, `forbidden` for a wrong
  ///   passphrase, `invalid` for what is no whole backup.
  public static func restore(_ file: String, to home: String, passphrase: () throws -> String) throws -> BackupSummary {
    try checkVacant(home)
    let reader = try BackupReader(file, passphrase: passphrase)
    do {
      try FileManager.default.createDirectory(atPath: Disk.folder(of: home), withIntermediateDirectories: true)
    } catch {
      throw NodeError(.storage, "The folder for \(home) cannot be made.", hint: "Choose another with --home.")
    }
    let work = try WorkFolder(home + ".restoring")
    do {
      let summary = try unpack(reader, into: work.path)
      // An empty folder gives way to a full one in one step; one in which a node has just begun does not.
      guard rename(work.path, home) == 0 else {
        throw [ENOTEMPTY, EEXIST, ENOTDIR].contains(errno) ? notEmpty(home) : Disk.failure(home)
      }
      Disk.settle(Disk.folder(of: home))
      return summary
    } catch {
      work.remove()
      throw error
    }
  }

  private static func checkVacant(_ home: String) throws {
    var status = stat()
    guard lstat(home, &status) == 0 else { return }
    if isTaken(home) {
      throw NodeError(
        .homeInUse, "Bullpen is running with the home \(home), so nothing was restored.",
        hint: "Give another folder with --home.")
    }
    if FileManager.default.fileExists(atPath: home + "/device.key") {
      throw NodeError(
        .conflict, "The home \(home) has a device's key already, so nothing was restored.",
        hint: "Give another folder with --home; or, where nobody needs what is there, move it away first.")
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: home), names.isEmpty else {
      throw notEmpty(home)
    }
  }

  private static func notEmpty(_ home: String) -> NodeError {
    NodeError(
      .conflict, "\(home) is no empty folder, so nothing was restored.", hint: "Give another folder with --home.")
  }

  private static func unpack(_ reader: BackupReader, into folder: String) throws -> BackupSummary {
    var about: BackupAbout?
    var parts: Set<BackupPart> = []
    while let (part, _) = try reader.next() {
      if part == .about {
        about = try? JSONDecoder().decode(BackupAbout.self, from: Data(all(reader)))
        continue
      }
      parts.insert(part)
      let path = "\(folder)/\(part.name)"
      try make(Disk.folder(of: path), under: folder)
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw Disk.failure(path) }
      defer { close(descriptor) }
      while case let bytes = try reader.read(), !bytes.isEmpty { try Disk.write(bytes, to: descriptor, path) }
      guard fsync(descriptor) == 0 else { throw Disk.failure(path) }
    }
    try make(folder + "/workspaces", under: folder)
    let workspaces = parts.compactMap { if case .database(let id) = $0 { id } else { nil } }
    let keys = parts.count { if case .memberKey = $0 { true } else { false } }
    guard let about, parts.contains(.deviceKey), keys == workspaces.count,
      workspaces.allSatisfy({ parts.contains(.memberKey($0)) })
    else {
      throw NodeError(.invalid, "The backup \(reader.path) lacks a part, so nothing was restored.")
    }
    let device = try judge(workspaces, in: folder)
    return BackupSummary(
      device: device, made: about.made, workspaces: workspaces.count, bytes: reader.size, isSealed: reader.isSealed)
  }

  /// The device that the key is of; every database is its own, and begins anew.
  private static func judge(_ workspaces: [WorkspaceID], in folder: String) throws -> DeviceID {
    do {
      let device = DeviceKey(seed: try KeyFile.load(folder + "/device.key")).id
      for workspace in workspaces.sorted() {
        let path = "\(folder)/\(BackupPart.database(workspace).name)"
        try Store.adopt(path, device: device, workspace: workspace)
        Disk.settle(Disk.folder(of: path))
      }
      Disk.settle(folder + "/workspaces")
      Disk.settle(folder)
      return device
    } catch let error as StoreError {
      throw NodeError(.invalid, "Nothing was restored. \(error.message)")
    } catch let error as KeyFileError {
      throw NodeError(error, of: .device)
    }
  }

  private static func all(_ reader: BackupReader) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while case let more = try reader.read(), !more.isEmpty { bytes += more }
    return bytes
  }

  private static func make(_ path: String, under folder: String) throws {
    guard path != folder else { return }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: NSNumber(value: 0o700)])
    } catch {
      throw Disk.failure(path)
    }
  }
}
