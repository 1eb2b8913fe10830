import BullpenCore
import BullpenNode
import NIOCore

/// The message `cursor.move`, by hand: the same bytes as those of its envelope with a `CursorBody`, for a hundredth of
/// the time. It is what a node says most.
enum CursorText {
  static func move(_ cursor: RoomCursor, by member: MemberView?) -> ByteBuffer {
    let (position, colour) = (cursor.position, member?.colour ?? 0)
    var text = ByteBuffer.forFrame(of: 512)
    // Keys in ascending order.
    text.write("{\"data\":{\"color\":\"")
    text.writeString(CursorBody.hue(colour))
    text.write("\",\"colour\":", colour)
    if let column = position.column { text.write(",\"column\":", column) }
    text.write(",\"device_id\":\"")
    text.writeHex(cursor.device.bytes)
    text.write("\"")
    if let line = position.line { text.write(",\"line\":", line) }
    text.write(",\"name\":")
    text.writeQuoted(member?.name ?? "")
    if !position.payload.isEmpty {
      text.write(",\"payload\":")
      text.writeQuoted(position.payload)
    }
    if let pointer = position.pointer {
      text.write(",\"pointer\":{")
      if !pointer.anchor.isEmpty {
        text.write("\"anchor\":")
        text.writeQuoted(pointer.anchor)
        text.write(",")
      }
      text.write("\"x\":")
      text.writeFraction(pointer.x)
      text.write(",\"y\":")
      text.writeFraction(pointer.y)
      text.write("}")
    }
    text.write(",\"room\":")
    text.writeQuoted(cursor.room.name)
    if let selection = position.selection {
      text.write(",\"selection\":{\"end\":{\"column\":", selection.endColumn)
      text.write(",\"line\":", selection.endLine)
      text.write("},\"start\":{\"column\":", selection.startColumn)
      text.write(",\"line\":", selection.startLine)
      text.write("}}")
    }
    text.write(",\"user_id\":\"")
    text.writeHex(cursor.member.bytes)
    text.write("\"},\"type\":\"cursor.move\"}")
    return text
  }
}

extension ByteBuffer {
  /// The most that a WebSocket's frame has before an unmasked message (RFC 6455, section 5.2).
  private static let frameHead = 10

  /// Empty, with room for a text and for the head of a frame before it, which NIO then writes there.
  static func forFrame(of count: Int) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: frameHead + count)
    buffer.moveWriterIndex(to: frameHead)
    buffer.moveReaderIndex(to: frameHead)
    return buffer
  }

  fileprivate mutating func write(_ text: StaticString) { writeStaticString(text) }

  fileprivate mutating func write(_ text: StaticString, _ number: some BinaryInteger) {
    writeStaticString(text)
    writeString(String(number))
  }

  fileprivate mutating func writeHex(_ bytes: [UInt8]) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: 2 * bytes.count) { text in
      for place in bytes.indices {
        text[2 * place] = Self.digit(bytes[place] >> 4)
        text[2 * place + 1] = Self.digit(bytes[place] & 15)
      }
      return 2 * bytes.count
    }
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }

  /// A string as Foundation writes it: escaped is what JSON demands, by its short form where there is one.
  fileprivate mutating func writeQuoted(_ text: String) {
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

  /// A fraction of 65,535 in five digits, which tell all apart; below 0.0001 as Foundation writes it.
  fileprivate mutating func writeFraction(_ whole: UInt16) {
    let hundredThousandths = (Int(whole) * 200_000 + 65_535) / (65_535 * 2)
    switch hundredThousandths {
    case 0: write("0")
    case 1..<10:
      writeInteger(UInt8(ascii: "0") + UInt8(hundredThousandths))
      write("e-05")
    case 100_000: write("1")
    default:
      write("0.")
      var (rest, place) = (hundredThousandths, 10_000)
      while rest > 0 {
        writeInteger(UInt8(ascii: "0") + UInt8(rest / place))
        (rest, place) = (rest % place, place / 10)
      }
    }
  }
}
