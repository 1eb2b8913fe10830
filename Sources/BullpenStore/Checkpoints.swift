import GRDB
import GRDBSQLite

/// Moves what the WAL holds into the database, by a connection of its own and where its owner lets it run: no change
/// waits for the thousand pages that were written before it.
///
/// Where changes come so fast that this does not catch up, whoever writes does it, as SQLite itself would.
final class Checkpoints: Sendable {
  /// What stays on disk of a WAL that had to grow beyond it, in bytes.
  fileprivate static let kept = 16 << 20

  /// Runs what it is given soon, on another thread than its caller's.
  typealias Runner = @Sendable (@escaping @Sendable () -> Void) -> Void

  private struct State {
    var isUnderWay = false
    var isOver = false
    /// Of the pages that the WAL held at the last look, how many were moved.
    var moved = 0
  }

  private let path: String
  private let due: Int
  private let overdue: Int
  private let run: Runner
  private let state = Locked(State())
  private let connection = Locked<DatabaseQueue?>(nil)

  /// - Parameter due: pages of the WAL after which they are moved: 16 MiB. The oftener, the more pages are moved that are
  ///   about to be written again.
  /// - Parameter overdue: pages of the WAL beyond which a change waits until they are moved: 64 MiB.
  init(_ path: String, due: Int = 4_000, overdue: Int = 16_000, run: @escaping Runner) {
    (self.path, self.due, self.overdue, self.run) = (path, due, overdue, run)
  }

  /// Runs what may commit to the database, and then sees to its WAL.
  func following(_ db: Database, _ work: () throws -> Void) throws {
    var pages: CInt = 0
    try withUnsafeMutablePointer(to: &pages) { place in
      let hook: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, CInt) -> CInt = {
        place, _, _, pages in
        place?.assumingMemoryBound(to: CInt.self).pointee = pages
        return SQLITE_OK
      }
      sqlite3_wal_hook(db.sqliteConnection, hook, place)
      defer { sqlite3_wal_hook(db.sqliteConnection, nil, nil) }
      try work()
    }
    if pages >= overdue {
      // What prevents it prevents the next change too, and is told then.
      _ = try? db.checkpoint()
    } else {
      start(Int(pages))
    }
  }

  /// Returns when nothing is under way, and begins no more.
  func end() {
    state.withValue { $0.isOver = true }
    connection.withValue { $0 = nil }
  }

  private func start(_ pages: Int) {
    let isDue = state.withValue { state in
      // Fewer than before: the WAL has begun anew.
      if pages < state.moved { state.moved = 0 }
      guard pages - state.moved >= due, !state.isUnderWay, !state.isOver else { return false }
      state.isUnderWay = true
      return true
    }
    if isDue { run { self.move() } }
  }

  private func move() {
    let moved = connection.withValue { connection -> Int? in
      guard !state.read().isOver, let open = try? connection ?? DatabaseQueue(path: path) else { return nil }
      connection = open
      return try? open.inDatabase { try $0.checkpoint().checkpointedFrameCount }
    }
    state.withValue { state in
      state.isUnderWay = false
      state.moved = max(0, moved ?? 0)
    }
  }
}

extension Store {
  /// From now on what the WAL holds is moved into the database aside, so that no change waits for it. To be called once.
  ///
  /// - Parameter run: runs what it is given soon, on another thread than its caller's.
  public func checkpointAside(_ run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
    if case .file(let path) = context.location { checkpoint(by: Checkpoints(path, run: run)) }
  }

  func checkpoint(by checkpoints: Checkpoints) {
    try? writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_size_limit = \(Checkpoints.kept)") }
    self.checkpoints.withValue { $0 = checkpoints }
  }
}
