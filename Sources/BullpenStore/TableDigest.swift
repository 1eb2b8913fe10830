import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// The digest of a table over what nodes carry, not over what they show: equal on nodes with equal heads and
/// statements, whoever can open what.
///
///     BLAKE2b-256("bullpen v1 table" 0 ‖ name ‖ 0 ‖ row ‖ row ‖ …), rows in ascending order of key
///     row     key length 2 ‖ key ‖ deleted 1 ‖ audience count 2 ‖ members, 16 each ‖ cell count 2 ‖ cells
///     cell    column length 2 ‖ column ‖ time 8 ‖ device 32 ‖ index 2 ‖ BLAKE2b-256(content) 32
///
/// Integers are big-endian. Cells that were never written are left out, the others follow the declaration's
/// order. Rows whose life is over at the given time are left out.
struct TableDigest {
  let table: RowTable
  let devices: [Int64: DeviceID]

  func compute(_ db: Database, wall: Int64) throws -> Digest {
    let name = table.declaration.name
    let hash = Blake2b()
    hash.update(Self.prefix(name))
    var sql = "SELECT \(table.columnList) FROM \"\(name)\""
    var arguments = StatementArguments()
    if let lifetime = table.declaration.lifetime {
      sql += " WHERE _created > ?"
      arguments = [wall - lifetime]
    }
    let rows = try Row.fetchCursor(db, sql: sql + " ORDER BY _key", arguments: arguments)
    while let row = try rows.next() { hash.update(try bytes(table.key(row), table.decode(row))) }
    return hash.finish()
  }

  static func prefix(_ name: String) -> [UInt8] { Array("bullpen v1 table".utf8) + [0] + Array(name.utf8) + [0] }

  /// By the numbers under which a file knows them.
  static func devices(_ db: Database) throws -> [Int64: DeviceID] {
    let pairs = try Row.fetchAll(db, sql: "SELECT id, device FROM node_devices").compactMap { row in
      DeviceID(bytes: row[1] as Data).map { (row[0] as Int64, $0) }
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  /// One row as it enters the digest.
  func bytes(_ key: RowKey, _ row: StoredRow) throws -> [UInt8] {
    var out = Self.pair(key.bytes.count) + key.bytes + [row.isDeleted ? 1 : 0]
    out += Self.pair(row.audience.count)
    for member in row.audience { out += member.bytes }
    out += Self.pair(row.cells.count { $0 != nil })
    for (place, column) in table.declaration.columns.enumerated() {
      guard let cell = row.cells[place], let clock = row.clocks.columns[place] else { continue }
      guard let device = devices[clock.device] else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a clock names a device that is not listed")
      }
      out += Self.pair(column.name.utf8.count) + Array(column.name.utf8)
      out += UInt64(bitPattern: clock.time.raw).bigEndianBytes + device.bytes + Self.pair(Int(clock.index))
      out += Blake2b.digest(cell).bytes
    }
    return out
  }

  private static func pair(_ count: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
  }
}

extension Store {
  /// By table, in the order of the declarations.
  ///
  /// - Parameter wall: as of when rows are dead; nodes compare as of an agreed time.
  public func digests(wall: Int64) throws -> [(table: String, digest: Digest)] {
    try read { db in
      let devices = try TableDigest.devices(db)
      return try context.tables.map { table in
        (table.declaration.name, try TableDigest(table: table, devices: devices).compute(db, wall: wall))
      }
    }
  }
}
