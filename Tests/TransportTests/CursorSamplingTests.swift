import BullpenCore
import Testing

@Suite("Signatures of cursors under pressure")
struct CursorSamplingTests {
  /// What is said, and whether the signature on it holds.
  struct Word {
    var isCursor = true
    var isSigned = true
  }

  struct Peer: DatagramSender {
    let device: DeviceID
    init(_ number: UInt8) { device = DeviceID(Bytes32([UInt8](repeating: number, count: 32))!) }  // 32 bytes
  }

  /// A gate with sessions of several peers, and a clock.
  struct Office {
    var gate = DatagramGate<Peer>(seed: 7)
    var now = Instant(boot: 10_000, wall: 1_700_000_000_000)
    var sequence: UInt64 = 0
    var verified = 0

    init(peers: UInt8) {
      for number in 1...peers { open(number) }
    }

    mutating func open(_ number: UInt8, as connection: UInt64? = nil) {
      let id = DatagramConnectionID(raw: connection ?? UInt64(number))
      _ = gate.open(Peer(number), as: id, at: now)
    }

    /// Whether a word is let in.
    mutating func hear(_ word: Word, from number: UInt8, by connection: UInt64? = nil) -> Bool {
      sequence += 1
      let connection = DatagramConnectionID(raw: connection ?? UInt64(number))
      let header = DatagramHeader(connection: connection, sequence: sequence)
      let datagram = header.bytes + [UInt8](repeating: 7, count: 100)
      let source = Endpoint(address: [10, 77, 0, number], port: 4_781)!  // four bytes
      var checks = 0
      let outcome: Result<DatagramGate<Peer>.Admission<Word>, DropReason> = datagram.withUnsafeBytes { bytes in
        gate.admit(
          bytes, from: source, at: now, open: { _, _ in [UInt8](repeating: 1, count: 84) },
          verify: { _, _, _ in
            checks += 1
            return word.isSigned
          },
          decode: { _ in word }, isCursor: \.isCursor)
      }
      verified += checks
      if case .success = outcome { return true }
      return false
    }

    /// So many cursors of each peer in a second, from a first that is checked on.
    mutating func crowd(peers: ClosedRange<UInt8>, each count: Int, seconds: Int) {
      for _ in 0..<seconds * count {
        for number in peers { #expect((hear(Word(), from: number)) == true) }
        now = now.advanced(by: Int64(1_000 / count))
      }
    }
  }

  @Test("of two colleagues every cursor is checked")
  func quiet() {
    var office = Office(peers: 2)
    office.crowd(peers: 1...2, each: 30, seconds: 10)
    #expect(office.verified == 600)
  }

  @Test("of twenty few are, the first of each session among them")
  func crowded() {
    var office = Office(peers: 20)
    office.crowd(peers: 1...20, each: 30, seconds: 2)
    office.verified = 0
    office.open(1, as: 100)
    #expect((office.hear(Word(isSigned: false), from: 1, by: 100)) == false)
    #expect(office.verified == 1)
    office.verified = 0
    office.crowd(peers: 2...20, each: 30, seconds: 20)
    #expect((200...550).contains(office.verified), "one of 32 of 11,400 is 356")
    #expect(office.gate.unchecked > 10_000)
  }

  @Test("when the crowd has gone every cursor is checked again")
  func relieved() {
    var office = Office(peers: 20)
    office.crowd(peers: 1...20, each: 30, seconds: 3)
    office.now = office.now.advanced(by: 2_000)
    office.verified = 0
    office.crowd(peers: 1...2, each: 30, seconds: 3)
    #expect(office.verified == 180)
  }

  @Test("who forges is found out, and from then on nothing of it passes unchecked, by whatever session it comes")
  func caught() {
    var office = Office(peers: 20)
    office.crowd(peers: 1...20, each: 30, seconds: 2)
    var passed = 0
    while office.hear(Word(isSigned: false), from: 3) {
      passed += 1
      office.crowd(peers: 4...20, each: 30, seconds: 1)
    }
    #expect(passed < 300)
    #expect(office.gate.drops[.signature] == 1)
    office.open(3, as: 103)
    for second in 0..<60 {
      #expect((office.hear(Word(isSigned: false), from: 3)) == false)
      #expect((office.hear(Word(), from: 3, by: 103)) == true, "what it signs is heard, second \(second)")
      #expect((office.hear(Word(isSigned: false), from: 3, by: 103)) == false)
      office.crowd(peers: 4...20, each: 30, seconds: 1)
    }
    // After ten minutes it is one among others.
    office.now = office.now.advanced(by: Limits.distrust)
    office.crowd(peers: 4...20, each: 30, seconds: 2)
    office.verified = 0
    for _ in 0..<200 { #expect((office.hear(Word(), from: 3)) == true) }
    #expect(office.verified < 40)
  }

  @Test("what is no cursor is always checked")
  func presence() {
    var office = Office(peers: 20)
    office.crowd(peers: 1...20, each: 30, seconds: 2)
    for _ in 0..<300 { #expect((office.hear(Word(isCursor: false, isSigned: false), from: 5)) == false) }
    #expect(office.gate.drops[.signature] == 300)
  }
}
