import Hummingbird
import NIOCore

/// One event of a stream that a client reads as it comes (WHATWG HTML, 9.2):
///
///     event: NAME
///     data: JSON on one line
///     (an empty line)
struct ServerSentEvent {
  let bytes: ByteBuffer

  init(_ name: String, _ value: some Encodable) {
    var bytes = ByteBuffer(string: "event: \(name)\ndata: ")
    // Our JSON has no line breaks outside of strings, and writes those within as escapes.
    bytes.writeBytes(JSON.encode(value))
    bytes.writeString("\n\n")
    self.bytes = bytes
  }
}
