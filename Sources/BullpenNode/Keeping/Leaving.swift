import BullpenCore
import BullpenCrypto
import Foundation
import Glibc

extension Node {
  /// Takes this device out of a workspace: says goodbye to peers, closes the database and erases everything that
  /// this home keeps of it. Others keep what they have, this person's name and words included, and an admin may cut
  /// the device.
  ///
  /// To them the device goes on being a member, under the member key that is erased here; so it cannot come back.
  /// Where no other workspace needs the device's key, that is erased too, and `isKeyErased` says so: the next node of this
  /// home is a new device, which can.
  ///
  /// Files are unlinked. That their blocks are overwritten is not promised: disks that level their wear, and file
  /// systems that copy on write, do not let us.
  ///
  /// - Throws: `notFound`; `storage` where the folder cannot be taken away, and then the workspace is closed until
  ///   the node starts again.
  public func leave(_ id: WorkspaceID) async throws {
    if shut.removeValue(forKey: id) != nil {
      // There is nobody to say goodbye to.
      try home.erase(id)
      eraseUnneededKey()
      return
    }
    guard let node = nodes.removeValue(forKey: id) else {
      throw NodeError(.notFound, "This node is in no workspace of that id.")
    }
    let devices = await node.look { machine, _ in machine.membership.devices }
    await node.stop()
    for device in devices { sockets.forget(device, in: id) }
    sockets.contacts.remove(id)
    try home.erase(id)
    eraseUnneededKey()
    logger.info("A workspace was left and erased", metadata: ["workspace": "\(id.short)"])
  }
}

extension Home {
  private static let leaving = "leaving-"

  /// Erases a workspace's folder: database, WAL and keys. It first gets another name, so that no half of it is ever
  /// taken for a workspace.
  func erase(_ workspace: WorkspaceID) throws {
    let aside = "\(path)/workspaces/\(Self.leaving)\(workspace)"
    try? FileManager.default.removeItem(atPath: aside)
    guard rename(folder(of: workspace), aside) == 0 else {
      throw NodeError(.storage, "The workspace's folder cannot be erased: \(String(cString: strerror(errno))).")
    }
    do {
      try FileManager.default.removeItem(atPath: aside)
    } catch {
      throw NodeError(
        .storage, "The folder \(aside) cannot be erased.", hint: "Remove it by hand; the workspace is left already.")
    }
  }

  /// Erases the device's key where no workspace is left that knows the device. The node goes on with it.
  ///
  /// - Returns: whether it is erased.
  func eraseUnneededKey() -> Bool { workspaces.isEmpty && unlink(deviceKey) == 0 }

  /// Before a workspace depends on the device's key, it is in the home again.
  func keepKey() throws {
    guard !FileManager.default.fileExists(atPath: deviceKey) else { return }
    do {
      try KeyFile.create(deviceKey, device.seed)
    } catch let error as KeyFileError {
      throw NodeError(error, of: .device)
    }
  }

  private var deviceKey: String { path + "/device.key" }

  /// Finishes what was erased when a process ended, and removes what a backup, a founding or a joining left that was
  /// broken off.
  func sweep() {
    WorkFolder.sweep("\(path)/\(Self.backupFolder)")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/workspaces")) ?? []
    for name in names where name.hasPrefix(Self.leaving) || name.hasPrefix(Self.growing) {
      try? FileManager.default.removeItem(atPath: "\(path)/workspaces/\(name)")
    }
  }
}
