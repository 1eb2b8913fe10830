import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// One table as a file has it beside the same table as the logs add up to, row by row in the order of keys: neither is
/// ever in memory as a whole.
struct RowComparison {
  private(set) var rows: UInt64 = 0
  private(set) var missing: UInt64 = 0
  private(set) var extra: UInt64 = 0
  private(set) var different: UInt64 = 0
  private(set) var unreadable: UInt64 = 0
  private(set) var digest = Digest.zero
  private(set) var digestFromLogs = Digest.zero

  private struct Side {
    let cursor: RowCursor
    let form: TableDigest
    let hash = Blake2b()
    var unreadable: UInt64 = 0

    init(_ table: RowTable, _ db: Database) throws {
      let name = table.declaration.name
      form = TableDigest(table: table, devices: try TableDigest.devices(db))
      cursor = try Row.fetchCursor(db, sql: "SELECT \(table.columnList), _created FROM \"\(name)\" ORDER BY _key")
      hash.update(TableDigest.prefix(name))
    }

    /// The next row that lives: its key, and everything that must be equal.
    mutating func next(wall: Int64) throws -> (key: [UInt8], bytes: [UInt8])? {
      let declaration = form.table.declaration
      while let row = try cursor.next() {
        guard let bytes = row.blob(0), let key = RowKey(bytes, shape: declaration.key), row.integer(1) != nil,
          row.hasNull(atIndex: 2) || row.blob(2) != nil, row.blob(3) != nil,
          let stored = try? form.table.decode(row), let carried = try? form.bytes(key, stored)
        else {
          unreadable += 1
          continue
        }
        if let expiry = declaration.expiry(of: key), expiry <= wall { continue }
        hash.update(carried)
        // The time by which rows are listed is the key's.
        let created = row.integer(row.count - 1)
        let isRight = created == key.rowID(shape: declaration.key)?.milliseconds
        return (bytes, carried + [isRight ? 1 : 0])
      }
      return nil
    }
  }

  init(_ table: RowTable, _ source: Database, logs: Database, wall: Int64) throws {
    var (ours, theirs) = (try Side(table, source), try Side(table, logs))
    var (a, b) = (try ours.next(wall: wall), try theirs.next(wall: wall))
    while a != nil || b != nil {
      let (x, y) = (a?.key, b?.key)
      let isOurs = y.map { y in x.map { !y.lexicographicallyPrecedes($0) } ?? false } ?? true
      let isTheirs = x.map { x in y.map { !x.lexicographicallyPrecedes($0) } ?? false } ?? true
      if isOurs { rows += 1 }
      if isOurs, isTheirs {
        if let a, let b, a.bytes != b.bytes { different += 1 }
      } else if isOurs {
        extra += 1
      } else {
        missing += 1
      }
      if isOurs { a = try ours.next(wall: wall) }
      if isTheirs { b = try theirs.next(wall: wall) }
    }
    unreadable = ours.unreadable
    digest = ours.hash.finish()
    digestFromLogs = theirs.hash.finish()
  }

  /// Nil where nothing differs.
  var words: String? {
    let parts = [
      (missing, "missing"), (extra, "in no log"), (different, "otherwise than the logs say"),
      (unreadable, "unreadable"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? "is" : "are") \($0.1)" }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  var count: UInt64 { missing + extra + different + unreadable }
}
