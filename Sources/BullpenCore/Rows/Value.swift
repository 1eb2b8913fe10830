/// What a cell holds.
public enum Value: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes([UInt8])
}

/// What a cell carries between nodes: a value, or a value sealed to an audience. Both have one encoding, so
/// that every node hashes, stores and relays the same bytes: a tag, then the content.
///
///     0                        null
///     1 ‖ 8 bytes, big-endian  integer
///     2 ‖ 8 bytes, big-endian  real, by its IEEE 754 bits
///     3 ‖ UTF-8                text
///     4 ‖ bytes                bytes
///     5 ‖ nonce 24 ‖ cipher    sealed: the same encoding of a value, padded and encrypted
public enum CellContent: Hashable, Sendable {
  case clear(Value)
  case sealed([UInt8])

  public var bytes: [UInt8] {
    switch self {
    case .clear(.null): [0]
    case .clear(.integer(let value)): [1] + UInt64(bitPattern: value).bigEndianBytes
    case .clear(.real(let value)): [2] + value.bitPattern.bigEndianBytes
    case .clear(.text(let text)): [3] + Array(text.utf8)
    case .clear(.bytes(let bytes)): [4] + bytes
    case .sealed(let bytes): [5] + bytes
    }
  }

  /// Nil for an unknown tag, a wrong length or text that is not UTF-8.
  public init?(bytes: some Collection<UInt8>) {
    guard let tag = bytes.first else { return nil }
    let content = bytes.dropFirst()
    switch tag {
    case 0:
      guard content.isEmpty else { return nil }
      self = .clear(.null)
    case 1:
      guard let value = UInt64(bigEndianBytes: content) else { return nil }
      self = .clear(.integer(Int64(bitPattern: value)))
    case 2:
      guard let value = UInt64(bigEndianBytes: content) else { return nil }
      self = .clear(.real(Double(bitPattern: value)))
    case 3:
      guard let text = String(validating: content, as: UTF8.self) else { return nil }
      self = .clear(.text(text))
    case 4:
      self = .clear(.bytes(Array(content)))
    case 5:
      guard content.count >= Limits.sealOverhead else { return nil }
      self = .sealed(Array(content))
    default:
      return nil
    }
  }
}
