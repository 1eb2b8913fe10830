/// Sixteen bytes held inline and ordered as a reader of the bytes would order them.
public struct Bytes16: Hashable, Comparable, Sendable {
  @usableFromInline let high: UInt64
  @usableFromInline let low: UInt64

  @inlinable init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes exactly 16 bytes; nil for any other count.
  @inlinable public init?(_ bytes: some Collection<UInt8>) {
    guard let words = bigEndianWords(bytes, 2) else { return nil }
    self.init(high: words.0, low: words.1)
  }

  /// Draws 16 bytes from a generator that the caller hands in.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(high: generator.next(), low: generator.next())
  }

  public static let zero = Bytes16(high: 0, low: 0)

  public var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

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
  @inlinable public init?(_ bytes: some Collection<UInt8>) {
    guard let words = bigEndianWords(bytes, 4) else { return nil }
    self.init(upper: Bytes16(high: words.0, low: words.1), lower: Bytes16(high: words.2, low: words.3))
  }

  /// Draws 32 bytes from a generator that the caller hands in.
  public init(using generator: inout some RandomNumberGenerator) {
    self.init(upper: Bytes16(using: &generator), lower: Bytes16(using: &generator))
  }

  /// Reads the first 32 bytes; there are at least as many.
  public init(loading bytes: UnsafeRawBufferPointer) {
    func word(_ place: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
    }
    self.init(upper: Bytes16(high: word(0), low: word(1)), lower: Bytes16(high: word(2), low: word(3)))
  }

  /// Writes the 32 bytes from a place on.
  public func store(to bytes: UnsafeMutableRawBufferPointer, at place: Int) {
    for (index, word) in [upper.high, upper.low, lower.high, lower.low].enumerated() {
      bytes.storeBytes(of: word.bigEndian, toByteOffset: place + 8 * index, as: UInt64.self)
    }
  }

  public static let zero = Bytes32(upper: .zero, lower: .zero)

  public var bytes: [UInt8] {
    let words = (upper.high.bigEndian, upper.low.bigEndian, lower.high.bigEndian, lower.low.bigEndian)
    return withUnsafeBytes(of: words) { Array($0) }
  }

  @inlinable public static func < (a: Bytes32, b: Bytes32) -> Bool {
    a.upper != b.upper ? a.upper < b.upper : a.lower < b.lower
  }
}

/// Reads exactly so many words, at most four, each of eight bytes, most significant first; nil for any other count of
/// bytes. Inlined, for a history of a million changes has millions of ids.
@inlinable func bigEndianWords(
  _ bytes: some Collection<UInt8>, _ count: Int
) -> (UInt64, UInt64, UInt64, UInt64)? {
  guard bytes.count == 8 * count else { return nil }
  func read(_ buffer: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64, UInt64, UInt64) {
    let raw = UnsafeRawBufferPointer(buffer)
    func word(_ place: Int) -> UInt64 {
      place < count ? UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self)) : 0
    }
    return (word(0), word(1), word(2), word(3))
  }
  return bytes.withContiguousStorageIfAvailable(read) ?? Array(bytes).withUnsafeBufferPointer(read)
}

extension UInt64 {
  /// Eight bytes, most significant first.
  public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// Takes exactly eight bytes, most significant first; nil for any other count.
  @inlinable public init?(bigEndianBytes bytes: some Collection<UInt8>) {
    guard let words = bigEndianWords(bytes, 1) else { return nil }
    self = words.0
  }
}
