/// Protobuf written by hand, so that a test says which bytes it means and does not trust the code it tests.
/// https://protobuf.dev/programming-guides/encoding
enum Field {
  static func number(_ value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    repeat {
      bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  static func varint(_ field: UInt64, _ value: UInt64) -> [UInt8] { number(field << 3) + number(value) }
  static func varint(_ field: UInt64, signed value: Int64) -> [UInt8] { varint(field, UInt64(bitPattern: value)) }
  static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    number(field << 3 | 2) + number(UInt64(value.count)) + value
  }
  static func text(_ field: UInt64, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }
  static func fixed64(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    number(field << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
  static func fixed64(_ field: UInt64, signed value: Int64) -> [UInt8] { fixed64(field, UInt64(bitPattern: value)) }
}
