import BullpenCore
import Foundation
import GRDB
import GRDBSQLite

/// A row as this file holds it.
struct StoredRow: Hashable {
  /// By column of the declaration: what the cell carries (`CellContent.bytes`); nil when it was never written.
  var cells: [[UInt8]?]
  var clocks: RowClocks
  /// Ascending.
  var audience: [MemberID]
  var isDeleted: Bool

  init(columns: Int) {
    cells = Array(repeating: nil, count: columns)
    clocks = .none(columns)
    audience = []
    isDeleted = false
  }
}

/// Reads the rows of one declared table. `RowWriter` writes them.
final class RowTable: Sendable {
  let declaration: TableDeclaration
  /// The SQL of the columns that `decode` reads, `_key` first.
  let columnList: String
  private let select: String
  /// Whether its rows are statements, and so more than rows.
  let holdsStatements: Bool
  private let name: [UInt8]
  private let columnNames: [[UInt8]]

  init(_ declaration: TableDeclaration) {
    self.declaration = declaration
    let fixed = ["_key", "_deleted", "_audience", "_clocks"]
    columnList = (fixed + declaration.columns.map(\.name)).map { "\"\($0)\"" }.joined(separator: ", ")
    select = "SELECT \(columnList) FROM \"\(declaration.name)\" WHERE _key = ?"
    holdsStatements = declaration.name == Tables.statements.name
    name = Array(declaration.name.utf8)
    columnNames = declaration.columns.map { Array($0.name.utf8) }
  }

  /// Whether bytes are its name.
  func isNamed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool { Self.isSame(name, bytes, range) }

  /// The place in the declaration of the column whose name stands there; nil for one that this version does not know.
  ///
  /// - Parameter hint: where to look first, for columns mostly come in the declared order.
  func place(of bytes: UnsafeRawBufferPointer, _ range: Range<Int>, after hint: Int) -> Int? {
    for place in hint..<max(hint, columnNames.count) where Self.isSame(columnNames[place], bytes, range) {
      return place
    }
    for place in 0..<min(hint, columnNames.count) where Self.isSame(columnNames[place], bytes, range) { return place }
    return nil
  }

  private static func isSame(_ name: [UInt8], _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard name.count == range.count else { return false }
    for (place, byte) in zip(range, name) where bytes[place] != byte { return false }
    return true
  }

  func row(_ key: RowKey, in db: Database) throws -> StoredRow? {
    let statement = try RawStatement(select, db)
    statement.bind(1, blob: key.bytes)
    return try statement.first { row in
      try stored(isDeleted: row.integer(1) == 1, audience: row.bytes(2), clocks: row.bytes(3)) {
        Self.carried(row, Int32(4 + $0), $1)
      }
    }
  }

  /// - Parameter row: the columns of `columnList`.
  func decode(_ row: Row) throws -> StoredRow {
    let (audience, clocks): (Data?, Data) = (row[2], row[3])
    return try stored(isDeleted: row[1] == 1, audience: audience.map(Array.init) ?? [], clocks: Array(clocks)) {
      Self.carried(row[4 + $0], $1)
    }
  }

  /// - Parameter cell: what a column that was written carries, by its place in the declaration.
  private func stored(
    isDeleted: Bool, audience: [UInt8], clocks: [UInt8], cell: (Int, ColumnDeclaration) -> [UInt8]
  ) throws -> StoredRow {
    var stored = StoredRow(columns: declaration.columns.count)
    stored.isDeleted = isDeleted
    stored.audience = audience.withUnsafeBytes(Self.members)
    stored.clocks = try clocks.withUnsafeBytes(readClocks)
    for (place, column) in declaration.columns.enumerated() where stored.clocks.columns[place] != nil {
      stored.cells[place] = cell(place, column)
    }
    return stored
  }

  static func members(_ bytes: UnsafeRawBufferPointer) -> [MemberID] {
    stride(from: 0, to: bytes.count, by: 16).compactMap { MemberID(bytes: bytes.dropFirst($0).prefix(16)) }
  }

  func readClocks(_ bytes: UnsafeRawBufferPointer) throws -> RowClocks {
    guard let clocks = RowClocks(bytes, count: declaration.columns.count) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of \(declaration.name) has no readable clocks")
    }
    return clocks
  }

  /// The key of a row of `columnList`.
  func key(_ row: Row) throws -> RowKey {
    let bytes: Data = row[0]
    guard let key = RowKey(Array(bytes), shape: declaration.key) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of \(declaration.name) has no readable key")
    }
    return key
  }

  // MARK: One cell, as SQLite has it and as carried

  private static func carried(_ row: RawRow, _ place: Int32, _ column: ColumnDeclaration) -> [UInt8] {
    switch row.type(place) {
    case SQLITE_INTEGER: CellContent.clear(.integer(row.integer(place))).bytes
    case SQLITE_FLOAT: CellContent.clear(.real(row.real(place))).bytes
    case SQLITE_TEXT: row.bytes(place, after: [3])
    case SQLITE_BLOB: row.bytes(place, after: column.protection == .sealed ? [] : [4])
    default: CellContent.clear(.null).bytes
    }
  }

  private static func carried(_ native: DatabaseValue, _ column: ColumnDeclaration) -> [UInt8] {
    switch native.storage {
    case .null: CellContent.clear(.null).bytes
    case .int64(let integer): CellContent.clear(.integer(integer)).bytes
    case .double(let real): CellContent.clear(.real(real)).bytes
    case .string(let text): CellContent.clear(.text(text)).bytes
    case .blob(let data):
      column.protection == .sealed ? Array(data) : CellContent.clear(.bytes(Array(data))).bytes
    }
  }
}
