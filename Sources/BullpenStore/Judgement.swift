import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation

/// Where a row was written: what its rules are judged by.
struct Authorship {
  let log: LogID
  let sequence: UInt64
  let entry: Entry
  let standing: LogStanding
}

/// What the membership says of one branch of a log. Entries come in runs, and what it says of one row of a member's own
/// it says of the next.
final class LogStanding {
  /// The number of the branch in this file.
  let number: Int64
  private let log: LogID
  private let branch: BranchStanding?
  private let membership: Membership
  /// How far it stands; nil for one that is whole.
  let kept: UInt64?
  /// What was voided of it, on whichever branch, by its number.
  let voidings: [UInt64: [(head: Head, at: HybridTime)]]
  /// Tables whose rows of this member are the log's to write, anywhere in it.
  private var open: [(table: String, writer: MemberID)] = []

  init(_ log: LogRow, on branch: BranchStanding?, _ membership: Membership) {
    number = log.number
    self.log = log.log
    self.branch = branch
    self.membership = membership
    kept = membership.keptHead(log.log, on: branch)
    voidings = Dictionary(
      grouping: membership.voidings(of: log.log).map { (head: $0.key, at: $0.value.statement.time) },
      by: \.head.sequence)
  }

  func refusal(
    at sequence: UInt64, _ table: TableDeclaration, _ key: RowKey, isDelete: Bool
  ) -> WriteRefusal? {
    // A role or a cut says something else of another place in the log; of these nothing does.
    guard table.writer == .keyMember, kept == nil else {
      return membership.refusal(of: log, on: branch, at: sequence, table: table, key: key, isDelete: isDelete)
    }
    let writer = key.writer
    if open.contains(where: { $0.writer == writer && $0.table == table.name }) { return nil }
    let refusal = membership.refusal(of: log, on: branch, at: sequence, table: table, key: key)
    if refusal == nil { open.append((table.name, writer)) }
    return refusal
  }
}

/// One row of a change, where it lies in the change's bytes.
struct ArrivedRow {
  let bytes: UnsafeRawBufferPointer
  let row: ChangeLayout.Row
  let cells: ArraySlice<ChangeLayout.Cell>
  /// The place of the row's first cell in its whole change, known and unknown tables alike: it is part of a stamp.
  let firstIndex: Int
  /// The author's number.
  let device: Int64
}

/// What is to be done with one row of a change.
enum Judgement {
  case refuse(RefusalReason)
  /// - Parameter hasUnknownColumns: there is more in it than this version knows.
  case merge(RowKey, [Merge.Write], hasUnknownColumns: Bool)
}

/// The rules for a row. Nothing here depends on what is stored, or on the hour: every node that knows the same
/// statements judges alike, in whatever order it hears.
enum Judge {
  static func judge(_ arrived: ArrivedRow, of table: RowTable, by authorship: Authorship) -> Judgement {
    let row = arrived.row
    let declaration = table.declaration
    guard let key = RowKey(Array(arrived.bytes[row.key]), shape: declaration.key) else { return .refuse(.key) }
    if let refusal = authorship.standing.refusal(at: authorship.sequence, declaration, key, isDelete: row.isDelete) {
      return .refuse(RefusalReason(refusal))
    }
    guard declaration.log == authorship.log.kind else { return .refuse(.log) }
    guard audienceHolds(row.audience, declaration.audience) else { return .refuse(.audience) }
    if let refusal = judgeTime(key, declaration, authorship) { return .refuse(refusal) }
    if row.isDelete { return .merge(key, [], hasUnknownColumns: false) }

    var writes: [Merge.Write] = []
    writes.reserveCapacity(arrived.cells.count)
    var hint = 0
    for (index, cell) in zip(arrived.firstIndex..., arrived.cells) {
      guard let column = table.place(of: arrived.bytes, cell.column, after: hint) else { continue }
      hint = column + 1
      let content = UnsafeRawBufferPointer(rebasing: arrived.bytes[cell.content])
      if let refusal = judge(content, declaration.columns[column]) { return .refuse(refusal) }
      let clock = RowClocks.Clock(
        time: authorship.entry.time, device: arrived.device, index: UInt16(truncatingIfNeeded: index))
      writes.append(Merge.Write(column: column, content: content, clock: clock))
    }
    return .merge(key, writes, hasUnknownColumns: writes.count < arrived.cells.count)
  }

  private static func audienceHolds(_ audience: [MemberID], _ rule: AudienceRule) -> Bool {
    switch rule {
    case .workspace: audience.isEmpty
    case .named:
      audience.count <= Limits.audience && zip(audience, audience.dropFirst()).allSatisfy { $0 < $1 }
    }
  }

  private static func judgeTime(_ key: RowKey, _ table: TableDeclaration, _ authorship: Authorship) -> RefusalReason? {
    if let id = key.rowID(shape: table.key) {
      guard id.isVersion7 else { return .key }
      // A row cannot be written before it was made. How long after does not matter: an edit may be late.
      guard id.milliseconds <= authorship.entry.time.milliseconds + Limits.clockBound else { return .keyTime }
    }
    // Payloads are dropped at the entry's expiry, so no row may outlive it.
    guard let expiry = table.expiry(of: key) else { return authorship.entry.expiry == 0 ? nil : .expiry }
    return authorship.entry.expiry == 0 || authorship.entry.expiry >= expiry ? nil : .expiry
  }

  static func judge(_ carried: UnsafeRawBufferPointer, _ column: ColumnDeclaration) -> RefusalReason? {
    // Most of what comes is plain text, of which nothing needs to be made to judge it.
    if carried.first == 3, column.protection == .clear, column.type == .text, carried.count - 1 <= column.limit,
      isPlain(carried)
    {
      return nil
    }
    guard let content = CellContent(bytes: carried) else { return .type }
    switch (content, column.protection) {
    case (.sealed(let bytes), .sealed): return bytes.count <= sealedLimit(column) ? nil : .limit
    case (.clear(let value), .clear): return judge(value, column)
    default: return .type
    }
  }

  /// ASCII without a zero.
  private static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let high: UInt64 = 0x8080_8080_8080_8080
    var place = 0
    while place + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      // A byte that is zero borrows from its high bit; one that is not ASCII has it set.
      guard word & high == 0, (word &- 0x0101_0101_0101_0101) & high == 0 else { return false }
      place += 8
    }
    while place < bytes.count {
      guard bytes[place] != 0, bytes[place] < 0x80 else { return false }
      place += 1
    }
    return true
  }

  /// A value in the clear, before it is sealed too.
  static func judge(_ value: Value, _ column: ColumnDeclaration) -> RefusalReason? {
    switch (value, column.type) {
    case (.null, _), (.integer, .integer): return nil
    case (.real(let real), .real):
      // SQLite has neither, so it could not give back what was written.
      return real.isNaN || real == 0 && real.sign == .minus ? .type : nil
    case (.text(let text), .text):
      // Text ends at a zero in many a program, SQLite's own functions among them.
      if text.utf8.contains(0) { return .type }
      return text.utf8.count <= column.limit ? nil : .limit
    case (.bytes(let bytes), .bytes): return bytes.count <= column.limit ? nil : .limit
    default: return .type
    }
  }

  /// Tag and content, padded to the next 64 bytes, with nonce and authenticator.
  private static func sealedLimit(_ column: ColumnDeclaration) -> Int {
    (column.limit + 1) / 64 * 64 + 64 + Limits.sealOverhead
  }
}

extension RefusalReason {
  init(_ refusal: WriteRefusal) {
    self =
      switch refusal {
      case .unknownDevice: .unknownDevice
      case .cut: .cut
      case .notWriter: .author
      case .role: .role
      case .malformed: .malformed
      }
  }
}
