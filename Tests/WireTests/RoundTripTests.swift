import BullpenCore
import BullpenWire
import Testing

/// Draws values of every shape within the bounds, the same for a seed.
struct Draw {
  var random: SeededRandomness

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func chance() -> Bool { Bool.random(using: &random) }
  mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
    (0..<number(range)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
  mutating func id32<ID: Identifier>() -> ID where ID.Raw == Bytes32 { ID(Bytes32(using: &random)) }
  mutating func id16<ID: Identifier>() -> ID where ID.Raw == Bytes16 { ID(Bytes16(using: &random)) }
  mutating func many<T>(_ range: ClosedRange<Int>, _ make: (inout Draw) -> T) -> [T] {
    (0..<number(range)).map { _ in make(&self) }
  }
  mutating func optional<T>(_ make: (inout Draw) -> T) -> T? { chance() ? make(&self) : nil }
  /// Small numbers, and those at the edges of what a field may be.
  mutating func sequence() -> UInt64 {
    chance() ? UInt64.random(in: 1...300, using: &random) : UInt64.random(in: 1...1 << 40 - 4_096, using: &random)
  }
  mutating func moment() -> Int64 { chance() ? 0 : Int64.random(in: 0...1 << 48, using: &random) }
  mutating func time() -> HybridTime { HybridTime(raw: Int64.random(in: 0...(.max), using: &random)) }
  mutating func text(_ range: ClosedRange<Int>) -> String {
    let letters = Array("aZ0 ü魚🥐\u{301}\"")
    return String((0..<number(range)).map { _ in letters[number(0...letters.count - 1)] })
  }
  mutating func name() -> String {
    let letters = Array("abcz_09")
    return "t" + String((0..<number(0...20)).map { _ in letters[number(0...letters.count - 1)] })
  }

  mutating func signature() -> Signature { Signature(bytes: bytes(64...64))! }
  mutating func log() -> LogID { LogID(device: id32(), incarnation: id16(), kind: chance() ? .lasting : .passing) }
  mutating func head() -> LogHead {
    LogHead(log: log(), head: chance() ? .start : Head(sequence: sequence(), digest: id32()))
  }
  mutating func proof() -> InviteProof { InviteProof(invite: id32(), signature: signature()) }
  mutating func role() -> Role { Role.allCases.randomElement(using: &random) ?? .guest }
  mutating func signed() -> SignedStatement { SignedStatement(body: bytes(1...200), signature: signature()) }
  mutating func room() -> RoomID { RoomID("r" + text(0...20))! }

  mutating func claim() -> Statement.Claim {
    switch number(0...8) {
    case 8: .voiding(LogHead(log: log(), head: Head(sequence: sequence(), digest: id32())))
    case 7:
      .generation(
        KeyGeneration(
          key: id32(), without: many(0...Limits.keyBoxes) { $0.id32() },
          boxes: many(1...8) {
            KeyBox(device: $0.id32(), box: $0.bytes(Limits.keyBoxBytes...Limits.keyBoxBytes))
          }))
    case 5:
      .succession(Succession(member: optional { $0.id16() }, replaced: many(0...Limits.replacedNamings) { $0.id32() }))
    case 6: .takeover(Takeover(succession: id32(), kept: many(0...Limits.demotionLogs) { $0.kept($0.log()) }))
    case 3:
      .demotion(
        Demotion(
          member: id16(), role: [.guest, .member, .admin][number(0...2)],
          ended: many(1...Limits.demotionEnds) { $0.id32() }, kept: many(0...Limits.demotionLogs) { $0.kept($0.log()) })
      )
    case 0: .genesis(Genesis(name: "n" + text(0...20), member: id32(), nonce: id32()))
    case 1:
      .credential(
        Credential(
          device: id32(), member: id16(), memberKey: id32(), role: role(), invite: optional { $0.proof() },
          consent: optional { $0.signature() }))
    case 2: .invite(Invite(invite: id32(), role: role(), uses: UInt32(number(1...9)), expiry: moment()))
    default:
      .cut(cut())
    }
  }

  mutating func cut() -> Cut {
    let device: DeviceID = id32()
    return Cut(
      device: device,
      kept: many(0...Limits.cutLogs) {
        $0.kept(LogID(device: device, incarnation: $0.id16(), kind: $0.chance() ? .lasting : .passing))
      })
  }

  mutating func kept(_ log: LogID) -> KeptLog {
    KeptLog(
      log: log, head: chance() ? .start : Head(sequence: sequence(), digest: id32()), statement: optional { $0.id32() })
  }

  mutating func statement() -> Statement {
    Statement(
      workspace: optional { $0.id32() }, signer: id32(), incarnation: id16(), sequence: sequence(),
      previous: optional { $0.id32() }, time: time(), claim: claim())
  }

  mutating func change() -> Change {
    Change(
      rows: many(1...8) { draw in
        let columns = Set(draw.many(0...6) { $0.name() }).sorted()
        return RowChange(
          table: draw.name(), key: draw.bytes(16...128), audience: Set(draw.many(0...5) { $0.id16() }).sorted(),
          cells: columns.map { CellChange(column: $0, content: draw.bytes(1...200)) }, isDelete: draw.chance())
      })
  }

  mutating func segment() -> Segment {
    let first = chance() ? 1 : sequence()
    return Segment(
      log: log(), first: first, previous: first == 1 ? .zero : id32(),
      entries: many(1...10) {
        Entry(
          time: $0.time(), expiry: $0.moment(), payload: $0.chance() ? .present($0.bytes(0...300)) : .absent($0.id32()))
      }, signature: signature())
  }

  mutating func message() -> PeerMessage {
    switch number(0...18) {
    case 17: .ground(many(0...5) { $0.signed() })
    case 0: .hello(Hello(version: UInt32(number(0...9)), nonce: id32()))
    case 1: .recognise(Recognition(tag: id32()))
    case 2: .introduce(many(0...5) { $0.signed() })
    case 3: .join(join())
    case 4:
      .refuse(
        Refusal.allCases.randomElement(using: &random) ?? .unknown, wall: optional { Int64($0.number(0...1_000_000)) })
    case 5:
      .statements(
        StatementExchange(known: Set(many(0...50) { $0.id32() }).sorted(), statements: many(0...5) { $0.signed() }))
    case 6: .have(Have(digest: id32(), heads: optional { $0.many(0...20) { $0.head() } }))
    case 7:
      .want(
        Want(
          ranges: many(0...20) {
            let (a, b) = ($0.sequence(), $0.sequence())
            return LogRange(log: $0.log(), first: min(a, b), last: max(a, b), digest: $0.optional { $0.id32() })
          }))
    case 8: .segments(SegmentBatch(segments: many(1...3) { $0.segment() }))
    case 9:
      .acknowledge(
        Acknowledgement(heads: many(0...5) { $0.head() }, credit: UInt32.random(in: 0...(.max), using: &random)))
    case 10: .announce(many(0...5) { $0.head() })
    case 11:
      .datagramSession(
        DatagramSession(
          connection: DatagramConnectionID(raw: random.next()), key: Bytes32(using: &random),
          port: UInt16(number(1...65_535)), wall: moment()))
    case 12: .ping(random.next())
    case 13: .pong(Pong(nonce: random.next(), wall: moment()))
    case 14: .vouch(VouchQuery(device: id32()))
    case 15:
      .vouchAnswer(
        VouchAnswer(
          device: id32(), silence: optional { $0.moment() },
          sighting: optional { draw in
            ToldSighting(
              age: draw.moment(), stayed: draw.moment(),
              page: draw.chance() ? RoomID("page:/" + draw.text(0...20)) : nil,
              activity: draw.optional { LastSeen.Activity.allCases[$0.number(0...2)] })
          }))
    case 16:
      .addresses(
        many(0...3) {
          PeerAddresses(
            device: $0.id32(),
            endpoints: $0.many(0...5) { draw in
              let size = draw.chance() ? 4 : 16
              return Endpoint(address: [10] + draw.bytes(size - 1...size - 1), port: UInt16(draw.number(1...65_535)))!
            })
        })
    default: .goodbye
    }
  }

  mutating func join() -> JoinMessage {
    switch number(0...4) {
    case 3: .linked(many(0...5) { $0.signed() }, sealed: bytes(80...80))
    case 0: .prove(proof())
    case 1: .chain(many(0...5) { $0.signed() })
    case 2: .details(JoinDetails(name: "n" + text(0...20), memberKey: id32(), proof: proof(), consent: signature()))
    default: .welcome(many(0...5) { $0.signed() })
    }
  }

  mutating func version() -> PresenceVersion { PresenceVersion(session: moment(), counter: sequence()) }

  mutating func presence() -> DevicePresence {
    let rooms = Set(many(0...3) { $0.room() }).sorted()
    return DevicePresence(
      status: Status.allCases.randomElement(using: &random) ?? .online, statusTurn: small(), customStatus: text(0...30),
      customEmoji: text(0...5), wordsTurn: small(), kind: DeviceKind.allCases.randomElement(using: &random) ?? .desktop,
      rooms: rooms,
      typing: chance() ? rooms.randomElement(using: &random) : nil,
      page: chance() ? rooms.randomElement(using: &random) : nil, pageTurn: small())
  }

  mutating func datagram() -> DatagramBody {
    switch number(0...6) {
    case 0:
      .presence(
        PresenceUpdate(
          version: version(), presence: presence(), wantsAcknowledgement: chance(), heads: random.next(),
          hearsay: Hearsay.allCases.randomElement(using: &random) ?? .nobody))
    case 1: .acknowledge(version())
    case 2: .probe(random.next())
    case 3: .probeAnswer(random.next())
    case 4: .cursor(CursorUpdate(room: room(), version: version(), position: optional { $0.position() }))
    case 5: .cursorClear(CursorClear(room: room(), version: version()))
    default: .goodbye(version())
    }
  }

  mutating func small() -> UInt32 { chance() ? 0 : UInt32.random(in: 0...(.max), using: &random) }
  mutating func position() -> CursorPosition {
    CursorPosition(
      line: optional { $0.small() }, column: optional { $0.small() },
      selection: optional {
        .init(startLine: $0.small(), startColumn: $0.small(), endLine: $0.small(), endColumn: $0.small())
      },
      pointer: optional {
        .init(anchor: $0.text(0...6), x: UInt16($0.number(0...65_535)), y: UInt16($0.number(0...65_535)))
      }, payload: text(0...20))
  }
}

@Suite("Values that go out and come back")
struct RoundTripTests {
  @Test("any value within the bounds reads back as it was written", arguments: [1, 2, 3, 4] as [UInt64])
  func returns(_ seed: UInt64) throws {
    var draw = Draw(random: SeededRandomness(seed: seed))
    for _ in 0..<150 {
      let (statement, change, segment) = (draw.statement(), draw.change(), draw.segment())
      #expect(StatementCodec.decode(StatementCodec.encode(statement)) == statement)
      #expect(ChangeCodec.decode(ChangeCodec.encode(change)) == change)
      #expect(SegmentCodec.decode(SegmentCodec.encode(segment)) == segment)
      let (message, datagram) = (draw.message(), draw.datagram())
      #expect(try PeerMessageCodec.decode(PeerMessageCodec.encode(message)) == message)
      #expect(DatagramCodec.decode(DatagramCodec.encode(datagram)) == datagram)
      #expect(StatementCodec.encode(statement) == StatementCodec.encode(statement), "one value has one form")
      #expect(ChangeCodec.encode(change) == ChangeCodec.encode(change))
    }
  }

  @Test("a link-local address stays on its machine")
  func linkLocal() throws {
    let local = try #require(Endpoint(address: [0xfe, 0x80] + Samples.bytes(1, 14), scope: 2, port: 1))
    let near = try #require(Endpoint(address: [10, 0, 0, 1], port: 1))
    let told = PeerMessage.addresses([PeerAddresses(device: Samples.id32(1), endpoints: [local, near])])
    let heard = PeerMessage.addresses([PeerAddresses(device: Samples.id32(1), endpoints: [near])])
    #expect(try PeerMessageCodec.decode(PeerMessageCodec.encode(told)) == heard)
  }

  @Test("the fullest message of each kind fits a frame")
  func fits() {
    var draw = Draw(random: SeededRandomness(seed: 9))
    let far = Head(sequence: 1 << 40, digest: draw.id32())
    let heads = (0..<Limits.headsPerMessage).map { _ in LogHead(log: draw.log(), head: far) }
    let full: [PeerMessage] = [
      .have(Have(digest: draw.id32(), heads: heads)), .announce(heads),
      .acknowledge(Acknowledgement(heads: heads, credit: .max)),
      .want(
        Want(
          ranges: (0..<Limits.rangesQueued).map { _ in LogRange(log: draw.log(), first: 1 << 40, last: 1 << 40) })),
      .statements(
        StatementExchange(
          known: Set((0..<Limits.statementChunk).map { _ in draw.id32() }).sorted(), statements: [])),
      .addresses(
        (0..<Limits.addressesTold).map { _ in
          PeerAddresses(
            device: draw.id32(),
            endpoints: (0..<Limits.addressesPerPeer).map { _ in
              Endpoint(address: [10] + draw.bytes(15...15), port: 65_535)!
            })
        }),
    ]
    for message in full { #expect(PeerMessageCodec.encode(message).count <= Limits.frameBytes) }
    let entry = Entry(time: HybridTime(raw: .max), expiry: 1 << 49, payload: .present(draw.bytes(48_000...48_000)))
    let segment = Segment(
      log: draw.log(), first: 1 << 40, previous: draw.id32(), entries: [entry], signature: draw.signature())
    #expect(PeerMessageCodec.encode(.segments(SegmentBatch(segments: [segment]))).count <= Limits.frameBytes)
  }

  @Test("a segment that may be taken can be cut at its front and passed on: the first of a log leaves room for it")
  func cut() throws {
    var draw = Draw(random: SeededRandomness(seed: 12))
    let log = draw.log()
    let (previous, signature): (Digest, Signature) = (draw.id32(), draw.signature())
    func message(_ first: UInt64, _ count: Int) -> [UInt8] {
      let entries = (1...count).map {
        Entry(
          time: HybridTime(raw: Int64($0)), expiry: 0, payload: .present(Array(repeating: 7, count: $0 == 1 ? 0 : 20)))
      }
      let segment = Segment(
        log: log, first: first, previous: first == 1 ? .zero : previous,
        entries: first == 1 ? entries : Array(entries.dropFirst()), signature: signature)
      return PeerMessageCodec.encode(.segments(SegmentBatch(segments: [segment])))
    }
    var refused = 0
    for count in 1_500...2_600 {
      let whole = message(1, count)
      guard whole.count <= Limits.frameBytes else { break }
      if (try? PeerMessageCodec.decode(whole)) == nil {
        refused += 1
      } else {
        #expect(message(2, count).count <= Limits.frameBytes)
      }
    }
    #expect(refused > 0)
    #expect(throws: Never.self) { try PeerMessageCodec.decode(message(1, 1_500)) }
  }
}
