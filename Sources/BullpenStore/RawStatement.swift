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
    statement = try db.cachedStatement(sql: sql)
    raw = statement.sqliteStatement
    connection = db.sqliteConnection
    sqlite3_reset(raw)
    sqlite3_clear_bindings(raw)
  }

  // MARK: Binding, from 1 on

  func bind(_ place: Int32, _ integer: Int64) { sqlite3_bind_int64(raw, place, integer) }
  func bind(_ place: Int32, _ real: Double) { sqlite3_bind_double(raw, place, real) }

  func bind(_ place: Int32, blob bytes: some Collection<UInt8>) {
    withBytes(bytes) { sqlite3_bind_blob(raw, place, $0, $1, Self.copied) }
  }

  func bind(_ place: Int32, text bytes: some Collection<UInt8>) {
    withBytes(bytes) { start, count in
      let start = start?.assumingMemoryBound(to: CChar.self)
      return sqlite3_bind_text(raw, place, start, count, Self.copied)
    }
  }

  private func withBytes(_ bytes: some Collection<UInt8>, _ bind: (UnsafeRawPointer?, Int32) -> Int32) {
    let isBound: Void? = bytes.withContiguousStorageIfAvailable { buffer in
      // SQLite takes no pointer for null, and nothing is not null.
      if let start = buffer.baseAddress, !buffer.isEmpty {
        _ = bind(start, Int32(buffer.count))
      } else {
        withUnsafeBytes(of: UInt8(0)) { _ = bind($0.baseAddress, 0) }
      }
    }
    if isBound == nil { Array(bytes).withUnsafeBytes { _ = bind($0.baseAddress, Int32($0.count)) } }
  }

  /// SQLite's word for memory that is gone after the call.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  // MARK: Running

  /// Runs the statement to its end.
  func run() throws {
    defer { sqlite3_reset(raw) }
    guard sqlite3_step(raw) == SQLITE_DONE else { throw failure }
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

  /// The bytes of a blob or a text; empty for null.
  func bytes(_ column: Int32, after prefix: [UInt8] = []) -> [UInt8] {
    let start = sqlite3_column_blob(raw, column)
    let count = Int(sqlite3_column_bytes(raw, column))
    return [UInt8](unsafeUninitializedCapacity: prefix.count + count) { buffer, filled in
      for (place, byte) in prefix.enumerated() { buffer[place] = byte }
      if let start, count > 0 {
        UnsafeMutableRawBufferPointer(buffer).baseAddress?.advanced(by: prefix.count).copyMemory(
          from: start, byteCount: count)
      }
      filled = prefix.count + count
    }
  }
}
