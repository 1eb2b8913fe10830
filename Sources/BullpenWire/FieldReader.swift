import BullpenCore

/// Reads the fields of a protobuf message straight from its bytes.
///
/// What sync and merge read most, changes and segments, is read this way where it has the form in which this program
/// writes it: known fields in ascending order, each at most once unless it repeats, and no field that holds its default.
/// Of anything else these readers say nil, and the library's reader decides what it is: so what counts as a message is
/// what it says, and only the usual one is read faster.
struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private var place: Int
  private let end: Int

  init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

  /// Reads a message that lies in another.
  init(_ bytes: UnsafeRawBufferPointer, _ part: Range<Int>) {
    self.bytes = bytes
    place = part.lowerBound
    end = part.upperBound
  }

  var isAtEnd: Bool { place == end }

  /// Takes the key of the next field, which is one byte for fields up to 15, if it is this one.
  mutating func takes(_ key: UInt8) -> Bool {
    guard place < end, bytes[place] == key else { return false }
    place += 1
    return true
  }

  /// Nil beyond nine bytes: what is written here stays below 2^63.
  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < end, shift < 63 {
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    return nil
  }

  mutating func fixed64() -> Int64? {
    guard end - place >= 8 else { return nil }
    defer { place += 8 }
    return Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int64.self))
  }

  /// Where the content of a field lies that says its length.
  mutating func content() -> Range<Int>? {
    guard let count = varint(), count <= UInt64(end - place) else { return nil }
    defer { place += Int(count) }
    return place..<place + Int(count)
  }

  /// The content itself.
  mutating func bytesOfContent() -> UnsafeRawBufferPointer? {
    content().map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
  }
}

/// Writes the fields of a protobuf message into bytes whose number is known beforehand.
struct FieldWriter {
  private let start: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  private init(_ start: UnsafeMutableRawBufferPointer) { self.start = start }

  /// - Parameter count: how many bytes `write` writes.
  static func bytes(_ count: Int, _ write: (inout FieldWriter) -> Void) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      var writer = FieldWriter(UnsafeMutableRawBufferPointer(buffer))
      write(&writer)
      precondition(writer.count == count, "a message has the length that was reckoned")
      filled = count
    }
  }

  mutating func byte(_ byte: UInt8) {
    start[count] = byte
    count += 1
  }

  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(rest))
  }

  mutating func fixed64(_ value: Int64) {
    UnsafeMutableRawBufferPointer(rebasing: start[count..<count + 8])
      .storeBytes(of: value.littleEndian, as: Int64.self)
    count += 8
  }

  mutating func content(_ bytes: [UInt8]) {
    varint(UInt64(bytes.count))
    bytes.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(rebasing: start[count..<count + bytes.count]).copyMemory(from: $0)
    }
    count += bytes.count
  }

  /// The bytes that a number takes.
  static func size(_ value: UInt64) -> Int { value == 0 ? 1 : (64 - value.leadingZeroBitCount + 6) / 7 }
  /// The bytes that content takes with its length before it.
  static func size(content count: Int) -> Int { size(UInt64(count)) + count }
}
