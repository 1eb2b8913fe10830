/// A replicated table, declared once. Merge, log, sync, seal, policy and the schema read nothing else.
///
/// The rules of a column never change: a new rule is a new column.
public struct TableDeclaration: Hashable, Sendable {
  /// Lower-case words joined by `_`; the name on the wire and in SQLite.
  public let name: String
  public let key: KeyShape
  public let columns: [ColumnDeclaration]
  public let writer: WriterRule
  public let audience: AudienceRule
  /// How long a row lives, in milliseconds from the time in its key; nil means for ever. A table with a
  /// lifetime is written to the passing log, one without to the lasting log.
  public let lifetime: Int64?

  public init(
    _ name: String, key: KeyShape, columns: [ColumnDeclaration], writer: WriterRule,
    audience: AudienceRule = .workspace, lifetime: Int64? = nil
  ) {
    precondition(
      writer != .anyone || columns.allSatisfy { $0.protection == .clear }, "what all write is sealed to nobody")
    self.name = name
    self.key = key
    self.columns = columns
    self.writer = writer
    self.audience = audience
    self.lifetime = lifetime
  }

  public var log: LogKind { lifetime == nil ? .lasting : .passing }

  public func column(_ name: String) -> ColumnDeclaration? { columns.first { $0.name == name } }

  /// When a row's life ends, in Unix milliseconds; nil for a row that lives for ever.
  public func expiry(of key: RowKey) -> Int64? {
    guard let lifetime, let id = key.rowID(shape: self.key) else { return nil }
    return id.milliseconds + lifetime
  }
}

public struct ColumnDeclaration: Hashable, Sendable {
  public let name: String
  public let type: ColumnType
  public let merge: MergeRule
  public let protection: Protection
  /// The greatest size of the value, in bytes of its content.
  public let limit: Int

  public init(
    _ name: String, _ type: ColumnType, merge: MergeRule = .last, protection: Protection = .clear,
    limit: Int = Limits.cellBytes
  ) {
    self.name = name
    self.type = type
    self.merge = merge
    self.protection = protection
    self.limit = limit
  }
}

/// The shape of a row's key; see `RowKey`.
public enum KeyShape: Hashable, Sendable { case own, mark, perMember, named, grant }

public enum ColumnType: Hashable, Sendable { case integer, real, text, bytes }

/// How two writes of one cell become one.
public enum MergeRule: Hashable, Sendable {
  /// The write with the greatest stamp, and of equal stamps the one with the greatest digest.
  case last
  /// The greatest integer. Never sealed: nobody could compare.
  case max
  /// The least integer. Never sealed.
  case min
}

public enum Protection: Hashable, Sendable { case clear, sealed }

/// Who may write a row.
public enum WriterRule: Hashable, Sendable {
  /// The member in the key.
  case keyMember
  /// The member in the key, who must be an owner or admin.
  case admin
  /// The member in the key, who must be the owner.
  case owner
  /// Every member but guests, whoever made the row; only who made it, and admins, delete it. Nothing in it is sealed.
  case anyone
}

/// Who may read what is sealed.
public enum AudienceRule: Hashable, Sendable {
  /// Every member; nothing is sealed.
  case workspace
  /// The members that the row names, and its writer.
  case named
}
