import Foundation

/// Keeps a second process, and a second store of this one, off a database.
///
/// It is a file beside the database: SQLite's own locks would end if this process closed another descriptor of the
/// database itself.
final class DatabaseLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `StoreError` with `busy`, or `readOnly` where no file can be made.
  init(_ database: String) throws {
    let path = database + ".lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw StoreError.unwritable(path, errno)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw StoreError(
        .busy, "Another process has the database \(database).",
        hint: "A workspace's folder belongs to one home, and a home to one node.")
    }
    self.descriptor = descriptor
  }

  deinit {
    // A process that is being started has a copy of the descriptor for a moment, which would keep the lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
