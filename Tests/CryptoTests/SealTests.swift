import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("Sealed cells and grants")
struct SealTests {
  static let context = SealContext(
    workspace: Samples.workspace, table: "notifications", key: [1, 2, 3], column: "title", device: Samples.ada.id,
    time: HybridTime(raw: 77), index: 4)

  static let values: [Value] = [
    .null, .integer(.min), .integer(0), .real(-0.5), .text(""), .text("Fisch — 魚"), .bytes([]),
    .bytes([UInt8](repeating: 0x80, count: 63)), .bytes([0x80, 0, 0]), .text(String(repeating: "x", count: 8_192)),
  ]

  @Test("what was sealed opens to the same value", arguments: values)
  func opens(_ value: Value) {
    var random = Samples.random()
    let row = RowSecret(using: &random)
    #expect(row.open(row.seal(value, in: Self.context, using: &random), in: Self.context) == value)
  }

  @Test("a ciphertext that was moved does not open")
  func moved() {
    var random = Samples.random()
    let row = RowSecret(using: &random)
    let sealed = row.seal(.text("for bob"), in: Self.context, using: &random)
    func changed(_ change: (inout SealContext) -> Void) -> SealContext {
      var context = Self.context
      change(&context)
      return context
    }
    let elsewhere: [(String, SealContext)] = [
      ("workspace", changed { $0.workspace = Samples.otherWorkspace }), ("table", changed { $0.table = "activities" }),
      ("row", changed { $0.key = [1, 2, 4] }), ("column", changed { $0.column = "body" }),
      ("device", changed { $0.device = Samples.bob.id }), ("time", changed { $0.time = HybridTime(raw: 78) }),
      ("index", changed { $0.index = 5 }),
      ("a byte from key to column", changed { ($0.key, $0.column) = ([1, 2], "\u{3}title") }),
    ]
    for (name, context) in elsewhere { #expect(row.open(sealed, in: context) == nil, "\(name)") }
    #expect(RowSecret(using: &random).open(sealed, in: Self.context) == nil, "another row's secret")
  }

  @Test("every flipped bit and every missing byte of a ciphertext is noticed")
  func flipped() throws {
    var random = Samples.random()
    let row = RowSecret(using: &random)
    guard case .sealed(let bytes) = row.seal(.text("hi"), in: Self.context, using: &random) else {
      Issue.record("sealing gives sealed bytes")
      return
    }
    for bit in 0..<bytes.count * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(row.open(.sealed(changed), in: Self.context) == nil, "bit \(bit)")
    }
    for count in 0..<bytes.count { #expect(row.open(.sealed(Array(bytes.prefix(count))), in: Self.context) == nil) }
    #expect(row.open(.clear(.text("hi")), in: Self.context) == nil)
  }

  @Test("a size tells only in which block of 64 bytes a text ends")
  func padded() {
    var random = Samples.random()
    let row = RowSecret(using: &random)
    func size(_ count: Int) -> Int {
      row.seal(.text(String(repeating: "a", count: count)), in: Self.context, using: &random).bytes.count
    }
    // A tag before the text and a marker behind it: 62 bytes of text fill the first block.
    #expect(Set((0...62).map(size)) == [1 + 24 + 16 + 64])
    #expect(Set((63...126).map(size)) == [1 + 24 + 16 + 128])
  }

  @Test("the same text sealed twice looks different, and the same seed gives the same bytes")
  func nonces() {
    func run() -> [CellContent] {
      var random = Samples.random(3)
      let row = RowSecret(using: &random)
      return (0..<2).map { _ in row.seal(.text("same"), in: Self.context, using: &random) }
    }
    #expect(run() == run())
    #expect(run()[0] != run()[1])
  }

  @Test("a grant opens for the member that it was made for, and for nobody else")
  func grant() throws {
    var random = Samples.random()
    let (bob, eve) = (MemberSecret(using: &random), MemberSecret(using: &random))
    let row = RowSecret(using: &random)
    let box = try #require(bob.key.sealGrant(row, using: &random))
    #expect(box.count == 80)
    #expect(bob.openGrant(box) == row)
    #expect(eve.openGrant(box) == nil)
    for bit in 0..<box.count * 8 {
      var changed = box
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      // X25519 takes no notice of a key's topmost bit (RFC 7748), but the nonce does.
      #expect(bob.openGrant(changed) == nil, "bit \(bit)")
    }
    #expect(bob.openGrant([]) == nil)
    #expect(bob.openGrant(box + [0]) == nil)
  }

  @Test("a key of low order, which everybody could open, is granted nothing")
  func lowOrder() {
    var random = Samples.random()
    #expect(MemberKey(.zero).sealGrant(RowSecret(using: &random), using: &random) == nil)
  }

  @Test("a secret makes the X25519 key of RFC 7748")
  func x25519() throws {
    // Section 6.1.
    let secret = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
    let member = MemberSecret(secret: try #require(Bytes32(Samples.bytes(secret))))
    #expect(member.key.description == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
  }
}
