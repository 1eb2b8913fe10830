/// One atomic write of one device: some rows, some cells, one stamp. This is the payload of a log entry.
public struct Change: Hashable, Sendable {
  public var rows: [RowChange]
  public init(rows: [RowChange]) { self.rows = rows }
}

/// The part of a change that touches one row. Table and column names may be unknown to this node: they are
/// kept and relayed all the same.
public struct RowChange: Hashable, Sendable {
  public var table: String
  public var key: [UInt8]
  /// The members whom the row names, in ascending order; empty in a table that names none. They can open what
  /// is sealed, and so can the row's writer, who is listed only where the row is meant for the writer too.
  public var audience: [MemberID]
  public var cells: [CellChange]
  /// Delete is terminal: no later write brings the row back.
  public var isDelete: Bool

  public init(table: String, key: [UInt8], audience: [MemberID] = [], cells: [CellChange], isDelete: Bool = false) {
    self.table = table
    self.key = key
    self.audience = audience
    self.cells = cells
    self.isDelete = isDelete
  }
}

/// One cell, as it is carried.
public struct CellChange: Hashable, Sendable {
  public var column: String
  /// `CellContent.bytes`.
  public var content: [UInt8]

  public init(column: String, content: [UInt8]) {
    self.column = column
    self.content = content
  }
}

/// What a person or app asks to write, before the store authorises, stamps and seals it. All rows become one
/// change, or nothing is written.
public struct Draft: Hashable, Sendable {
  public var rows: [RowDraft]
  public init(_ rows: [RowDraft]) { self.rows = rows }
}

public struct RowDraft: Hashable, Sendable {
  public var table: TableDeclaration
  public var key: RowKey
  /// Whom a row of a table with a named audience is for. The writer can always open its own row.
  public var audience: [MemberID]
  public var cells: [String: Value]
  public var isDelete: Bool

  public init(
    _ table: TableDeclaration, _ key: RowKey, audience: [MemberID] = [], cells: [String: Value] = [:],
    isDelete: Bool = false
  ) {
    self.table = table
    self.key = key
    self.audience = audience
    self.cells = cells
    self.isDelete = isDelete
  }
}
