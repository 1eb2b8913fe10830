import BullpenCore

/// Mutations that know what a protobuf message is (https://protobuf.dev/programming-guides/encoding): a field is
/// changed, doubled, dropped, moved or told to be longer than it is, at any depth, and the lengths around it are
/// mostly put right, so that the change gets as far as the decoder of that depth.
enum ProtobufMutation {
  struct Field {
    var tag: UInt64
    /// What stands behind the tag, with its length where it has one.
    var rest: [UInt8]
    /// The content of a field that has a length.
    var content: [UInt8]?

    var bytes: [UInt8] { Varint.bytes(tag) + (content.map { Varint.bytes(UInt64($0.count)) + $0 } ?? rest) }
  }

  /// Nil for what is no message.
  static func fields(_ bytes: [UInt8]) -> [Field]? {
    var fields: [Field] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let (tag, begin) = Varint.read(rest), tag >> 3 > 0 else { return nil }
      let end: Int
      var content: [UInt8]?
      switch tag & 7 {
      case 0:
        guard let number = Varint.read(rest[begin...]) else { return nil }
        end = number.end
      case 1: end = begin + 8
      case 2:
        guard let length = Varint.read(rest[begin...]), length.number <= UInt64(rest.endIndex - length.end) else {
          return nil
        }
        end = length.end + Int(length.number)
        content = Array(rest[length.end..<end])
      case 5: end = begin + 4
      default: return nil
      }
      guard end <= rest.endIndex else { return nil }
      fields.append(Field(tag: tag, rest: Array(rest[begin..<end]), content: content))
      rest = rest[end...]
    }
    return fields
  }

  static func mutate(_ bytes: [UInt8], with other: [UInt8], depth: Int, _ random: inout SeededRandomness) -> [UInt8] {
    func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &random) : 0 }
    guard depth < 8, var fields = fields(bytes), !fields.isEmpty else { return leaf(bytes, &random) }
    let at = below(fields.count)
    if let content = fields[at].content, !content.isEmpty, below(3) > 0 {
      fields[at].content = mutate(content, with: other, depth: depth + 1, &random)
      return fields.flatMap(\.bytes)
    }
    let field = fields[at]
    switch below(10) {
    case 0: fields.remove(at: at)
    case 1: fields.insert(field, at: below(fields.count + 1))
    case 2: fields.swapAt(at, below(fields.count))
    case 3: fields[at].tag = UInt64(below(24)) << 3 | field.tag & 7
    case 4: fields[at].tag = field.tag & ~7 | UInt64(below(8))
    case 5 where field.content == nil:
      let number = Mutator.numbers[below(Mutator.numbers.count)]
      // Numbers of fixed width are little-endian.
      fields[at].rest =
        field.tag & 7 == 0 ? Varint.bytes(number) : Array(number.bigEndianBytes.reversed().prefix(field.rest.count))
    case 5:
      // A length that lies.
      fields[at].rest = Varint.bytes(Mutator.numbers[below(Mutator.numbers.count)]) + (field.content ?? [])
      fields[at].content = nil
    case 6: fields[at].content = field.content.map { _ in [] }
    case 7: fields.insert(contentsOf: ProtobufMutation.fields(other)?.prefix(1 + below(3)) ?? [], at: at)
    case 8:
      // As many as a bound allows, and one more.
      let times = [2, 8, 16, 17, 32, 33, 64, 65, 200, 201, 256, 257, 500, 501][below(14)]
      fields.insert(contentsOf: (0..<times).map { _ in field }, at: at)
    default: fields[at].tag = UInt64(1 << below(29)) << 3 | field.tag & 7
    }
    return fields.flatMap(\.bytes)
  }

  /// What is no message: an id, a text, a signature.
  private static func leaf(_ bytes: [UInt8], _ random: inout SeededRandomness) -> [UInt8] {
    func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &random) : 0 }
    var bytes = bytes
    switch below(5) {
    case 0: bytes.append(UInt8(below(256)))
    case 1 where !bytes.isEmpty: bytes.removeLast()
    case 2 where !bytes.isEmpty: bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
    case 3: bytes.insert(contentsOf: Mutator.texts[below(Mutator.texts.count)], at: below(bytes.count + 1))
    default:
      bytes = Array(repeating: bytes.first ?? 97, count: [0, 1, 15, 16, 31, 32, 63, 64, 100, 101, 400][below(11)])
    }
    return bytes
  }
}
