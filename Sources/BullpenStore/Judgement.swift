import BullpenCore
import BullpenCrypto
import Foundation

/// Where a row was written: what its rules are judged by.
struct Authorship {
  let log: LogID
  let sequence: UInt64
  let entry: Entry
  let membership: Membership
}

/// What is to be done with one row of a change.
enum Judgement {
  case refuse(RefusalReason)
  /// A table that this version does not know.
  case unknownTable
  /// - Parameter hasUnknownColumns: there is more in it than this version knows.
  case merge(RowTable, RowKey, [(column: Int, cell: Int)], hasUnknownColumns: Bool)
}

/// The rules for a row. Nothing here depends on what is stored, or on the hour: every node that knows the same
/// statements judges alike, in whatever order it hears.
enum Judge {
  static func judge(_ row: RowChange, by authorship: Authorship, tables: (String) -> RowTable?) -> Judgement {
    guard let table = tables(row.table) else { return .unknownTable }
    let declaration = table.declaration
    guard let key = RowKey(row.key, shape: declaration.key) else { return .refuse(.key) }
    if let refusal = authorship.membership.refusal(
      of: authorship.log, at: authorship.sequence, table: declaration, key: key)
    {
      return .refuse(RefusalReason(refusal))
    }
    guard declaration.log == authorship.log.kind else { return .refuse(.log) }
    guard audienceHolds(row.audience, declaration.audience) else { return .refuse(.audience) }
    if let refusal = judgeTime(key, declaration, authorship) { return .refuse(refusal) }
    if row.isDelete { return .merge(table, key, [], hasUnknownColumns: false) }

    var writes: [(column: Int, cell: Int)] = []
    for (place, cell) in row.cells.enumerated() {
      guard let column = declaration.columns.firstIndex(where: { $0.name == cell.column }) else { continue }
      if let refusal = judge(cell.content, declaration.columns[column]) { return .refuse(refusal) }
      writes.append((column, place))
    }
    return .merge(table, key, writes, hasUnknownColumns: writes.count < row.cells.count)
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

  static func judge(_ carried: [UInt8], _ column: ColumnDeclaration) -> RefusalReason? {
    guard let content = CellContent(bytes: carried) else { return .type }
    switch (content, column.protection) {
    case (.sealed(let bytes), .sealed): return bytes.count <= sealedLimit(column) ? nil : .limit
    case (.clear(let value), .clear): return judge(value, column)
    default: return .type
    }
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
