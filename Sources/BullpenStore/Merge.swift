import BullpenCore
import BullpenCrypto

/// How a write of a row meets what is there. The outcome is a function of the set of writes: order never
/// counts, nor who relayed, nor how often.
enum Merge {
  /// A write of one cell, with its column's place in the declaration.
  struct Write {
    var column: Int
    /// What the cell carries, where it lies in its change: it is gone when that is.
    var content: UnsafeRawBufferPointer
    var clock: RowClocks.Clock
  }

  /// What is known of a row beside its values: mostly enough to say what becomes of it.
  struct Standing: Hashable {
    var isDeleted = false
    /// Ascending.
    var audience: [MemberID] = []
    var clocks: RowClocks

    init(isDeleted: Bool = false, audience: [MemberID] = [], clocks: RowClocks) {
      self.isDeleted = isDeleted
      self.audience = audience
      self.clocks = clocks
    }

    /// Of a row that was never written.
    init(columns: Int) { clocks = .none(columns) }
  }

  enum Outcome {
    case unchanged
    /// Nothing is left of the row but that it was deleted.
    case deleted
    /// These cells are new; there may be none where only the audience has grown.
    case written([Write])
  }

  /// - Parameters:
  ///   - row: what is known of the row, and is known of it afterwards.
  ///   - content: what a column that was written carries; asked for only where it decides.
  ///   - device: the device that a clock's number stands for.
  static func apply(
    _ writes: [Write], audience: [MemberID], isDelete: Bool, to row: inout Standing, of table: TableDeclaration,
    content: (Int) throws -> [UInt8]?, device: (Int64) throws -> DeviceID
  ) rethrows -> Outcome {
    if row.isDeleted { return .unchanged }
    if isDelete {
      // Remove wins over every write, earlier or later, so nothing of the row is left to compare.
      row = Standing(columns: table.columns.count)
      row.isDeleted = true
      return .deleted
    }
    let readers = union(row.audience, audience)
    let hasGrown = readers != row.audience
    if hasGrown { row.audience = readers }
    var losers = 0
    var won: [Write] = []
    for (place, write) in writes.enumerated() {
      if let clock = row.clocks.columns[write.column],
        try !wins(write, over: clock, table.columns[write.column].merge, content, device)
      {
        if losers == 0 { won = Array(writes[..<place]) }
        losers += 1
      } else {
        row.clocks.columns[write.column] = write.clock
        if losers > 0 { won.append(write) }
      }
    }
    if losers == 0 { return writes.isEmpty && !hasGrown ? .unchanged : .written(writes) }
    return won.isEmpty && !hasGrown ? .unchanged : .written(won)
  }

  private static func wins(
    _ write: Write, over clock: RowClocks.Clock, _ rule: MergeRule, _ content: (Int) throws -> [UInt8]?,
    _ device: (Int64) throws -> DeviceID
  ) rethrows -> Bool {
    if rule != .last {
      guard let content = try content(write.column) else { return true }
      // Null is beaten by every integer; equal values go to the later stamp.
      switch (integer(Array(write.content)), integer(content)) {
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
    guard let content = try content(write.column) else { return true }
    let new = Array(write.content)
    return new != content && Blake2b.digest(new) > Blake2b.digest(content)
  }

  private static func integer(_ content: [UInt8]) -> Int64? {
    guard case .clear(.integer(let value)) = CellContent(bytes: content) else { return nil }
    return value
  }

  private static func union(_ a: [MemberID], _ b: [MemberID]) -> [MemberID] {
    b.isEmpty || a == b ? a : a.isEmpty ? b : Set(a + b).sorted()
  }
}
