import GRDB
import GRDBSQLite

/// A statement of GRDB's cache, driven by SQLite's C interface: a merge reads and writes one row for each change, and
/// GRDB's boxes around every value took most of its time.
///
/// It is for statements of one step: nobody else has the same SQL under way.
struct RawStatement {
  private let statement: GRDB.Statement
  private let raw: OpaquePointer
  private let connection: OpaquePointer?

  init(_ sql: String, _ db: Database) throws {
    self.init(try db.cachedStatement(sql: sql), db)
  }

  init(_ statement: GRDB.Statement, _ db: Database) {
    self.statement = statement
    raw = statement.sqliteStatement
    connection = db.sqliteConnection
    sqlite3_reset(raw)
    sqlite3_clear_bindings(raw)
  }

  // MARK: Binding, from 1 on

  func bind(_ place: Int32, _ integer: Int64) { sqlite3_bind_int64(raw, place, integer) }
  func bind(_ place: Int32, _ real: Double) { sqlite3_bind_double(raw, place, real) }
  func bindNull(_ place: Int32) { sqlite3_bind_null(raw, place) }

  // SQLite takes no copy of these: they stay where they are until the statement has run.
  func bind(_ place: Int32, blobAt bytes: UnsafeRawBufferPointer) {
    // SQLite takes no pointer for null, and nothing is not null.
    if bytes.isEmpty {
      sqlite3_bind_zeroblob(raw, place, 0)
    } else {
      sqlite3_bind_blob(raw, place, bytes.baseAddress, Int32(bytes.count), nil)
    }
  }

  func bind(_ place: Int32, textAt bytes: UnsafeRawBufferPointer) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    if let start, !bytes.isEmpty {
      sqlite3_bind_text(raw, place, start, Int32(bytes.count), nil)
    } else {
      sqlite3_bind_text(raw, place, "", 0, Self.copied)
    }
  }

  /// SQLite takes a copy.
  func bind(_ place: Int32, blob bytes: [UInt8]) {
    if bytes.isEmpty {
      sqlite3_bind_zeroblob(raw, place, 0)
    } else {
      sqlite3_bind_blob(raw, place, bytes, Int32(bytes.count), Self.copied)
    }
  }

  /// SQLite's word for memory that is gone after the call.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  // MARK: Running

  /// Runs the statement to its end.
  ///
  /// - Returns: how many rows it has written.
  @discardableResult
  func run() throws -> Int {
    defer { sqlite3_reset(raw) }
    guard sqlite3_step(raw) == SQLITE_DONE else { throw failure }
    return Int(sqlite3_changes(connection))
  }

  /// The first row, as long as the closure lives; nil where there is none.
  func first<Result>(_ read: (RawRow) throws -> Result) throws -> Result? {
    defer { sqlite3_reset(raw) }
    switch sqlite3_step(raw) {
    case SQLITE_ROW: return try read(RawRow(raw: raw))
    case SQLITE_DONE: return nil
    default: throw failure
    }
  }

  private var failure: DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
      message: String(cString: sqlite3_errmsg(connection)))
  }
}

/// The row on which a statement stands; columns count from 0.
struct RawRow {
  fileprivate let raw: OpaquePointer

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(raw, column) }
  func real(_ column: Int32) -> Double { sqlite3_column_double(raw, column) }
  func type(_ column: Int32) -> Int32 { sqlite3_column_type(raw, column) }

  /// The bytes of a blob or a text, as long as the statement stands on the row; empty for null.
  func bytes(at column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(raw, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column)))
  }

  /// The bytes of a blob or a text; empty for null.
  func bytes(_ column: Int32, after prefix: [UInt8] = []) -> [UInt8] { prefix + bytes(at: column) }
}
