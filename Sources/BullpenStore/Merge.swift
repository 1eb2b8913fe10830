import BullpenCore
import BullpenCrypto

/// How a write of a row meets what is there. The outcome is a function of the set of writes: order never
/// counts, nor who relayed, nor how often.
enum Merge {
  /// A write of one cell, with its place in the declaration.
  struct Write {
    var column: Int
    var content: [UInt8]
    var clock: RowClocks.Clock
  }

  /// Whether the row has changed.
  ///
  /// - Parameter device: the device that a clock's number stands for.
  static func apply(
    _ writes: [Write], audience: [MemberID], isDelete: Bool, to row: inout StoredRow, of table: TableDeclaration,
    device: (Int64) throws -> DeviceID
  ) rethrows -> Bool {
    if row.isDeleted { return false }
    if isDelete {
      // Remove wins over every write, earlier or later, so nothing of the row is left to compare.
      row = StoredRow(columns: table.columns.count)
      row.isDeleted = true
      return true
    }
    let before = row
    row.audience = union(row.audience, audience)
    for write in writes where try wins(write, over: row, table.columns[write.column].merge, device) {
      row.cells[write.column] = write.content
      row.clocks.columns[write.column] = write.clock
    }
    return row != before
  }

  private static func wins(
    _ write: Write, over row: StoredRow, _ rule: MergeRule, _ device: (Int64) throws -> DeviceID
  ) rethrows -> Bool {
    guard let clock = row.clocks.columns[write.column], let content = row.cells[write.column] else { return true }
    if rule != .last {
      // Null is beaten by every integer; equal values go to the later stamp.
      switch (integer(write.content), integer(content)) {
      case (let new?, let old?) where new != old: return rule == .max ? new > old : new < old
      case (nil, _?): return false
      case (_?, nil): return true
      default: break
      }
    }
    if write.clock.time != clock.time { return write.clock.time > clock.time }
    if write.clock.device != clock.device { return try device(write.clock.device) > device(clock.device) }
    if write.clock.index != clock.index { return write.clock.index > clock.index }
    // One stamp twice: two machines live with one key. The bytes decide.
    return write.content != content && Blake2b.digest(write.content) > Blake2b.digest(content)
  }

  private static func integer(_ content: [UInt8]) -> Int64? {
    guard case .clear(.integer(let value)) = CellContent(bytes: content) else { return nil }
    return value
  }

  private static func union(_ a: [MemberID], _ b: [MemberID]) -> [MemberID] {
    b.isEmpty || a == b ? a : a.isEmpty ? b : Set(a + b).sorted()
  }
}
