@_spi(Proof) @testable import BullpenCore
import Testing

/// Bob's node, which lacks twelve logs that both Ada and Carol have, on two connections.
@Suite("Pulling from slow peers and bad ones")
struct PullTests {
  typealias Office = MembershipOffice

  private let ada = ConnectionID(raw: 1)
  private let carol = ConnectionID(raw: 2)
  private let last: UInt64 = 100
  private var now = Instant(boot: 50_000, wall: 1_700_000_000_000)
  private var bob: Workspace
  /// Ranges that were asked for so far, by whom it was.
  private var asked: [ConnectionID: [LogRange]] = [:]

  init() {
    var office = Office()
    for name in ["bob", "carol", "dan"] { office.admit(name, by: "ada", at: 10) }
    bob = office.node(of: "bob", on: ada, at: now)
    let endpoint = Endpoint(address: [127, 0, 0, 2], port: 1)!
    receive(.met(carol, Office.device("carol"), endpoint, isOutbound: true, []))
  }

  private mutating func receive(_ event: Event) {
    for case .send(let connection, .want(let want)) in bob.receive(event, at: now) {
      asked[connection, default: []] += want.ranges
    }
  }

  /// - Parameter ahead: of Bob's clock, that of the others.
  private mutating func pass(_ milliseconds: Int64, ahead: Int64 = 0) {
    now = now.advanced(by: milliseconds)
    // Both live.
    for connection in [ada, carol] {
      let sent = UInt64(bitPattern: now.boot)
      receive(.received(connection, .pong(Pong(nonce: sent, wall: now.wall + ahead))))
    }
    receive(.tick)
  }

  /// A peer tells how far it has the logs.
  private mutating func announce(_ logs: [LogID], by connection: ConnectionID) {
    let heads = logs.map { LogHead(log: $0, head: Head(sequence: last, digest: .zero)) }
    receive(.received(connection, .have(Have(digest: Digest(Scramble.bytes("theirs")), heads: heads))))
  }

  /// A peer sends a part of a log, and the disk says what became of it.
  private mutating func deliver(
    _ log: LogID, _ first: UInt64, through sequence: UInt64, by connection: ConnectionID,
    _ reason: SegmentRejection? = nil
  ) {
    arrive(log, first, through: sequence, by: connection)
    let isNews = reason == nil && sequence > bob.heads[log].sequence
    let heads = isNews ? [LogHead(log: log, head: Head(sequence: sequence, digest: .zero))] : []
    let rejected = reason.map { [(log: log, reason: $0)] } ?? []
    receive(.applied(connection, ApplyOutcome(heads: heads, rows: [:], statements: [], rejected: rejected)))
  }

  private mutating func arrive(_ log: LogID, _ first: UInt64, through sequence: UInt64, by connection: ConnectionID) {
    let entries = (first...sequence).map { number in
      Entry(time: HybridTime(milliseconds: Int64(number), counter: 0), expiry: 0, payload: .present([7]))
    }
    let segment = Segment(log: log, first: first, previous: .zero, entries: entries, signature: Office.proof)
    receive(.received(connection, .segments(SegmentBatch(segments: [segment]))))
  }

  private var named: [DeviceID] { bob.peerStates(at: now).filter(\.isWithholding).map(\.device) }

  private let logs = (0..<12).map { Office.log("\($0)") }.sorted()

  @Test("what has come and waits for a slow disk is asked of nobody else, and whoever sent it is not named")
  mutating func slowDisk() {
    announce([logs[0]], by: ada)
    pass(Limits.pullDelay)
    announce([logs[0]], by: carol)
    arrive(logs[0], 1, through: 50, by: ada)
    for _ in 0..<5 { pass(Limits.pullPatience) }
    #expect(asked[carol] == nil)
    #expect(asked[ada]?.count == 1)
    let head = LogHead(log: logs[0], head: Head(sequence: 50, digest: .zero))
    receive(.applied(ada, ApplyOutcome(heads: [head], rows: [:], statements: [], rejected: [])))
    pass(Limits.pullPatience - 1)
    #expect(asked[carol] == nil)
    pass(1)
    #expect(asked[carol]?.map(\.first) == [51])
  }

  @Test("what has come and goes on from nothing that was sent before gains no time")
  mutating func aside() {
    announce([logs[0]], by: ada)
    pass(Limits.pullDelay)
    announce([logs[0]], by: carol)
    arrive(logs[0], 40, through: 50, by: ada)
    pass(Limits.pullPatience)
    #expect(asked[carol]?.map(\.first) == [1])
  }

  @Test("only what was asked of a peer is awaited of it")
  mutating func awaited() throws {
    announce([logs[0]], by: ada)
    pass(Limits.pullDelay)
    #expect(asked[ada]?.map(\.log) == [logs[0]])
    for (connection, sent, isAwaited) in [
      (ada, [(logs[0], 1)], true), (carol, [(logs[0], 1)], false), (ada, [(logs[1], 1)], false),
      (ada, [(logs[0], 101)], false), (ada, [(logs[0], 1), (logs[1], 1)], false),
    ] as [(ConnectionID, [(LogID, UInt64)], Bool)] {
      let segments = sent.map { log, first in
        let entry = Entry(time: HybridTime(milliseconds: 1, counter: 0), expiry: 0, payload: .present([7]))
        return Segment(log: log, first: first, previous: .zero, entries: [entry], signature: Office.proof)
      }
      let effects = bob.receive(.received(connection, .segments(SegmentBatch(segments: segments))), at: now)
      let found = effects.compactMap { if case .apply(_, _, _, _, let isAwaited) = $0 { isAwaited } else { nil } }
      #expect(found == [isAwaited], "\(sent)")
    }
  }

  @Test("eleven logs that wait behind one that takes a minute are asked of nobody else, and nobody is named")
  mutating func behind() {
    announce(logs, by: ada)
    announce(logs, by: carol)
    for step in 0..<UInt64(20) {
      pass(3_000)
      deliver(logs[0], 5 * step + 1, through: 5 * step + 5, by: ada)
    }
    for log in logs.dropFirst() { deliver(log, 1, through: last, by: ada) }
    pass(60_000)
    #expect(asked[ada]?.map(\.log) == logs)
    #expect(asked[carol] == nil)
    #expect(named == [])
  }

  @Test("who stalls once, however much was asked of it, is passed over and not named")
  mutating func stall() {
    announce(logs, by: ada)
    announce(logs, by: carol)
    pass(Limits.pullPatience)
    #expect(asked[carol]?.map(\.log) == logs)
    for log in logs { deliver(log, 1, through: last, by: carol) }
    #expect(named == [])
  }

  @Test("what comes late is no news, and clears the name of who sent it all the same")
  mutating func late() {
    announce(logs, by: ada)
    pass(Limits.pullPatience)
    pass(Limits.pullMute)
    pass(Limits.pullPatience)
    #expect(named == [Office.device("ada")])
    announce(logs, by: carol)
    for log in logs { deliver(log, 1, through: last, by: carol) }
    #expect(named == [Office.device("ada")], "it has still sent nothing")
    for log in logs { deliver(log, 1, through: last, by: ada) }
    #expect(named == [])
  }

  @Test("who keeps back one log and sends all others is passed over for it, and named")
  mutating func keptBack() {
    announce(logs, by: ada)
    announce(logs, by: carol)
    for log in logs.dropFirst() {
      pass(1_000)
      deliver(log, 1, through: last, by: ada)
    }
    #expect(asked[carol]?.map(\.log) == [logs[0]])
    pass(1_000)
    #expect(named == [])
    pass(Limits.pullMute)
    pass(Limits.pullPatience)
    #expect(bob.heads[logs[0]].sequence == 0)
    #expect(named.contains(Office.device("ada")))
  }

  @Test("pieces that go on from what is missing buy no time")
  mutating func pieces() {
    announce([logs[0]], by: ada)
    announce([logs[0]], by: carol)
    for step in 0..<UInt64(4) {
      pass(1_000)
      deliver(logs[0], 50 + step, through: 50 + step, by: ada, .gap)
    }
    #expect(asked[ada]?.count == 1)
    #expect(asked[carol] == nil)
    pass(1_000)
    #expect(asked[carol]?.count == 1)
  }

  @Test(
    "who sends what begins later is named where its clock is ours, for a passing log; else what it leaves out may be dead",
    arguments: [(LogKind.passing, 0, true), (.passing, Limits.clockBound + 1, false), (.lasting, 86_400_000, true)])
  mutating func later(kind: LogKind, ahead: Int64, isNamed: Bool) {
    let log = LogID(device: logs[0].device, incarnation: logs[0].incarnation, kind: kind)
    // Carol's clock says nothing.
    receive(.closed(carol))
    announce([log], by: ada)
    for _ in 0..<2 {
      deliver(log, 50, through: last, by: ada, .gap)
      pass(Limits.pullPatience, ahead: ahead)
      pass(Limits.pullMute, ahead: ahead)
    }
    #expect(asked[ada]?.count == 3, "it is asked for again all the same")
    #expect(named == (isNamed ? [Office.device("ada")] : []))
  }

  @Test(
    "what does not hold is asked of the next peer at once, and of this one again later, never believed not to exist",
    arguments: [SegmentRejection.hole, .unproved, .malformed])
  mutating func bad(_ reason: SegmentRejection) {
    let wanted = LogRange(log: logs[0], first: 1, last: last, digest: .zero)
    announce([logs[0]], by: ada)
    announce([logs[0]], by: carol)
    #expect(asked == [ada: [wanted]])
    deliver(logs[0], 1, through: 50, by: ada, reason)
    #expect(asked == [ada: [wanted], carol: [wanted]])
    // The rest of what the first was asked for is still under way.
    deliver(logs[0], 51, through: last, by: ada, .gap)
    deliver(logs[0], 1, through: 50, by: carol, reason)
    deliver(logs[0], 51, through: last, by: carol, .gap)
    #expect(asked == [ada: [wanted], carol: [wanted]], "nobody is asked for the same at once")
    #expect(bob.heads[logs[0]] == .start)

    let dan = ConnectionID(raw: 3)
    let endpoint = Endpoint(address: [127, 0, 0, 3], port: 1)!
    receive(.met(dan, Office.device("dan"), endpoint, isOutbound: true, []))
    announce([logs[0]], by: dan)
    #expect(asked[dan] == [wanted])
    deliver(logs[0], 1, through: 50, by: dan, reason)
    pass(Limits.pullMute - 1)
    #expect(asked == [ada: [wanted], carol: [wanted], dan: [wanted]])
    pass(1)
    #expect(asked == [ada: [wanted, wanted], carol: [wanted], dan: [wanted]])
    deliver(logs[0], 1, through: last, by: ada)
    #expect(bob.heads[logs[0]].sequence == last)
    #expect(named == [])
    pass(Limits.pullMute * 2)
    #expect(asked == [ada: [wanted, wanted], carol: [wanted], dan: [wanted]])
  }
}
