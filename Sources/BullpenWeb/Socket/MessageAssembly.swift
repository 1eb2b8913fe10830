import NIOCore
import NIOWebSocket

/// Puts frames together into messages (RFC 6455, section 5.4), and says what ends a connection.
struct MessageAssembly {
  enum Outcome: Equatable {
    case nothing
    case text(String)
    case ping(ByteBuffer)
    case close(ByteBuffer)
    case fault(WebSocketErrorCode, String)
  }

  private var parts: ByteBuffer?
  private var count = 0

  mutating func receive(_ frame: WebSocketFrame) -> Outcome {
    // A client masks every frame (section 5.1), and no extension was agreed that could give the bits a meaning.
    guard frame.maskKey != nil else { return .fault(.protocolError, "a frame is not masked") }
    guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .fault(.protocolError, "a reserved bit is set") }
    let data = frame.unmaskedData
    switch frame.opcode {
    case .ping: return .ping(data)
    case .pong: return .nothing
    case .connectionClose: return .close(data)
    case .binary: return .fault(.unacceptableData, "a message is not text")
    case .text:
      guard parts == nil else { return .fault(.protocolError, "a message began within another") }
      parts = data
      count = 1
      return frame.fin ? finish() : .nothing
    case .continuation:
      guard parts != nil else { return .fault(.protocolError, "a fragment belongs to no message") }
      guard parts!.readableBytes + data.readableBytes <= WebBounds.messageBytes, count < WebBounds.fragments else {
        return .fault(.messageTooLarge, "a message is too large")
      }
      parts!.writeImmutableBuffer(data)
      count += 1
      return frame.fin ? finish() : .nothing
    default: return .fault(.protocolError, "a frame's opcode is unknown")
    }
  }

  private mutating func finish() -> Outcome {
    defer { parts = nil }
    guard let parts, let text = String(validating: parts.readableBytesView, as: UTF8.self) else {
      return .fault(.dataInconsistentWithMessage, "a message is not UTF-8")
    }
    return .text(text)
  }
}
