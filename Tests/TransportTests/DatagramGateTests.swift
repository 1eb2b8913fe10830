import BullpenCore
import Testing

@Suite("The gate for datagrams")
struct DatagramGateTests {
  /// A peer as the gate sees it: which checks it passes.
  struct Pretend: DatagramSender {
    var device = DeviceID(Bytes32([UInt8](repeating: 0x0b, count: 32))!)  // 32 bytes
    var opens = true
    var signs = true
    var says = true
  }

  static let connection = DatagramConnectionID(raw: 0xabcd)
  static let source = Endpoint(address: [127, 0, 0, 1], port: 4_000)!  // four bytes
  static let start = Instant(boot: 1_000, wall: 1_700_000_000_000)

  static func datagram(_ sequence: UInt64, to connection: DatagramConnectionID = connection) -> [UInt8] {
    DatagramHeader(connection: connection, sequence: sequence).bytes + [UInt8](repeating: 7, count: 100)
  }

  /// Runs one datagram through and notes which dear checks were made.
  static func admit(
    _ datagram: [UInt8], _ gate: inout DatagramGate<Pretend>, from source: Endpoint = source, at now: Instant = start,
    made: inout [String]
  ) -> Result<DatagramGate<Pretend>.Admission<Int>, DropReason> {
    var steps: [String] = []
    defer { made = steps }
    return datagram.withUnsafeBytes { bytes in
      gate.admit(
        bytes, from: source, at: now,
        open: { session, _ in
          steps.append("open")
          return session.opens ? [UInt8](repeating: 1, count: 84) : nil
        },
        verify: { session, _, body in
          steps.append("verify")
          return session.signs && body.count == 20
        },
        decode: { _ in
          steps.append("decode")
          return 1
        },
        isCursor: { _ in false })
    }
  }

  static func drop(
    _ datagram: [UInt8], _ gate: inout DatagramGate<Pretend>, from source: Endpoint = source, at now: Instant = start
  ) -> (DropReason?, [String]) {
    var made: [String] = []
    let outcome = admit(datagram, &gate, from: source, at: now, made: &made)
    if case .failure(let reason) = outcome { return (reason, made) }
    return (nil, made)
  }

  static func gate(_ pretend: Pretend = Pretend()) -> DatagramGate<Pretend> {
    var gate = DatagramGate<Pretend>(seed: 1)
    _ = gate.open(pretend, as: connection, at: start)
    return gate
  }

  @Test("what is cheap is checked first, and nothing dear is done for what fails it")
  func order() {
    var gate = Self.gate()
    var old = Self.datagram(1)
    old[0] = 9
    let tooShort = [UInt8](repeating: 1, count: DatagramHeader.minimum - 1)
    let tooLong = [UInt8](repeating: 1, count: Limits.datagramBytes + 1)
    #expect(Self.drop(tooShort, &gate) == (.size, []))
    #expect(Self.drop(tooLong, &gate) == (.size, []))
    #expect(Self.drop(old, &gate) == (.version, []))
    let unknown = DatagramConnectionID(raw: 5)
    #expect(Self.drop(Self.datagram(1, to: unknown), &gate) == (.unknownConnection, []))
    #expect(Self.drop(Self.datagram(1), &gate) == (nil, ["open", "decode", "verify"]))
    #expect(Self.drop(Self.datagram(1), &gate) == (.replay, ["open"]))
    #expect(gate.drops == [.size: 2, .version: 1, .unknownConnection: 1, .replay: 1])
    #expect(gate.admitted == 1)
  }

  @Test("a datagram that no key opens does not move the replay window")
  func unverified() {
    var gate = Self.gate(Pretend(opens: false))
    #expect(Self.drop(Self.datagram(1 << 40), &gate) == (.authentication, ["open"]))
    _ = gate.open(Pretend(), as: Self.connection, at: Self.start)
    #expect(Self.drop(Self.datagram(1), &gate).0 == nil)
  }

  @Test("a bad signature is found out, and its number is spent")
  func signature() {
    var gate = Self.gate(Pretend(signs: false))
    #expect(Self.drop(Self.datagram(3), &gate) == (.signature, ["open", "decode", "verify"]))
    #expect(Self.drop(Self.datagram(3), &gate) == (.replay, ["open"]))
  }

  @Test("a flood from one address is dropped before any key is tried, and another address is still heard")
  func sourceRate() throws {
    var gate = Self.gate(Pretend(opens: false))
    for number in 1...UInt64(Limits.sourceBurst) {
      #expect(Self.drop(Self.datagram(number), &gate).0 == .authentication)
    }
    #expect(Self.drop(Self.datagram(1), &gate) == (.sourceRate, []))
    // Another port is the same machine.
    let port = try #require(Endpoint(address: [127, 0, 0, 1], port: 4_001))
    #expect(Self.drop(Self.datagram(1), &gate, from: port) == (.sourceRate, []))
    let other = try #require(Endpoint(address: [127, 0, 0, 2], port: 4_000))
    #expect(Self.drop(Self.datagram(1), &gate, from: other) == (.authentication, ["open"]))
    let later = Self.start.advanced(by: 1_000)
    #expect(Self.drop(Self.datagram(1), &gate, at: later) == (.authentication, ["open"]))
  }

  @Test("a peer that talks too much is dropped before its signature is checked")
  func peerRate() {
    var gate = Self.gate()
    for number in 1...UInt64(Limits.peerBurst) { #expect(Self.drop(Self.datagram(number), &gate).0 == nil) }
    #expect(Self.drop(Self.datagram(9_000), &gate) == (.peerRate, ["open"]))
    #expect(Self.drop(Self.datagram(9_001), &gate, at: Self.start.advanced(by: 1_000)).0 == nil)
  }

  @Test("made-up addresses fill no memory: newcomers share a bucket, and who was here keeps an own")
  func manySources() throws {
    var gate = Self.gate(Pretend(opens: false))
    for number in 0..<Limits.sources {
      let address = [10, 1, UInt8(number >> 8), UInt8(number & 255)] as [UInt8]
      _ = Self.drop(Self.datagram(1), &gate, from: try #require(Endpoint(address: address, port: 1)))
    }
    for number in 0..<Limits.sourceBurst {
      let address = [10, 2, UInt8(number >> 8), UInt8(number & 255)] as [UInt8]
      let source = try #require(Endpoint(address: address, port: 1))
      #expect(Self.drop(Self.datagram(1), &gate, from: source).0 == .authentication)
    }
    let late = try #require(Endpoint(address: [10, 3, 0, 0], port: 1))
    let early = try #require(Endpoint(address: [10, 1, 0, 0], port: 1))
    #expect(Self.drop(Self.datagram(1), &gate, from: late).0 == .sourceRate)
    #expect(Self.drop(Self.datagram(1), &gate, from: early).0 == .authentication)
    // Quiet addresses are forgotten, and there is room again.
    let later = Self.start.advanced(by: 5_000)
    #expect(Self.drop(Self.datagram(1), &gate, from: late, at: later).0 == .authentication)
  }

  @Test("only the newest datagram of a session tells where the sender is")
  func newest() throws {
    var gate = Self.gate()
    var made: [String] = []
    #expect(try Self.admit(Self.datagram(5), &gate, made: &made).get().isNewest)
    #expect(try !Self.admit(Self.datagram(4), &gate, made: &made).get().isNewest)
    #expect(try Self.admit(Self.datagram(6), &gate, made: &made).get().isNewest)
  }

  @Test("sessions have a bound, and what is closed is unknown")
  func sessions() {
    var gate = DatagramGate<Pretend>(seed: 1)
    for number in 0..<UInt64(Limits.datagramSessions) {
      #expect((gate.open(Pretend(), as: DatagramConnectionID(raw: number), at: Self.start)) == true)
    }
    #expect((gate.open(Pretend(), as: DatagramConnectionID(raw: .max), at: Self.start)) == false)
    #expect((gate.open(Pretend(), as: DatagramConnectionID(raw: 7), at: Self.start)) == true)
    gate.close(DatagramConnectionID(raw: 7))
    #expect(Self.drop(Self.datagram(1, to: DatagramConnectionID(raw: 7)), &gate).0 == .unknownConnection)
    #expect((gate.open(Pretend(), as: DatagramConnectionID(raw: .max), at: Self.start)) == true)
  }

  @Test("a bucket gives its burst, then its rate, and a clock that goes back gives nothing")
  func bucket() {
    var bucket = TokenBucket(burst: 3, rate: 10, at: 0)
    #expect((0..<4).map { _ in bucket.take(at: 0) } == [true, true, true, false])
    #expect((bucket.take(at: 99)) == false)
    #expect((bucket.take(at: 100)) == true)
    #expect((bucket.take(at: -5_000)) == false)
    #expect((bucket.take(at: 100)) == false)
    #expect((bucket.isFull(at: 400)) == true)
  }
}
