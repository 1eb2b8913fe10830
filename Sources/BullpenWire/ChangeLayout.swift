import BullpenCore

/// Where the parts of an encoded change lie in its bytes: what is merged is judged and stored from where it lies, and
/// nothing is made of it in between.
///
/// One layout reads one change after another, and keeps the room that it has taken.
public struct ChangeLayout {
  public struct Row {
    /// 1–64 bytes, a name.
    public let table: Range<Int>
    /// 16–128 bytes.
    public let key: Range<Int>
    /// Ascending.
    public let audience: [MemberID]
    /// Places in `cells`.
    public let cells: Range<Int>
    public let isDelete: Bool
  }

  public struct Cell {
    /// 1–64 bytes, a name; no two of a row have the same.
    public let column: Range<Int>
    /// At least one byte.
    public let content: Range<Int>
  }

  public private(set) var rows: [Row] = []
  /// Of all rows, one after another.
  public private(set) var cells: [Cell] = []

  public init() {}

  /// Reads a change.
  ///
  /// - Returns: the bytes that the layout is of: those given or, of a change in an unusual form, the same change in the
  ///   usual one; nil for what is no change, or one beyond the bounds.
  public mutating func read(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count <= Limits.changeBytes else { return nil }
    if readUsual(bytes) { return bytes }
    guard let change = ChangeCodec.decodeAny(bytes) else { return nil }
    let usual = ChangeCodec.encode(change)
    return readUsual(usual) ? usual : nil
  }

  /// A row of the bytes that were read last.
  public func row(_ row: Row, of bytes: [UInt8]) -> RowChange {
    RowChange(
      table: Self.name(bytes, row.table), key: Array(bytes[row.key]), audience: row.audience,
      cells: cells[row.cells].map {
        CellChange(column: Self.name(bytes, $0.column), content: Array(bytes[$0.content]))
      }, isDelete: row.isDelete)
  }

  public static func name(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  // MARK: - The form in which changes are written here; see `FieldReader`

  mutating func readUsual(_ bytes: [UInt8]) -> Bool {
    rows.removeAll(keepingCapacity: true)
    cells.removeAll(keepingCapacity: true)
    return bytes.withUnsafeBytes { bytes in
      var reader = FieldReader(bytes)
      while !reader.isAtEnd {
        guard reader.takes(0x0a), let part = reader.content(), rows.count < Limits.changeRows, readRow(bytes, part)
        else { return false }
      }
      return !rows.isEmpty
    }
  }

  private mutating func readRow(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>) -> Bool {
    var reader = FieldReader(bytes, part)
    guard reader.takes(0x0a), let table = reader.content(), Self.isName(bytes, table), reader.takes(0x12),
      let key = reader.content(), (16...128).contains(key.count)
    else { return false }
    var audience: [MemberID] = []
    while reader.takes(0x1a) {
      guard let member = reader.bytesOfContent().flatMap({ MemberID(bytes: $0) }), audience.count < Limits.audience,
        audience.last.map({ $0 < member }) ?? true
      else { return false }
      audience.append(member)
    }
    let first = cells.count
    while reader.takes(0x22) {
      guard let cell = reader.content(), cells.count < Limits.changeCells, readCell(bytes, cell, after: first) else {
        return false
      }
    }
    guard cells.count - first <= Self.fewCells || isDistinct(bytes, cells[first...]) else { return false }
    let isDelete = reader.takes(0x28)
    guard !isDelete || reader.varint() == 1, reader.isAtEnd else { return false }
    rows.append(Row(table: table, key: key, audience: audience, cells: first..<cells.count, isDelete: isDelete))
    return true
  }

  private mutating func readCell(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>, after first: Int) -> Bool {
    var reader = FieldReader(bytes, part)
    guard reader.takes(0x0a), let column = reader.content(), Self.isName(bytes, column), reader.takes(0x12),
      let content = reader.content(), !content.isEmpty, reader.isAtEnd
    else { return false }
    if cells.count - first < Self.fewCells {
      for other in cells[first...] where other.column.count == column.count {
        if bytes[other.column].elementsEqual(bytes[column]) { return false }
      }
    }
    cells.append(Cell(column: column, content: content))
    return true
  }

  /// Columns of a row that are compared each with each; more than a table of this version has.
  private static let fewCells = 32

  private func isDistinct(_ bytes: UnsafeRawBufferPointer, _ cells: ArraySlice<Cell>) -> Bool {
    Set(cells.map { String(decoding: bytes[$0.column], as: UTF8.self) }).count == cells.count
  }

  private static func isName(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard (1...64).contains(range.count), !(48...57).contains(bytes[range.lowerBound]) else { return false }
    for place in range {
      switch bytes[place] {
      case 97...122, 48...57, 95: continue
      default: return false
      }
    }
    return true
  }
}
