import BullpenCore
import BullpenWire
import Testing

@Suite("Bytes that went wrong on the way")
struct MutationTests {
  /// Flips, cuts, extends, doubles and swaps, as a faulty or hostile node would.
  static func mutate(_ bytes: [UInt8], with other: [UInt8], _ random: inout SeededRandomness) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { return other }
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes[index] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      case 2: bytes.removeSubrange(index...)
      case 3: bytes.append(contentsOf: other.prefix(index))
      case 4: bytes.insert(contentsOf: Samples.bytes(0xff, 9) + [1], at: index)
      case 5: bytes.remove(at: index)
      default: bytes.replaceSubrange(index..., with: other.suffix(bytes.count - index))
      }
    }
    return bytes
  }

  /// Asks of a value what every receiver asks at once: this must not trap.
  static func use(_ segments: [Segment]) {
    for segment in segments { #expect(segment.last >= segment.first && segment.cost > 0) }
  }

  /// Reads bytes as one kind; whatever is read has one form, and written and read again it is the same.
  static func read(_ bytes: [UInt8], as kind: Substring) throws -> Bool {
    switch kind {
    case "statement":
      guard let value = StatementCodec.decode(bytes) else { return false }
      #expect(StatementCodec.decode(StatementCodec.encode(value)) == value)
    case "change":
      guard let value = ChangeCodec.decode(bytes) else { return false }
      #expect(ChangeCodec.decode(ChangeCodec.encode(value)) == value)
    case "segment":
      guard let value = SegmentCodec.decode(bytes) else { return false }
      use([value])
      #expect(SegmentCodec.decode(SegmentCodec.encode(value)) == value)
    case "datagram":
      guard let value = DatagramCodec.decode(bytes) else { return false }
      #expect(DatagramCodec.decode(DatagramCodec.encode(value)) == value)
    default:
      guard let value = try? PeerMessageCodec.decode(bytes) else { return false }
      if case .segments(let batch) = value { use(batch.segments) }
      #expect(try PeerMessageCodec.decode(PeerMessageCodec.encode(value)) == value)
    }
    return true
  }

  @Test("twenty thousand mutations of every kind are read or refused, and never trap")
  func neverTraps() throws {
    var random = SeededRandomness(seed: 2_026)
    let samples = Samples.all().map { (kind: $0.name.prefix { $0 != "." }, bytes: $0.bytes) }
    var read = 0
    for round in 0..<20_000 {
      let (base, other) = (samples[round % samples.count], samples[Int.random(in: 0..<samples.count, using: &random)])
      let bytes = Self.mutate(base.bytes, with: other.bytes, &random)
      // As what it was, and now and then as what it never was.
      if try Self.read(bytes, as: base.kind) { read += 1 }
      if round % 4 == 0, try Self.read(bytes, as: other.kind) { read += 1 }
      var reader = FrameReader()
      reader.append(bytes)
      while let frame = try? reader.next() { #expect(!frame.isEmpty) }
    }
    #expect(read > 1_000, "mutations that are still messages are among them")
  }
}
