/// The key of a row. Its first 16 bytes are always the member who may create it, so nobody can squat on
/// another's row; what follows is the table's own.
///
///     own        member 16 ‖ UUIDv7 16
///     mark       recipient 16 ‖ sender 16 ‖ UUIDv7 16
///     perMember  member 16
///     named      member 16 ‖ name, 1–64 bytes of UTF-8
///     grant      granter 16 ‖ UUIDv7 16 of the row ‖ reader 16 ‖ digest 16 of table and key
public struct RowKey: Hashable, Comparable, Sendable {
  public let bytes: [UInt8]

  /// Nil when the bytes do not have the shape.
  public init?(_ bytes: [UInt8], shape: KeyShape) {
    switch shape {
    case .own: guard bytes.count == 32 else { return nil }
    case .mark: guard bytes.count == 48 else { return nil }
    case .perMember: guard bytes.count == 16 else { return nil }
    case .named:
      guard (17...80).contains(bytes.count),
        String(validating: bytes.dropFirst(16), as: UTF8.self) != nil
      else { return nil }
    case .grant: guard bytes.count == 64 else { return nil }
    }
    self.bytes = bytes
  }

  /// Takes bytes of a table that this node does not know; nil when they cannot name a writer.
  public init?(unknown bytes: [UInt8]) {
    guard (16...128).contains(bytes.count) else { return nil }
    self.bytes = bytes
  }

  private init(raw bytes: [UInt8]) { self.bytes = bytes }

  public static func own(_ member: MemberID, _ id: RowID) -> RowKey { RowKey(raw: member.bytes + id.bytes) }
  public static func mark(by recipient: MemberID, on row: RowKey) -> RowKey {
    RowKey(raw: recipient.bytes + row.bytes)
  }
  public static func member(_ member: MemberID) -> RowKey { RowKey(raw: member.bytes) }
  /// Nil for a name that is empty or longer than 64 bytes.
  public static func named(_ member: MemberID, _ name: String) -> RowKey? {
    RowKey(member.bytes + Array(name.utf8), shape: .named)
  }
  public static func grant(by granter: MemberID, row: RowID, to reader: MemberID, of target: Bytes16) -> RowKey {
    RowKey(raw: granter.bytes + row.bytes + reader.bytes + target.bytes)
  }

  /// The member who may create the row.
  public var writer: MemberID { MemberID(bytes: bytes.prefix(16))! }  // every initialiser holds 16 bytes or more

  /// The row id that an `own`, `mark` or `grant` key carries.
  public func rowID(shape: KeyShape) -> RowID? {
    switch shape {
    case .own, .grant: RowID(bytes: bytes[16..<32])
    case .mark: RowID(bytes: bytes[32..<48])
    case .perMember, .named: nil
    }
  }

  /// The sender in a `mark` key.
  public var markedSender: MemberID? { bytes.count == 48 ? MemberID(bytes: bytes[16..<32]) : nil }

  public static func < (a: RowKey, b: RowKey) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

extension RowKey: CustomStringConvertible {
  public var description: String { Hex.encode(bytes) }
  /// Reads the hexadecimal text of a key of a known shape.
  public init?(_ text: some StringProtocol, shape: KeyShape) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes, shape: shape)
  }
}
