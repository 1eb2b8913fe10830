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
    let statement = try RawStatement(select, db)
    statement.bind(1, blob: key.bytes)
    return try statement.first(decode)
  }

  private func decode(_ row: RawRow) throws -> StoredRow {
    try stored(isDeleted: row.integer(1) == 1, audience: row.bytes(2), clocks: row.bytes(3)) {
      Self.carried(row, Int32(4 + $0), $1)
    }
  }

  func write(_ key: RowKey, _ row: StoredRow, in db: Database) throws {
    let statement = try RawStatement(upsert, db)
    statement.bind(1, blob: key.bytes)
    statement.bind(2, Int64(row.isDeleted ? 1 : 0))
    if !row.audience.isEmpty { statement.bind(3, blob: row.audience.flatMap(\.bytes)) }
    statement.bind(4, blob: row.clocks.bytes)
    var place: Int32 = 5
    for (column, cell) in zip(declaration.columns, row.cells) {
      if let cell { Self.bind(cell, column, at: place, statement) }
      place += 1
    }
    if let id = key.rowID(shape: declaration.key) { statement.bind(place, id.milliseconds) }
    try statement.run()
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
    stored.audience = stride(from: 0, to: audience.count, by: 16).compactMap {
      MemberID(bytes: audience.dropFirst($0).prefix(16))
    }
    guard let clocks = RowClocks(bytes: clocks, count: declaration.columns.count) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of \(declaration.name) has no readable clocks")
    }
    stored.clocks = clocks
    for (place, column) in declaration.columns.enumerated() where clocks.columns[place] != nil {
      stored.cells[place] = cell(place, column)
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

  /// - Parameter carried: what the rules for a cell have let through (`Judge`).
  private static func bind(
    _ carried: [UInt8], _ column: ColumnDeclaration, at place: Int32, _ statement: RawStatement
  ) {
    let content = carried.dropFirst()
    switch (column.protection, carried.first) {
    case (.sealed, _): statement.bind(place, blob: carried)
    case (.clear, 1): UInt64(bigEndianBytes: content).map { statement.bind(place, Int64(bitPattern: $0)) }
    case (.clear, 2): UInt64(bigEndianBytes: content).map { statement.bind(place, Double(bitPattern: $0)) }
    case (.clear, 3): statement.bind(place, text: content)
    case (.clear, 4): statement.bind(place, blob: content)
    // Null, as what was not bound is.
    case (.clear, _): break
    }
  }

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
