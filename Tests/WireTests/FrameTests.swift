import BullpenCore
import BullpenWire
import Testing

@Suite("Frames")
struct FrameTests {
  @Test("a frame is four bytes of length, big-endian, and the message")
  func layout() {
    #expect(Frame.encode([7, 8, 9]) == [0, 0, 0, 3, 7, 8, 9])
    #expect(Array(Frame.encode([UInt8](repeating: 1, count: 65_536)).prefix(4)) == [0, 1, 0, 0])
  }

  @Test("frames come out whole and in order, however the stream was cut", arguments: [1, 2, 3, 5, 7, 64, 100_000])
  func cut(_ piece: Int) throws {
    let bodies: [[UInt8]] = [[1], [UInt8](repeating: 2, count: 300), [3, 3], [UInt8](repeating: 4, count: 65_536)]
    let stream = bodies.flatMap(Frame.encode)
    var reader = FrameReader()
    var read: [[UInt8]] = []
    for start in stride(from: 0, to: stream.count, by: piece) {
      reader.append(stream[start..<min(start + piece, stream.count)])
      while let body = try reader.next() { read.append(body) }
    }
    #expect(read == bodies)
    #expect(reader.held == 0)
  }

  @Test(
    "a length of nothing or of more than a frame is refused before its bytes come",
    arguments: [
      [0, 0, 0, 0], [0, 1, 0, 1], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff], [0x47, 0x45, 0x54, 0x20],
    ] as [[UInt8]])
  func refused(_ head: [UInt8]) {
    var reader = FrameReader()
    reader.append(head)
    let length = head.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(throws: WireError.frameLength(length)) { try reader.next() }
    #expect(throws: WireError.frameLength(length), "and it stays refused") { try reader.next() }
    #expect(reader.held == 4)
  }

  @Test("what was read is not kept")
  func bounded() throws {
    var reader = FrameReader()
    for _ in 0..<1_000 {
      reader.append(Frame.encode([UInt8](repeating: 1, count: 1_000)))
      _ = try reader.next()
      #expect(reader.held == 0)
    }
  }
}
