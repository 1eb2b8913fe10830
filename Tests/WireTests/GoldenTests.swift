import BullpenCore
import BullpenWire
import Testing

@Suite("Golden bytes")
struct GoldenTests {
  @Test("every kind has a vector, and every vector a kind")
  func complete() {
    #expect(Samples.all().map(\.name) == Vectors.golden.map(\.0))
    let messages = Set(Samples.messages.map { "\($0.1)".prefix { $0 != "(" } })
    #expect(messages.count == 19, "every case of PeerMessage")
    #expect(Set(Samples.datagrams.map { "\($0.1)".prefix { $0 != "(" } }).count == 7, "every case of DatagramBody")
  }

  @Test("a value is written in the bytes that it always had, and reads back")
  func unchanged() {
    let golden = Dictionary(uniqueKeysWithValues: Vectors.golden)
    for (name, bytes, returns) in Samples.all() {
      #expect(Hex.encode(bytes) == golden[name], "\(name)")
      #expect(returns, "\(name) reads back")
    }
  }

  @Test("a field that a later version adds is no reason to refuse")
  func laterField() throws {
    let later = Field.varint(200, 1) + Field.bytes(201, [1, 2])
    for (_, value) in Samples.messages {
      #expect(try PeerMessageCodec.decode(PeerMessageCodec.encode(value) + later) == value)
    }
    for (_, value) in Samples.datagrams { #expect(DatagramCodec.decode(DatagramCodec.encode(value) + later) == value) }
    for (_, value) in Samples.changes { #expect(ChangeCodec.decode(ChangeCodec.encode(value) + later) == value) }
  }

  @Test("bytes behind a message that are no field are refused")
  func trailing() {
    // A field of number zero, a length beyond the end, an unfinished number and an end of a group that never began.
    for rest in [[0x00], [0x0a, 0x7f, 1], [0x80], [0x0c], [0xff, 0xff]] as [[UInt8]] {
      for (name, value) in Samples.messages {
        #expect(throws: WireError.malformed, "\(name)") {
          try PeerMessageCodec.decode(PeerMessageCodec.encode(value) + rest)
        }
      }
      for (name, value) in Samples.datagrams {
        #expect(DatagramCodec.decode(DatagramCodec.encode(value) + rest) == nil, "\(name)")
      }
      for (name, value) in Samples.statements {
        #expect(StatementCodec.decode(StatementCodec.encode(value) + rest) == nil, "\(name)")
      }
      #expect(ChangeCodec.decode(ChangeCodec.encode(Samples.changes[0].1) + rest) == nil)
      #expect(SegmentCodec.decode(SegmentCodec.encode(Samples.segment) + rest) == nil)
    }
  }

  @Test("a cursor costs little more than its room's name")
  func compact() {
    let update = CursorUpdate(
      room: Samples.room("page:/a"), version: Samples.version, position: CursorPosition(line: 120, column: 40))
    // Two tags and lengths, the session's eight bytes, two counters and two small numbers.
    #expect(DatagramCodec.encode(.cursor(update)).count <= "page:/a".utf8.count + 26)
  }
}
