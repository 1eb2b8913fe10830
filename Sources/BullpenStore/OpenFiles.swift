import Foundation

/// The files of a database that is open, and whether they are still what lies at their places.
///
/// A file that was removed or replaced goes on for whoever has it open: SQLite would go on writing to it, and all of that
/// would be gone at the end. Looked at before every transaction, in some microseconds.
final class OpenFiles: Sendable {
  /// One file, held open.
  fileprivate struct Held {
    let descriptor: Int32
    let path: String
    /// What it begins with.
    let mark: [UInt8]
    /// It grows, and is cut by nobody but who writes to it.
    var size: off_t = 0
  }

  private static let mark = Array("SQLite format 3\u{0}".utf8)
  /// The first three bytes of a WAL; the fourth says in which order its numbers are.
  private static let logMark: [UInt8] = [0x37, 0x7f, 0x06]

  private let path: String
  private let database: Locked<Held?>
  /// Nil before the first transaction.
  private let log = Locked<Held?>(nil)

  init(_ path: String) {
    self.path = path
    // Why it cannot be opened is said by whoever opens it as a database.
    database = Locked(Held(path, Self.mark))
  }

  deinit { end() }

  /// To be called when the database is closed, not before: all locks of a file end with any descriptor of it.
  func end() {
    for file in [database, log] {
      file.withValue { held in
        if let held { close(held.descriptor) }
        held = nil
      }
    }
  }

  /// - Throws: `StoreError` with `damaged`, or with `failed` where what is in the WAL is not lost.
  func check() throws {
    switch database.withValue({ $0?.look() ?? .there }) {
    case .there: break
    case .elsewhere: throw StoreError.taken(path)
    case .changed: throw StoreError.damaged(path, "another program has written to it while it was open")
    }
    switch log.withValue({ $0?.look() ?? .there }) {
    case .there: break
    case .elsewhere: throw StoreError.logTaken(path)
    case .changed: throw StoreError.damaged(path, "another program has written to its WAL while it was open")
    }
  }

  /// After a transaction: the WAL is there, and has its size.
  func settle() {
    log.withValue { log in
      if log == nil { log = Held(path + "-wal", Self.logMark) }
      log?.measure()
    }
  }
}

extension OpenFiles.Held {
  fileprivate enum Sight { case there, elsewhere, changed }

  fileprivate init?(_ path: String, _ mark: [UInt8]) {
    // To be written, for there are file systems that make another file of it then.
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    self.init(descriptor: descriptor, path: path, mark: mark)
  }

  fileprivate mutating func look() -> Sight {
    var (there, held) = (stat(), stat())
    guard stat(path, &there) == 0, fstat(descriptor, &held) == 0, there.st_ino == held.st_ino,
      there.st_dev == held.st_dev
    else { return .elsewhere }
    // What is empty is not written yet.
    guard size > 0 || held.st_size > 0 else { return .there }
    var bytes = [UInt8](repeating: 0, count: mark.count)
    let isMarked = pread(descriptor, &bytes, bytes.count, 0) == bytes.count && bytes == mark
    guard isMarked, held.st_size >= size else { return .changed }
    size = held.st_size
    return .there
  }

  fileprivate mutating func measure() {
    var held = stat()
    if fstat(descriptor, &held) == 0 { size = held.st_size }
  }
}

extension StoreError {
  fileprivate static func taken(_ path: String) -> StoreError {
    StoreError(
      .damaged, "The database \(path) was removed or replaced while it was open, so nothing more is written.",
      hint: "Put it back and start the node anew (`bullpen down`, `bullpen up`), or: \(repairHint)")
  }

  static func logTaken(_ path: String) -> StoreError {
    StoreError(
      .failed, "The file \(path)-wal was removed or replaced while the node had it open, so nothing more is written.",
      hint: "End the node with `bullpen down`, which saves what the file held, and start it again with `bullpen up`.")
  }
}
