import Foundation
import Glibc

/// A folder for what is not finished, 0700, for one process at a time. What a crash left in it is gone when it is
/// taken again.
final class WorkFolder {
  let path: String
  private let descriptor: Int32

  /// - Throws: `NodeError` with `conflict` where another process has it, `storage`.
  init(_ path: String) throws {
    self.path = path
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw Disk.failure(path) }
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw Disk.failure(path) }
    var (own, there) = (stat(), stat())
    // Whoever had it may have taken it away between the two calls.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &own) == 0, lstat(path, &there) == 0,
      own.st_ino == there.st_ino, own.st_dev == there.st_dev, own.st_uid == geteuid()
    else {
      close(descriptor)
      throw NodeError(.conflict, "Another process is at work in \(path).", hint: "Wait for it, then try again.")
    }
    chmod(path, 0o700)
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        try FileManager.default.removeItem(atPath: path + "/" + name)
      }
    } catch {
      close(descriptor)
      throw NodeError(.storage, "What is left in \(path) cannot be removed.", hint: "Remove it by hand.")
    }
  }

  deinit { close(descriptor) }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// Removes what a process that has ended left behind.
  static func sweep(_ path: String) {
    if FileManager.default.fileExists(atPath: path) { try? WorkFolder(path).remove() }
  }
}
