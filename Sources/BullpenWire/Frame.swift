import BullpenCore

/// A frame on a connection: four bytes of length, big-endian, then so many bytes of one message. The length
/// counts the message alone, from 1 to 65,536.
public enum Frame {
  /// - Precondition: the body is no longer than a frame may be; the codec keeps messages below it.
  public static func encode(_ body: [UInt8]) -> [UInt8] {
    let length = UInt32(body.count)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) } + body
  }
}

/// Cuts a stream of bytes into frames. A length is refused before anything is allocated for it.
public struct FrameReader: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  public init() {}

  /// Bytes that are held: never more than one frame and what came with its last piece.
  public var held: Int { bytes.count - start }

  public mutating func append(_ more: some Sequence<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next whole message; nil while more bytes are needed.
  public mutating func next() throws(WireError) -> [UInt8]? {
    guard held >= 4 else { return nil }
    let length = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard length >= 1, length <= UInt32(Limits.frameBytes) else { throw .frameLength(length) }
    guard held >= 4 + Int(length) else { return nil }
    let body = Array(bytes[start + 4..<start + 4 + Int(length)])
    start += 4 + Int(length)
    return body
  }
}
