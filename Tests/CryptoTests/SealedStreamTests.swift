import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("A stream sealed by a passphrase")
struct SealedStreamTests {
  static let salt = [UInt8](repeating: 0x51, count: PassphraseKey.saltBytes)

  static func key(_ passphrase: String, salt: [UInt8] = salt) -> PassphraseKey? {
    PassphraseCost(memory: 64, passes: 1).flatMap { PassphraseKey(Array(passphrase.utf8), salt: salt, cost: $0) }
  }

  static func sealed(_ messages: [[UInt8]]) throws -> (header: [UInt8], messages: [[UInt8]]) {
    let key = try #require(Self.key("a harbour at dusk"))
    var sealer = SealedStream.Sealer(key)
    var sealed: [[UInt8]] = []
    for (place, message) in messages.enumerated() {
      sealed.append(sealer.seal(message, bound: [UInt8(place)], isLast: place == messages.count - 1))
    }
    return (sealer.header, sealed)
  }

  static func opener(_ header: [UInt8], _ key: PassphraseKey? = key("a harbour at dusk")) throws -> SealedStream.Opener
  {
    let key = try #require(key)
    return try #require(SealedStream.Opener(key, header: header))
  }

  /// The first message that a reader opens; nil where it does not open.
  static func first(
    _ header: [UInt8], _ message: [UInt8], bound: UInt8 = 0, _ key: PassphraseKey? = key("a harbour at dusk")
  ) throws -> [UInt8]? {
    var opener = try opener(header, key)
    return opener.open(message, bound: [bound])?.message
  }

  @Test("what was sealed is opened in its order, and the last message is known")
  func roundTrip() throws {
    let plain: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 65_536)]
    let (header, sealed) = try Self.sealed(plain)
    #expect(header.count == SealedStream.headerBytes)
    var opener = try Self.opener(header)
    for (place, message) in sealed.enumerated() {
      #expect(message.count == plain[place].count + SealedStream.overhead)
      let opened = opener.open(message, bound: [UInt8(place)])
      #expect(opened?.message == plain[place])
      #expect(opened?.isLast == (place == 2))
    }
  }

  @Test("another passphrase, salt, place, bound or byte opens nothing")
  func refusals() throws {
    let (header, sealed) = try Self.sealed([[1, 2, 3], [4, 5, 6]])
    #expect(try Self.first(header, sealed[0]) == [1, 2, 3])
    #expect(try Self.first(header, sealed[0], Self.key("a harbour at dawn")) == nil)
    let salted = Self.key("a harbour at dusk", salt: [UInt8](repeating: 1, count: 16))
    #expect(try Self.first(header, sealed[0], salted) == nil)
    #expect(try Self.first(header, sealed[1], bound: 1) == nil)
    #expect(try Self.first(header, sealed[0], bound: 9) == nil)
    for place in sealed[0].indices {
      var flipped = sealed[0]
      flipped[place] ^= 1
      #expect(try Self.first(header, flipped) == nil)
    }
    #expect(try Self.first(header, Array(sealed[0].prefix(16))) == nil)
    let key = try #require(Self.key("a harbour at dusk"))
    #expect(SealedStream.Opener(key, header: [1, 2, 3]) == nil)
  }

  @Test("a cost beyond all measure is none", arguments: [(0, 1), (7, 1), (1_048_577, 1), (64, 0), (64, 17)])
  func costs(memory: UInt32, passes: UInt32) {
    #expect(PassphraseCost(memory: memory, passes: passes) == nil)
  }
}
