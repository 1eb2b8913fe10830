import BullpenCore
import BullpenWire
import Testing

@Suite("An invite as a line of text")
struct InviteCodecTests {
  static let code = InviteCode(
    secret: Bytes16([UInt8](0..<16))!, workspace: Samples.id32(0x57), uses: 2, expiry: 1_700_086_400_000,
    addresses: [
      Endpoint(address: [10, 77, 0, 1], port: 4_781)!,
      Endpoint(address: [0x20, 1, 0x0d, 0xb8] + Samples.bytes(0, 11) + [1], port: 4_781)!,
    ])

  @Test("an invite is one line of small letters and digits, and reads back")
  func roundTrip() throws {
    let line = InviteCodec.encode(Self.code)
    #expect(line.hasPrefix("bullpen1"))
    #expect(line.utf8.allSatisfy { (97...122).contains($0) || (49...55).contains($0) })
    #expect(try InviteCodec.decode(line) == Self.code)
  }

  @Test("an invite for a further device says whose")
  func member() throws {
    var code = Self.code
    code.member = Samples.id16(0x3d)
    #expect(try InviteCodec.decode(InviteCodec.encode(code)) == code)
  }

  @Test("an invite made today reads the same for ever")
  func golden() throws {
    #expect(InviteCodec.encode(Self.code) == Vectors.invite)
    #expect(try InviteCodec.decode(Vectors.invite) == Self.code)
  }

  @Test("an invite survives how people paste")
  func pasted() {
    let line = InviteCodec.encode(Self.code)
    let wrapped = stride(from: 0, to: line.count, by: 20).map { String(line.dropFirst($0).prefix(20)) }
    let pasted = [
      line.uppercased(), "  \(line)\r\n", "“\(line)”", "\"\(line)\"", "'\(line)'.", "<\(line)>", "`\(line)`",
      wrapped.joined(separator: "\n"), wrapped.joined(separator: " \r\n> "), wrapped.joined(separator: "\u{a0}"),
      wrapped.joined(separator: "\u{200b}"), wrapped.joined(separator: "-\n"), "bullpen join \(line)",
      "bullpen:\(line)", "BULLPEN:\(line.uppercased())", "bullpen://\(line)",
      "$ bullpen join \\\n  \(line)", "Here is your invite to Bullpen: \(line)",
    ]
    for text in pasted {
      #expect((try? InviteCodec.decode(text)) == Self.code, "\(text)")
    }
  }

  @Test("one wrong, lost, doubled or swapped character is noticed, wherever it is")
  func damaged() {
    let line = Array(InviteCodec.encode(Self.code).utf8)
    func refused(_ bytes: [UInt8]) -> Bool {
      do throws(InviteCodeError) {
        _ = try InviteCodec.decode(String(decoding: bytes, as: UTF8.self))
        return false
      } catch { return error == .damaged }
    }
    for index in 8..<line.count {
      for character in "a2z".utf8 where character != line[index] {
        #expect(refused(Array(line[..<index]) + [character] + line[(index + 1)...]), "wrong at \(index)")
      }
      #expect(refused(Array(line[..<index]) + line[(index + 1)...]), "lost at \(index)")
      #expect(refused(Array(line[...index]) + line[index...]), "doubled at \(index)")
      if index + 1 < line.count, line[index] != line[index + 1] {
        #expect(refused(Array(line[..<index]) + [line[index + 1], line[index]] + line[(index + 2)...]), "swapped")
      }
      #expect(refused(Array(line[..<index])), "cut at \(index)")
    }
    for more in ["a", "aa", "aaaaaaaa", "0", "1"] { #expect(refused(line + Array(more.utf8)), "\(more) behind") }
  }

  @Test(
    "what is no invite is told so, and not that it is damaged or newer",
    arguments: [
      "", " ", "hello", "bullpen", "bullpen open", "Bullpen is nice", "https://example.org/", "bullpen2",
      String(repeating: "x", count: 1_000_000),
    ])
  func notAnInvite(_ text: String) {
    #expect(throws: InviteCodeError.notAnInvite) { try InviteCodec.decode(text) }
  }

  @Test("an invite of a later form is told so", arguments: [2, 3, 9])
  func newer(_ version: Int) {
    let line = InviteCodec.encode(Self.code)
    #expect(throws: InviteCodeError.newer) { try InviteCodec.decode("bullpen\(version)\(line.dropFirst(8))") }
    #expect(throws: InviteCodeError.newer) {
      try InviteCodec.decode("bullpen join bullpen\(version)\(line.dropFirst(8))")
    }
  }

  @Test("addresses that mean nothing elsewhere, and more than eight, stay out of it")
  func addresses() throws {
    var code = Self.code
    let local = try #require(Endpoint(address: [0xfe, 0x80] + Samples.bytes(0, 13) + [1], scope: 3, port: 4_781))
    let many = (0..<12).compactMap { Endpoint(address: [10, 0, 0, $0], port: 4_781) }
    code.addresses = [local] + many
    let read = try InviteCodec.decode(InviteCodec.encode(code))
    #expect(read.addresses == Array(many.prefix(Limits.inviteAddresses)))
    code.addresses = []
    #expect(try InviteCodec.decode(InviteCodec.encode(code)) == code)
  }

  @Test("a moment that no clock will ever show is no expiry", arguments: [.min, -1, 1 << 49 + 1, .max] as [Int64])
  func oddExpiry(_ expiry: Int64) {
    var code = Self.code
    code.expiry = expiry
    let line = InviteCodec.encode(code)
    #expect(throws: InviteCodeError.damaged) { try InviteCodec.decode(line) }
  }

  @Test("each refusal is a sentence")
  func sentences() {
    for error in [InviteCodeError.notAnInvite, .damaged, .newer] { #expect(error.description.hasSuffix(".")) }
  }

  @Test("three thousand texts that are nearly invites are read or refused, and never trap")
  func mutated() {
    var random = SeededRandomness(seed: 5)
    let line = Array(InviteCodec.encode(Self.code).utf8)
    for _ in 0..<3_000 {
      var bytes = line
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.removeLast(min(bytes.count - 1, index))
        default: bytes.insert(UInt8.random(in: 97...122, using: &random), at: index)
        }
      }
      _ = try? InviteCodec.decode(String(decoding: bytes, as: UTF8.self))
    }
  }
}
