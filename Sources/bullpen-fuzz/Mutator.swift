import BullpenCore

/// Makes inputs from inputs. A seed repeats all of it.
struct Mutator {
  private var random: SeededRandomness
  private let form: InputForm
  private let words: [[UInt8]]
  /// Bytes that an input has at most: above every bound of what is fuzzed.
  private let most: Int

  /// Numbers at which decoders break: ends of widths, and what is one beyond a bound of ours.
  static let numbers: [UInt64] =
    [
      0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 1_199, 1_200, 1_201, 4_096, 4_097, 49_152,
      65_535, 65_536, 65_537, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 40, 1 << 40 + 1, 1 << 47, 1 << 48,
      1 << 49, 1 << 49 + 1,
      1 << 62,
      1 << 62 + 1, 1 << 63 - 1, 1 << 63, .max - 1, .max,
    ]

  /// Text that is none, and text that is more or less than it looks.
  static let texts: [[UInt8]] = [
    [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80], [0xff], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x00], [0x7f],
    Array("\u{202e}".utf8), Array("e\u{301}\u{301}\u{301}".utf8), Array("👩‍👩‍👧‍👦".utf8), Array("\u{fb03}".utf8),
    Array("İ".utf8), Array("\r\n".utf8), Array("\u{2028}".utf8), Array("\u{feff}".utf8), Array("１".utf8),
  ]

  init(seed: UInt64, form: InputForm, words: [[UInt8]], most: Int = 80_000) {
    random = SeededRandomness(seed: seed)
    self.form = form
    self.words = words
    self.most = most
  }

  mutating func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &random) : 0 }

  /// - Parameter other: another input, to splice with.
  mutating func mutate(_ bytes: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    // Mostly one or two things at a time; now and then many.
    for _ in 0..<(1 << below(below(4) + 1)) {
      if form == .protobuf, below(2) == 0 {
        bytes = ProtobufMutation.mutate(bytes, with: other, depth: 0, &random)
      } else {
        step(&bytes, other)
      }
      if bytes.count > most { bytes.removeSubrange(most...) }
    }
    return bytes
  }

  private mutating func step(_ bytes: inout [UInt8], _ other: [UInt8]) {
    let at = below(bytes.count + 1)
    switch below(14) {
    case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
    case 1 where at < bytes.count: bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x20][below(7)]
    case 2 where at < bytes.count: bytes[at] &+= UInt8(truncatingIfNeeded: below(33) - 16)
    case 3: bytes.removeSubrange(at...)
    case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(16)))
    case 5: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + below(64))], at: at)
    case 6: bytes.replaceSubrange(at..., with: other[below(other.count + 1)...])
    case 7: bytes.insert(contentsOf: other[below(other.count + 1)...].prefix(1 + below(64)), at: at)
    case 8: overwrite(&bytes, at, with: bigEndian(Self.numbers[below(Self.numbers.count)], 1 << below(4)))
    case 9: bytes.insert(contentsOf: Varint.bytes(Self.numbers[below(Self.numbers.count)]), at: at)
    case 10: bytes.insert(contentsOf: Self.texts[below(Self.texts.count)], at: at)
    case 11 where !words.isEmpty: bytes.insert(contentsOf: words[below(words.count)], at: at)
    case 12 where !words.isEmpty: overwrite(&bytes, at, with: words[below(words.count)])
    case 13 where below(8) == 0: grow(&bytes, at)
    default: bytes.insert(UInt8(below(256)), at: at)
    }
  }

  private func bigEndian(_ number: UInt64, _ width: Int) -> [UInt8] { number.bigEndianBytes.suffix(width) }

  private func overwrite(_ bytes: inout [UInt8], _ at: Int, with piece: [UInt8]) {
    bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
  }

  /// Repeats a piece until the input is as large as a decoder might be made to believe.
  private mutating func grow(_ bytes: inout [UInt8], _ at: Int) {
    let piece = Array(bytes[at..<min(bytes.count, at + 1 + below(100))])
    guard !piece.isEmpty else { return }
    let times = min(most - bytes.count, 1 << below(17)) / piece.count
    guard times > 0 else { return }
    bytes.insert(contentsOf: (0..<times).flatMap { _ in piece }, at: at)
  }
}

/// Numbers as protobuf writes them: seven bits a byte, least first.
enum Varint {
  static func bytes(_ number: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], number)
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The number and where it ends; nil for one that does not end within ten bytes.
  static func read(_ bytes: ArraySlice<UInt8>) -> (number: UInt64, end: Int)? {
    var number: UInt64 = 0
    for (place, byte) in bytes.prefix(10).enumerated() {
      number |= UInt64(byte & 0x7f) << UInt64(7 * place)
      if byte & 0x80 == 0 { return (number, bytes.startIndex + place + 1) }
    }
    return nil
  }
}
