import NIOCore

/// JSON (RFC 8259) by hand, byte for byte as Foundation's encoder writes it, for what is said most.
extension ByteBuffer {
  mutating func write(_ text: StaticString) { writeStaticString(text) }

  mutating func write(_ text: StaticString, _ number: some BinaryInteger) {
    writeStaticString(text)
    writeString(String(number))
  }

  /// A number, or null.
  mutating func write(_ text: StaticString, _ number: Int64?) {
    writeStaticString(text)
    writeString(number.map { String($0) } ?? "null")
  }

  /// A string, or null.
  mutating func write(_ text: StaticString, quoted: String?) {
    writeStaticString(text)
    if let quoted { writeQuoted(quoted) } else { write("null") }
  }

  /// An id as its text form.
  mutating func write(_ text: StaticString, hex bytes: [UInt8]) {
    writeStaticString(text)
    write("\"")
    writeWithUnsafeMutableBytes(minimumWritableBytes: 2 * bytes.count) { text in
      for place in bytes.indices {
        text[2 * place] = Self.digit(bytes[place] >> 4)
        text[2 * place + 1] = Self.digit(bytes[place] & 15)
      }
      return 2 * bytes.count
    }
    write("\"")
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }

  /// A list.
  mutating func write<Item>(
    _ text: StaticString, list items: some Collection<Item>, _ write: (Item, inout ByteBuffer) -> Void
  ) {
    writeStaticString(text)
    self.write("[")
    var isFirst = true
    for item in items {
      if !isFirst { self.write(",") }
      isFirst = false
      write(item, &self)
    }
    self.write("]")
  }

  /// A string: escaped is what JSON demands, by its short form where there is one.
  mutating func writeQuoted(_ text: String) {
    writeInteger(UInt8(ascii: "\""))
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      writeString(text)
    } else {
      for byte in text.utf8 { writeEscaped(byte) }
    }
    writeInteger(UInt8(ascii: "\""))
  }

  private mutating func writeEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write("\\\"")
    case UInt8(ascii: "\\"): write("\\\\")
    case 0x08: write("\\b")
    case 0x09: write("\\t")
    case 0x0a: write("\\n")
    case 0x0c: write("\\f")
    case 0x0d: write("\\r")
    case 0..<0x10: writeString("\\u000" + String(byte, radix: 16))
    case 0x10..<0x20: writeString("\\u00" + String(byte, radix: 16))
    default: writeInteger(byte)
    }
  }
}
