import BullpenCore
import Foundation
import GRDB

/// Merges into the rows of one table, within one transaction.
///
/// A merge reads what is known of a row without its values, and writes the cells that won and nothing else. A row that
/// is likely to be new is inserted at once, and read only where it was there after all.
final class RowWriter {
  let table: RowTable
  private let db: Database
  private let columns: [ColumnDeclaration]
  private let select: RawStatement
  private let insert: RawStatement
  /// By the columns that they write.
  private var updates: [[Int]: RawStatement] = [:]
  private var lastUpdate: (columns: [Int], statement: RawStatement)?
  /// Rows come in runs: new ones after new ones, and writes over old ones after such.
  private var expectsNew = true

  init(_ table: RowTable, _ db: Database) throws {
    self.table = table
    self.db = db
    columns = table.declaration.columns
    let name = table.declaration.name
    select = try RawStatement("SELECT _deleted, _audience, _clocks FROM \"\(name)\" WHERE _key = ?", db)
    let names = ["_key", "_created", "_deleted", "_audience", "_clocks"] + columns.map { "\"\($0.name)\"" }
    insert = try RawStatement(
      """
      INSERT INTO "\(name)" (\(names.joined(separator: ", ")))
      VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) ON CONFLICT (_key) DO NOTHING
      """, db)
  }

  /// - Parameter device: the device that a clock's number stands for.
  /// - Returns: whether the row looks otherwise than before.
  func merge(
    _ writes: [Merge.Write], audience: [MemberID], isDelete: Bool, into key: RowKey,
    device: (Int64) throws -> DeviceID
  ) throws -> Bool {
    func decide(_ row: inout Merge.Standing) throws -> Merge.Outcome {
      try Merge.apply(
        writes, audience: audience, isDelete: isDelete, to: &row, of: table.declaration,
        content: { try table.row(key, in: db)?.cells[$0] }, device: device)
    }
    if expectsNew {
      if try add(key, decide) { return true }
      expectsNew = false
    }
    guard var row = try standing(key) else {
      expectsNew = true
      return try add(key, decide)
    }
    switch try decide(&row) {
    case .unchanged: return false
    case .deleted: try clear(key, row)
    case .written(let won): try write(won, key, row)
    }
    return true
  }

  // MARK: - Steps

  // SQLite reads keys, clocks and contents where they lie, and takes no copy: they stay there while a statement runs.

  private func standing(_ key: RowKey) throws -> Merge.Standing? {
    try key.bytes.withUnsafeBytes { key in
      select.bind(1, blobAt: key)
      return try select.first { row in
        Merge.Standing(
          isDeleted: row.integer(0) == 1, audience: RowTable.members(row.bytes(at: 1)),
          clocks: try table.readClocks(row.bytes(at: 2)))
      }
    }
  }

  /// Whether the row was new, and is there now.
  private func add(_ key: RowKey, _ decide: (inout Merge.Standing) throws -> Merge.Outcome) throws -> Bool {
    var row = Merge.Standing(columns: columns.count)
    var won: [Merge.Write] = []
    if case .written(let writes) = try decide(&row) { won = writes }
    let id = key.rowID(shape: table.declaration.key)
    return try key.bytes.withUnsafeBytes { key in
      try row.clocks.bytes.withUnsafeBytes { clocks in
        insert.bind(1, blobAt: key)
        if let id { insert.bind(2, id.milliseconds) } else { insert.bindNull(2) }
        insert.bind(3, Int64(row.isDeleted ? 1 : 0))
        bind(row.audience, at: 4, insert)
        insert.bind(5, blobAt: clocks)
        if won.count < columns.count { for place in columns.indices { insert.bindNull(Int32(6 + place)) } }
        for write in won { bind(write, at: Int32(6 + write.column), insert) }
        return try insert.run() == 1
      }
    }
  }

  private func write(_ won: [Merge.Write], _ key: RowKey, _ row: Merge.Standing) throws {
    let statement = try update(won)
    try key.bytes.withUnsafeBytes { key in
      try row.clocks.bytes.withUnsafeBytes { clocks in
        bind(row.audience, at: 1, statement)
        statement.bind(2, blobAt: clocks)
        for (place, write) in won.enumerated() { bind(write, at: Int32(3 + place), statement) }
        statement.bind(Int32(3 + won.count), blobAt: key)
        try statement.run()
      }
    }
  }

  private func clear(_ key: RowKey, _ row: Merge.Standing) throws {
    let gone = ["_deleted = 1", "_audience = NULL", "_clocks = ?"] + columns.map { "\"\($0.name)\" = NULL" }
    let statement = try RawStatement(
      "UPDATE \"\(table.declaration.name)\" SET \(gone.joined(separator: ", ")) WHERE _key = ?", db)
    statement.bind(1, blob: row.clocks.bytes)
    statement.bind(2, blob: key.bytes)
    try statement.run()
  }

  private func update(_ won: [Merge.Write]) throws -> RawStatement {
    if let lastUpdate, lastUpdate.columns.elementsEqual(won.lazy.map(\.column)) { return lastUpdate.statement }
    let written = won.map(\.column)
    let statement: RawStatement
    if let known = updates[written] {
      statement = known
    } else {
      let values = (["_audience", "_clocks"] + written.map { "\"\(columns[$0].name)\"" }).map { "\($0) = ?" }
      let sql = "UPDATE \"\(table.declaration.name)\" SET \(values.joined(separator: ", ")) WHERE _key = ?"
      // What the connection keeps for ever stays few, though a wide table has many sets of columns.
      let isKept = columns.count <= 6 || written.count == 1 || written.count == columns.count
      statement = try isKept ? RawStatement(sql, db) : RawStatement(db.makeStatement(sql: sql), db)
      if isKept { updates[written] = statement }
    }
    lastUpdate = (written, statement)
    return statement
  }

  // MARK: - Binding

  private func bind(_ audience: [MemberID], at place: Int32, _ statement: RawStatement) {
    if audience.isEmpty {
      statement.bindNull(place)
    } else {
      statement.bind(place, blob: audience.flatMap(\.bytes))
    }
  }

  /// What the rules for a cell have let through (`Judge`), as SQLite has it.
  private func bind(_ write: Merge.Write, at place: Int32, _ statement: RawStatement) {
    let carried = write.content
    let content = UnsafeRawBufferPointer(rebasing: carried.dropFirst())
    switch (columns[write.column].protection, carried.first) {
    case (.sealed, _): statement.bind(place, blobAt: carried)
    case (.clear, 1): statement.bind(place, Int64(bigEndian: content.loadUnaligned(as: Int64.self)))
    case (.clear, 2):
      statement.bind(place, Double(bitPattern: UInt64(bigEndian: content.loadUnaligned(as: UInt64.self))))
    case (.clear, 3): statement.bind(place, textAt: content)
    case (.clear, 4): statement.bind(place, blobAt: content)
    case (.clear, _): statement.bindNull(place)
    }
  }
}
