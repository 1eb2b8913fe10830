import BullpenCore
import Foundation
import GRDB

/// One page of rows, newest first.
public struct RowPage<Record: Sendable>: Sendable {
  public let rows: [Record]
  /// Where the next page begins; nil on the last. Opaque: hand it back as it is.
  public let next: String?
}

extension RowPage: Equatable where Record: Equatable {}

/// The place of a row among the newest first: its time, then its key.
struct PageMark {
  let created: Int64
  let key: [UInt8]

  init(created: Int64, key: [UInt8]) {
    self.created = created
    self.key = key
  }

  /// Throws `invalid` for a text that no page gave out.
  init(_ text: String) throws {
    guard let bytes = Hex.decode(text), bytes.count >= 24, let created = UInt64(bigEndianBytes: bytes.prefix(8)) else {
      throw StoreError(.invalid, "That is no mark of a page.", hint: "Begin with the first page.")
    }
    self.init(created: Int64(bitPattern: created), key: Array(bytes.dropFirst(8)))
  }

  var text: String { Hex.encode(UInt64(bitPattern: created).bigEndianBytes + key) }
}

extension RowTable {
  /// The rows that a condition holds for, newest first. Tombstones and dead rows are left out.
  ///
  /// - Parameter condition: SQL over the table's columns, with its arguments.
  func page<Record>(
    where condition: (sql: String, arguments: [any DatabaseValueConvertible])?, after: String?, limit: Int,
    wall: Int64, in db: Database, _ record: (RowKey, StoredRow) throws -> Record?
  ) throws -> RowPage<Record> {
    guard (1...100).contains(limit) else { throw StoreError(.invalid, "A page holds 1 to 100 rows.") }
    var sql = "SELECT \(columnList), _created FROM \"\(declaration.name)\" WHERE _deleted = 0 AND _created > ?"
    var arguments: [any DatabaseValueConvertible] = [declaration.lifetime.map { wall - $0 } ?? Int64.min]
    if let condition {
      sql += " AND (\(condition.sql))"
      arguments += condition.arguments
    }
    if let after {
      let mark = try PageMark(after)
      sql += " AND (_created, _key) < (?, ?)"
      arguments += [mark.created, Data(mark.key)]
    }
    sql += " ORDER BY _created DESC, _key DESC LIMIT ?"
    arguments.append(limit + 1)

    let found = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    let records = try found.prefix(limit).compactMap { try record(key($0), decode($0)) }
    let last = found.count > limit ? found[limit - 1] : nil
    let next = try last.map { PageMark(created: $0["_created"], key: try key($0).bytes).text }
    return RowPage(rows: records, next: next)
  }
}
