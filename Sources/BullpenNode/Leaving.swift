import BullpenCore
import Foundation
import Glibc

extension Node {
  /// Takes this device out of a workspace: says goodbye to peers, closes the database and erases everything that
  /// this home keeps of it. Others keep what they have, this person's name and words included, and an admin may cut
  /// the device.
  ///
  /// Files are unlinked. That their blocks are overwritten is not promised: disks that level their wear, and file
  /// systems that copy on write, do not let us.
  ///
  /// - Throws: `notFound`; `storage` where the folder cannot be taken away, and then the workspace is closed until
  ///   the node starts again.
  public func leave(_ id: WorkspaceID) async throws {
    guard let node = nodes.removeValue(forKey: id) else {
      throw NodeError(.notFound, "This node is in no workspace of that id.")
    }
    let devices = await node.look { machine, _ in machine.membership.devices }
    await node.stop()
    for device in devices { sockets.forget(device, in: id) }
    sockets.contacts.remove(id)
    try home.erase(id)
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

  /// Finishes what was erased when a process ended.
  func sweep() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/workspaces")) ?? []
    for name in names where name.hasPrefix(Self.leaving) {
      try? FileManager.default.removeItem(atPath: "\(path)/workspaces/\(name)")
    }
  }
}
