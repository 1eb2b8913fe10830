import Foundation
import GRDB

/// A look at a file before it is opened for writing, which would carry whatever lies in its WAL into it for good.
enum Soundness {
  /// Larger files are looked through only after a crash: SQLite reads some hundred megabytes a second.
  private static let alwaysBelow: Int64 = 64 * 1_024 * 1_024

  /// - Throws: `StoreError` with `damaged`.
  static func check(_ path: String) throws {
    guard size(path) > 0, size(path + "-wal") > 0 || size(path) < alwaysBelow else { return }
    try StoreError.explaining(path) {
      var configuration = GRDB.Configuration()
      // Who may not write cannot make a checkpoint, not even by closing.
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      let queue: DatabaseQueue
      do {
        queue = try DatabaseQueue(path: path, configuration: configuration)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
        // Why it cannot be opened is said by whoever opens it for writing.
        return
      }
      defer { try? queue.close() }
      let word = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
      guard word == "ok" else { throw StoreError.damaged(path, word ?? "it cannot be checked") }
    }
  }

  /// Makes what a folder lists last. A file system that cannot is no reason to fail.
  static func settle(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// Whether the system writes nothing more to the disk that holds a file. Of a disk that fails its flags do not say so,
  /// whence it is tried.
  static func isReadOnly(_ path: String) -> Bool {
    let probe = path + ".probe"
    let descriptor = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return errno == EROFS }
    close(descriptor)
    unlink(probe)
    return false
  }

  /// Bytes that may still be written beside a file; nil where the system does not say.
  static func room(_ path: String) -> UInt64? {
    var space = statvfs()
    guard statvfs((path as NSString).deletingLastPathComponent, &space) == 0 else { return nil }
    return UInt64(space.f_bavail) * UInt64(space.f_frsize)
  }

  /// In bytes; 0 for what is not there.
  static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }
}

extension StoreError {
  static let repairHint =
    "`bullpen repair` rebuilds it from what can still be read, and the rest comes from the others."

  static func damaged(_ place: String, _ reason: String) -> StoreError {
    // SQLite's check begins with a heading.
    let lines = reason.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let reason = lines.first { !$0.isEmpty && !$0.hasPrefix("***") } ?? "its pages are not what they must be"
    return StoreError(.damaged, "The database \(place) is damaged: \(reason).", hint: repairHint)
  }
}
