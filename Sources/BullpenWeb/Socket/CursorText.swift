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
    text.write(",\"device_id\":", hex: cursor.device.bytes)
    if let line = position.line { text.write(",\"line\":", line) }
    text.write(",\"name\":", quoted: member?.name ?? "")
    if !position.payload.isEmpty { text.write(",\"payload\":", quoted: position.payload) }
    if let pointer = position.pointer {
      text.write(",\"pointer\":{")
      if !pointer.anchor.isEmpty {
        text.write("\"anchor\":", quoted: pointer.anchor)
        text.write(",")
      }
      text.write("\"x\":")
      text.writeFraction(pointer.x)
      text.write(",\"y\":")
      text.writeFraction(pointer.y)
      text.write("}")
    }
    text.write(",\"room\":", quoted: cursor.room.name)
    if let selection = position.selection {
      text.write(",\"selection\":{\"end\":{\"column\":", selection.endColumn)
      text.write(",\"line\":", selection.endLine)
      text.write("},\"start\":{\"column\":", selection.startColumn)
      text.write(",\"line\":", selection.startLine)
      text.write("}}")
    }
    text.write(",\"user_id\":", hex: cursor.member.bytes)
    text.write("},\"type\":\"cursor.move\"}")
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
