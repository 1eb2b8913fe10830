import BullpenCore
import Foundation
import SwiftProtobuf

/// Changes: the payloads of log entries. They are kept and relayed as their author wrote them.
public enum ChangeCodec {
  public static func encode(_ change: Change) -> [UInt8] {
    let message = PBChange.with {
      $0.rows = change.rows.map { row in
        .with {
          $0.table = row.table
          $0.key = Data(row.key)
          $0.audience = row.audience.map(\.data)
          $0.cells = row.cells.map { cell in
            .with {
              $0.column = cell.column
              $0.content = Data(cell.content)
            }
          }
          $0.isDelete = row.isDelete
        }
      }
    }
    return message.wireBytes
  }

  /// Nil for what is no change, or one beyond the bounds. Names of tables and columns may be unknown.
  public static func decode(_ bytes: [UInt8]) -> Change? {
    var layout = ChangeLayout()
    return layout.read(bytes).map { bytes in Change(rows: layout.rows.map { layout.row($0, of: bytes) }) }
  }

  /// As the library reads it.
  static func decodeAny(_ bytes: [UInt8]) -> Change? {
    guard let message = PBChange(wire: bytes), !message.rows.isEmpty,
      let rows = decodeAll(message.rows, atMost: Limits.changeRows, decode),
      rows.reduce(0, { $0 + $1.cells.count }) <= Limits.changeCells
    else { return nil }
    return Change(rows: rows)
  }

  private static func decode(_ row: PBRowChange) -> RowChange? {
    guard isName(row.table.utf8), (16...128).contains(row.key.count),
      let audience = decodeAll(row.audience, atMost: Limits.audience, { MemberID(bytes: $0) }),
      audience == Set(audience).sorted(),
      let cells = decodeAll(row.cells, atMost: Limits.changeCells, decode),
      Set(cells.map(\.column)).count == cells.count
    else { return nil }
    return RowChange(
      table: row.table, key: Array(row.key), audience: audience, cells: cells, isDelete: row.isDelete)
  }

  private static func decode(_ cell: PBCellChange) -> CellChange? {
    guard isName(cell.column.utf8), !cell.content.isEmpty else { return nil }
    return CellChange(column: cell.column, content: Array(cell.content))
  }

  /// Lower-case letters, digits and `_`, 1–64 of them, no digit first.
  private static func isName(_ text: some Collection<UInt8>) -> Bool {
    (1...64).contains(text.count)
      && text.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
      && !(48...57).contains(text.first ?? 48)
  }
}
