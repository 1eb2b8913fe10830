/// Sixteen bytes held inline and ordered as a reader of the bytes would order them.
public struct Bytes16: Hashable, Comparable, Sendable {
  @usableFromInline let high: UInt64
  @usableFromInline let low: UInt64

  @inlinable init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes exactly 16 bytes; nil for any other count.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var iterator = bytes.makeIterator()
    self.init(high: UInt64(bigEndianFrom: &iterator), low: UInt64(bigEndianFrom: &iterator))
  }

  /// Draws 16 bytes from a generator that the caller hands in.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(high: generator.next(), low: generator.next())
  }

  public static let zero = Bytes16(high: 0, low: 0)

  public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

  @inlinable public static func < (a: Bytes16, b: Bytes16) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }
}

/// Thirty-two bytes held inline and ordered as a reader of the bytes would order them.
public struct Bytes32: Hashable, Comparable, Sendable {
  public let upper: Bytes16
  public let lower: Bytes16

  @inlinable init(upper: Bytes16, lower: Bytes16) {
    self.upper = upper
    self.lower = lower
  }

  /// Takes exactly 32 bytes; nil for any other count.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var iterator = bytes.makeIterator()
    let words = (0..<4).map { _ in UInt64(bigEndianFrom: &iterator) }
    self.init(
      upper: Bytes16(high: words[0], low: words[1]), lower: Bytes16(high: words[2], low: words[3]))
  }

  /// Draws 32 bytes from a generator that the caller hands in.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(upper: Bytes16(using: &generator), lower: Bytes16(using: &generator))
  }

  public static let zero = Bytes32(upper: .zero, lower: .zero)

  public var bytes: [UInt8] { upper.bytes + lower.bytes }

  @inlinable public static func < (a: Bytes32, b: Bytes32) -> Bool {
    a.upper != b.upper ? a.upper < b.upper : a.lower < b.lower
  }
}

extension UInt64 {
  /// Reads up to eight bytes, most significant first.
  init(bigEndianFrom iterator: inout some IteratorProtocol<UInt8>) {
    var value: UInt64 = 0
    for _ in 0..<8 { value = value << 8 | UInt64(iterator.next() ?? 0) }
    self = value
  }

  /// Eight bytes, most significant first.
  public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// Takes exactly eight bytes, most significant first; nil for any other count.
  public init?(bigEndianBytes bytes: some Collection<UInt8>) {
    guard bytes.count == 8 else { return nil }
    var iterator = bytes.makeIterator()
    self.init(bigEndianFrom: &iterator)
  }
}
