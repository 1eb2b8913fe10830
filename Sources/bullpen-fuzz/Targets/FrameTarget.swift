import BullpenCore
import BullpenWire

/// The stream of a connection, however TCP cuts it. The first eight bytes say how.
final class FrameTarget: FuzzTarget {
  static let name = "frames"
  static let form = InputForm.bytes
  static let words: [[UInt8]] = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 1, 0, 1], [0xff, 0xff, 0xff, 0xff]]
  static func seeds() -> [[UInt8]] {
    let messages = Samples.messages().map(PeerMessageCodec.encode)
    let most = Frame.encode([UInt8](repeating: 7, count: Limits.frameBytes))
    return [messages.flatMap(Frame.encode), Frame.encode([1]) + Frame.encode([2]), most + Frame.encode([3])]
      .map { [UInt8](repeating: 9, count: 8) + $0 }
  }

  private struct Reading: Equatable {
    var bodies: [[UInt8]] = []
    var error: WireError?
    var left = 0
  }

  func run(_ bytes: [UInt8]) throws -> String {
    let stream = Array(bytes.dropFirst(8))
    var random = SeededRandomness(seed: UInt64(bigEndianBytes: bytes.prefix(8)) ?? 0)
    let whole = try read(stream) { stream.count }
    let most = [1, 5, 64, 2_000][Int(random.next() % 4)]
    let pieces = try read(stream) { Int.random(in: 1...most, using: &random) }
    try require(whole == pieces, "the same bytes in pieces of up to \(most) say something else")
    try require(
      whole.bodies.flatMap(Frame.encode) == Array(stream.prefix(stream.count - whole.left)),
      "what was read is not what was written")
    return "\(min(whole.bodies.count, 3)) bodies, \(whole.error.map(kind) ?? "no error")"
  }

  private func read(_ stream: [UInt8], by piece: () -> Int) throws -> Reading {
    var (reader, reading, start) = (FrameReader(), Reading(), 0)
    while start < stream.count {
      let end = min(stream.count, start + max(1, piece()))
      reader.append(stream[start..<end])
      let arrived = end - start
      start = end
      do throws(WireError) {
        while let body = try reader.next() {
          try check(body)
          reading.bodies.append(body)
        }
      } catch {
        reading.error = error
        // Whatever comes now, it stays refused, and is not kept by a caller that stops reading.
        do throws(WireError) { _ = try reader.next() } catch let again {
          try require(again == error, "it was refused for \(error), and then for \(again)")
        }
        break
      }
      try require(reader.held < 4 + Limits.frameBytes + arrived, "\(reader.held) bytes are held")
    }
    reading.left = stream.count - reading.bodies.reduce(0) { $0 + 4 + $1.count }
    return reading
  }

  private func check(_ body: [UInt8]) throws(WireError) {
    guard (1...Limits.frameBytes).contains(body.count) else { throw .malformed }
  }
}
