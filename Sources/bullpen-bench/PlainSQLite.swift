import GRDBSQLite

/// The same rows without history, signature or merge: what SQLite itself can do.
final class PlainSQLite {
  struct Failure: Error {
    let message: String
  }

  private var database: OpaquePointer?
  private var statement: OpaquePointer?
  // SQLite copies what it is given: it is gone after the call.
  private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  /// - Parameter waits: whether a commit is on disk when it returns (`synchronous = FULL`); without, SQLite makes sure
  ///   of that whenever it empties the WAL, as it does with what Bullpen has from peers.
  init(_ path: String, waits: Bool = false) throws {
    try check(sqlite3_open(path, &database))
    for sql in [
      "PRAGMA journal_mode = WAL", "PRAGMA synchronous = \(waits ? "FULL" : "NORMAL")",
      "CREATE TABLE activities (_key BLOB PRIMARY KEY, kind TEXT, text TEXT, room TEXT, link TEXT, _created INTEGER) "
        + "WITHOUT ROWID",
    ] {
      try check(sqlite3_exec(database, sql, nil, nil, nil))
    }
    try check(
      sqlite3_prepare_v3(
        database,
        """
        INSERT INTO activities (_key, kind, text, room) VALUES (?, ?, ?, ?)
        ON CONFLICT (_key) DO UPDATE SET kind = excluded.kind, text = excluded.text, room = excluded.room
        """, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
  }

  /// All of them in one transaction.
  func upsert(_ keys: some Sequence<[UInt8]>, _ texts: some Sequence<String>) throws {
    try check(sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil))
    for (key, text) in zip(keys, texts) {
      sqlite3_bind_blob(statement, 1, key, Int32(key.count), copied)
      sqlite3_bind_text(statement, 2, Desk.kind, -1, copied)
      sqlite3_bind_text(statement, 3, text, -1, copied)
      sqlite3_bind_text(statement, 4, Desk.room, -1, copied)
      guard sqlite3_step(statement) == SQLITE_DONE else { throw failure }
      sqlite3_reset(statement)
    }
    try check(sqlite3_exec(database, "COMMIT", nil, nil, nil))
  }

  /// Puts what is in the WAL into the file, and both on disk.
  func close() throws {
    try check(sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", nil, nil, nil))
    sqlite3_finalize(statement)
    sqlite3_close(database)
  }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw failure }
  }

  private var failure: Failure { Failure(message: String(cString: sqlite3_errmsg(database))) }
}
