import BullpenCore
import Foundation
import GRDB

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

/// Reads and writes the rows of one declared table: one statement for each.
struct RowTable: Sendable {
  let declaration: TableDeclaration
  private let select: String
  private let upsert: String
  /// The SQL of the columns that `decode` reads, `_key` first.
  let columnList: String

  init(_ declaration: TableDeclaration) {
    self.declaration = declaration
    let fixed = ["_key", "_deleted", "_audience", "_clocks"]
    let columns = (fixed + declaration.columns.map(\.name)).map { "\"\($0)\"" }
    columnList = columns.joined(separator: ", ")
    select = "SELECT \(columnList) FROM \"\(declaration.name)\" WHERE _key = ?"
    let values = Array(repeating: "?", count: columns.count + 1).joined(separator: ", ")
    let updates = columns.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    upsert = """
      INSERT INTO "\(declaration.name)" (\(columnList), _created) VALUES (\(values))
      ON CONFLICT (_key) DO UPDATE SET \(updates)
      """
  }

  func row(_ key: RowKey, in db: Database) throws -> StoredRow? {
    let statement = try db.cachedStatement(sql: select)
    return try Row.fetchOne(statement, arguments: [Data(key.bytes)]).map(decode)
  }

  func write(_ key: RowKey, _ row: StoredRow, in db: Database) throws {
    var values: [(any DatabaseValueConvertible)?] = [
      Data(key.bytes), row.isDeleted ? 1 : 0, row.audience.isEmpty ? nil : Data(row.audience.flatMap(\.bytes)),
      Data(row.clocks.bytes),
    ]
    for (column, cell) in zip(declaration.columns, row.cells) {
      values.append(cell.flatMap { Self.native($0, column) })
    }
    values.append(key.rowID(shape: declaration.key)?.milliseconds)
    try db.cachedStatement(sql: upsert).execute(arguments: StatementArguments(values))
  }

  /// - Parameter row: the columns of `columnList`.
  func decode(_ row: Row) throws -> StoredRow {
    var stored = StoredRow(columns: declaration.columns.count)
    stored.isDeleted = row[1] == 1
    let audience: Data = row[2] ?? Data()
    stored.audience = stride(from: 0, to: audience.count, by: 16).compactMap {
      MemberID(bytes: audience.dropFirst($0).prefix(16))
    }
    let blob: Data = row[3]
    guard let clocks = RowClocks(bytes: blob, count: declaration.columns.count) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of \(declaration.name) has no readable clocks")
    }
    stored.clocks = clocks
    for (place, column) in declaration.columns.enumerated() where clocks.columns[place] != nil {
      stored.cells[place] = Self.carried(row[4 + place], column)
    }
    return stored
  }

  /// The key of a row of `columnList`.
  func key(_ row: Row) throws -> RowKey {
    let bytes: Data = row[0]
    guard let key = RowKey(Array(bytes), shape: declaration.key) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of \(declaration.name) has no readable key")
    }
    return key
  }

  // MARK: One cell, as carried and as SQLite has it

  private static func native(_ carried: [UInt8], _ column: ColumnDeclaration) -> (any DatabaseValueConvertible)? {
    if column.protection == .sealed { return Data(carried) }
    guard case .clear(let value) = CellContent(bytes: carried) else { return nil }
    return switch value {
    case .null: nil
    case .integer(let integer): integer
    case .real(let real): real
    case .text(let text): text
    case .bytes(let bytes): Data(bytes)
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
