/// A UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, then randomness. A row's lifetime counts
/// from the time in it.
public struct RowID: Identifier {
  public let raw: Bytes16
  public init(_ raw: Bytes16) { self.raw = raw }

  /// Mints an id at a wall time, in Unix milliseconds.
  public init(at milliseconds: Int64, using generator: inout some RandomNumberGenerator) {
    let high = UInt64(bitPattern: milliseconds) << 16 | 0x7000 | generator.next() & 0x0fff
    let low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    self.init(Bytes16(high: high, low: low))
  }

  /// The creation time, in Unix milliseconds.
  public var milliseconds: Int64 { Int64(raw.high >> 16) }

  /// Whether version and variant bits are those of a UUIDv7.
  public var isVersion7: Bool { raw.high >> 12 & 0xf == 7 && raw.low >> 62 == 2 }

  /// The usual form with hyphens.
  public var description: String {
    let digits = Array(Hex.encode(raw.bytes))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(digits[$0]) }.joined(separator: "-")
  }

  /// Reads the usual form with hyphens, or 32 digits.
  public init?(_ text: some StringProtocol) {
    guard let bytes = Hex.decode(String(text.filter { $0 != "-" })) else { return nil }
    self.init(bytes: bytes)
  }
}
