import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Glibc

extension Home {
  static let growing = "new-"

  /// A folder in which a workspace's database is made before it is one of the home's: what a crash leaves there is gone
  /// at the next start, and was never taken for a workspace.
  func nursery() throws -> String {
    var random = SystemRandomness()
    let name = Bytes16(using: &random).bytes.reduce(Self.growing) { $0 + String($1, radix: 16) }
    let folder = "\(path)/workspaces/\(name)"
    guard mkdir(folder, 0o700) == 0 else { throw Self.unusable(folder, "cannot be made", errno) }
    return folder
  }

  /// Puts a workspace's database in its place beside the member's key, whole or not at all.
  ///
  /// - Parameter make: makes it at the path that it is given, and closes it.
  func raise(_ workspace: WorkspaceID, _ make: (String) throws -> Void) throws {
    let nursery = try nursery()
    defer { try? FileManager.default.removeItem(atPath: nursery) }
    let (draft, database) = ("\(nursery)/bullpen.sqlite", database(of: workspace))
    try make(draft)
    var status = stat()
    guard stat(draft + "-wal", &status) != 0 || status.st_size == 0 else {
      throw NodeError(
        .storage, "The workspace's database could not be finished.", hint: "Look for room on the disk, then try again.")
    }
    // A link, unlike a rename, refuses to take another file's place.
    guard link(draft, database) == 0 || errno != EEXIST && rename(draft, database) == 0 else {
      throw Disk.failure(database)
    }
    Disk.settle(folder(of: workspace))
  }
}
