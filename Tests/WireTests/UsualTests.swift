import BullpenCore
import Testing

@testable import BullpenWire

/// What is read faster must be read as the library reads it.
@Suite("The usual form of changes and segments")
struct UsualTests {
  private static func change(_ draw: inout Draw) -> Change {
    Change(
      rows: draw.many(1...4) { draw in
        RowChange(
          table: draw.name(), key: draw.bytes(16...48),
          audience: draw.chance() ? [] : Set(draw.many(0...4) { $0.id16() as MemberID }).sorted(),
          cells: draw.many(0...5) { $0.bytes(1...40) }.enumerated().map { CellChange(column: "c\($0)", content: $1) },
          isDelete: draw.number(0...4) == 0)
      })
  }

  private static func segment(_ draw: inout Draw) -> Segment {
    let first = draw.sequence()
    return Segment(
      log: draw.log(), first: first, previous: first == 1 ? .zero : draw.id32(),
      entries: draw.many(1...5) { draw in
        Entry(
          time: draw.chance() ? .zero : draw.time(), expiry: draw.moment(),
          payload: draw.chance() ? .present(draw.bytes(0...300)) : .absent(draw.id32()))
      }, signature: draw.signature())
  }

  @Test("changes are read as the library reads them, those that went wrong on the way too")
  func changes() {
    var draw = Draw(random: SeededRandomness(seed: 11))
    var layout = ChangeLayout()
    var usual = 0
    for _ in 0..<1_000 {
      let bytes = ChangeCodec.encode(Self.change(&draw))
      let other = ChangeCodec.encode(Self.change(&draw))
      let isUsual = layout.readUsual(bytes)
      #expect(isUsual)
      for bytes in [bytes] + (0..<10).map({ _ in MutationTests.mutate(bytes, with: other, &draw.random) }) {
        let read = ChangeCodec.decodeAny(bytes)
        if layout.readUsual(bytes) { usual += 1 }
        #expect(ChangeCodec.decode(bytes) == read)
        #expect((layout.read(bytes) == nil) == (read == nil))
      }
    }
    #expect(usual > 1_500)
  }

  @Test("so are cursors")
  func cursors() {
    var draw = Draw(random: SeededRandomness(seed: 17))
    var usual = 0
    for _ in 0..<2_000 {
      func cursor() -> [UInt8] {
        let position = draw.chance() || draw.chance() ? draw.position() : nil
        return DatagramCodec.encode(
          .cursor(CursorUpdate(room: draw.room(), version: draw.version(), position: position)))
      }
      let (bytes, other) = (cursor(), cursor())
      #expect(bytes.withUnsafeBytes { CursorUpdate(usual: $0) } != nil)
      for bytes in [bytes] + (0..<10).map({ _ in MutationTests.mutate(bytes, with: other, &draw.random) }) {
        if bytes.withUnsafeBytes({ CursorUpdate(usual: $0) }) != nil { usual += 1 }
        #expect(DatagramCodec.decode(bytes) == DatagramCodec.decodeAny(bytes))
      }
    }
    #expect(usual > 2_500)
  }

  @Test("a change in another form than the usual is read all the same, however many columns a row has")
  func unusual() {
    var draw = Draw(random: SeededRandomness(seed: 13))
    let change = Change(
      rows: [
        RowChange(
          table: "wide", key: draw.bytes(16...16),
          cells: (0..<200).map { CellChange(column: "c\($0)", content: [UInt8($0)]) })
      ])
    let bytes = ChangeCodec.encode(change)
    // A field of a later version at the end.
    let later = bytes + [0x78, 1]
    var layout = ChangeLayout()
    let isUsual = layout.readUsual(later)
    #expect(!isUsual)
    #expect(layout.read(later) == bytes)
    #expect(layout.rows.map { layout.row($0, of: bytes) } == change.rows)
    var twice = change
    twice.rows[0].cells[150].column = "c7"
    #expect(layout.read(ChangeCodec.encode(twice)) == nil)
  }

  @Test("segments are read and written as the library does, those that went wrong on the way too")
  func segments() throws {
    var draw = Draw(random: SeededRandomness(seed: 12))
    for _ in 0..<1_000 {
      let (segment, other) = (Self.segment(&draw), Self.segment(&draw))
      let bytes = SegmentCodec.encode(segment)
      #expect(bytes == segment.message.wireBytes)
      #expect(bytes.withUnsafeBytes { Segment(usual: $0) } == segment)
      let batch = PeerMessage.segments(SegmentBatch(segments: [segment, other]))
      let message = PeerMessageCodec.encode(batch)
      #expect(message == PeerMessageCodec.encodeAny(batch))
      #expect(SegmentBatch(usual: message).map(PeerMessage.segments) == batch)
      for _ in 0..<10 {
        let bad = MutationTests.mutate(bytes, with: SegmentCodec.encode(other), &draw.random)
        let read = bad.withUnsafeBytes { Segment(usual: $0) }
        #expect(read == nil || read == SegmentCodec.decodeAny(bad))
        let worse = MutationTests.mutate(message, with: bad, &draw.random)
        let heard = SegmentBatch(usual: worse).map(PeerMessage.segments)
        #expect(try heard == nil || heard == PeerMessageCodec.decodeAny(worse))
      }
    }
  }
}
