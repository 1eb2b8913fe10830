import BullpenCore
import Testing

@Suite("Two connections between one pair")
struct ConnectionPairTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 10_000, wall: 10_000_000)

  @Test("of two that one side dialed both sides keep the same one, at once or minutes later", arguments: [50, 60_000])
  func sameDialer(later: Int64) throws {
    let (bob, ada) = try meet([(1, "bob", 0), (2, "bob", later)])
    #expect(bob == [2])
    #expect(ada == [2])
  }

  @Test("of two that were dialed towards one another both sides keep the same one, whichever came first")
  func crossed() throws {
    let (bob, ada) = try meet([(1, "bob", 0), (2, "ada", 50)])
    let (otherBob, otherAda) = try meet([(2, "ada", 0), (1, "bob", 50)])
    #expect(bob.count == 1)
    #expect([ada, otherBob, otherAda].allSatisfy { $0 == bob })
  }

  @Test("who comes from another place than before is told where that was, and looks there for who has its key")
  func formerPlace() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let places = try (1...2).map { try #require(Endpoint(address: [192, 0, 2, UInt8($0)], port: 4_781)) }
    let key = Scramble.bytes("datagrams")
    var ada = node("ada", of: office)
    var told: [PeerAddresses] = []
    for (number, place) in places.enumerated() {
      let connection = ConnectionID(raw: UInt64(number + 1))
      _ = ada.receive(.met(connection, Office.device("bob"), place, isOutbound: false, []), at: now)
      let session = DatagramSession(
        connection: DatagramConnectionID(raw: 7), key: key, port: place.port, wall: now.wall)
      for case .send(connection, .addresses(let addresses)) in ada.receive(
        .received(connection, .datagramSession(session)), at: now)
      { told += addresses }
    }
    #expect(told == [PeerAddresses(device: Office.device("bob"), endpoints: [places[0]])])

    // Bob looks there once. Whoever answers with his key is the same key's other machine; whoever does not is forgotten.
    var bob = office.node(of: "bob", on: ConnectionID(raw: 3), at: now)
    func dials(_ event: Event) -> [DialID] {
      bob.receive(event, at: now).compactMap { effect in
        if case .dial(let id, [places[0]], Office.device("bob")) = effect { id } else { nil }
      }
    }
    let first = dials(.received(ConnectionID(raw: 3), .addresses(told)))
    #expect(first.count == 1)
    #expect(dials(.dialEnded(try #require(first.first), failure: "nobody is there")).isEmpty)
    #expect(dials(.linksChanged).isEmpty)
    #expect(bob.twin(at: now) == nil)

    let met = bob.receive(.met(ConnectionID(raw: 4), Office.device("bob"), places[0], isOutbound: true, []), at: now)
    #expect(met.contains { if case .close(ConnectionID(raw: 4)) = $0 { true } else { false } })
    #expect(bob.twin(at: now)?.endpoint == places[0])
    #expect(bob.twin(at: now.advanced(by: Limits.twinMemory)) == nil)

    // It is looked for while it answers, and forgotten soon after it has gone; one dial may be lost.
    var moment = now
    func looks() -> [DialID] {
      moment = Instant(boot: max(moment.boot, bob.nextDeadline(at: moment)), wall: now.wall)
      return bob.receive(.tick, at: moment).compactMap { effect in
        if case .dial(let id, [places[0]], Office.device("bob")) = effect { id } else { nil }
      }
    }
    func next(_ bound: Int64) throws -> DialID {
      let end = moment.boot + bound
      var dials: [DialID] = []
      while dials.isEmpty, bob.nextDeadline(at: moment) <= end { dials = looks() }
      return try #require(dials.first)
    }
    for answers in [true, false, true, false] {
      let dial = try next(Limits.twinInterval)
      if answers {
        _ = bob.receive(
          .met(ConnectionID(raw: 5), Office.device("bob"), places[0], isOutbound: true, []), at: moment)
      }
      _ = bob.receive(.dialEnded(dial, failure: answers ? nil : "lost"), at: moment)
      #expect(bob.twin(at: moment) != nil)
    }
    let last = bob.receive(.dialEnded(try next(Limits.twinPause), failure: "nobody is there"), at: moment)
    #expect(bob.twin(at: moment) == nil)
    #expect(last.contains { if case .publish(.connections) = $0 { true } else { false } })
  }

  @Test("the other machine with this device's key that dials, and is not dialed, is forgotten when it does so no more")
  func inboundTwin() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    var bob = office.node(of: "bob", on: ConnectionID(raw: 3), at: now)
    let place = try #require(Endpoint(address: [192, 0, 2, 1], port: 40_781))
    _ = bob.receive(.met(ConnectionID(raw: 4), Office.device("bob"), place, isOutbound: false, []), at: now)
    #expect(bob.twin(at: now) != nil)
    let end = now.advanced(by: Limits.twinMemory)
    #expect(bob.nextDeadline(at: now) <= end.boot)
    let last = bob.receive(.tick, at: end)
    #expect(!last.contains { if case .dial(_, _, Office.device("bob")) = $0 { true } else { false } })
    #expect(last.contains { if case .publish(.connections) = $0 { true } else { false } })
  }

  @Test(
    "of two machines with one key neither takes a peer from the other before that has had its turn",
    arguments: [true, false])
  func turns(hasTwin: Bool) throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let connection = ConnectionID(raw: 3)
    var bob = office.node(of: "bob", on: connection, at: now)
    let places = try (1...2).map { try #require(Endpoint(address: [192, 0, 2, UInt8($0)], port: 4_781)) }
    _ = bob.receive(.hint(Office.device("ada"), [places[0]], .mdns), at: now)
    var moment = now.advanced(by: 1_000)
    if hasTwin {
      _ = bob.receive(.met(ConnectionID(raw: 4), Office.device("bob"), places[1], isOutbound: false, []), at: moment)
    }
    func dials(_ event: Event) -> Bool {
      bob.receive(event, at: moment).contains {
        if case .dial(_, [places[0]], Office.device("ada")) = $0 { true } else { false }
      }
    }
    #expect(dials(.closed(connection)) != hasTwin)
    moment = moment.advanced(by: Limits.twinTurn - 1)
    #expect(!hasTwin || !dials(.tick))
    moment = moment.advanced(by: 1)
    #expect(!hasTwin || dials(.tick))
  }

  @Test("when the network has changed, a connection by which nobody answers is given up soon, and another is not")
  func otherNetwork() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let connection = ConnectionID(raw: 3)
    for answers in [true, false] {
      var bob = office.node(of: "bob", on: connection, at: now)
      let pinged = bob.receive(.linksChanged, at: now).contains {
        if case .send(connection, .ping) = $0 { true } else { false }
      }
      #expect(pinged)
      // Changes come in a row; the first counts.
      let soon = now.advanced(by: Limits.connectionDoubt / 2)
      _ = bob.receive(.linksChanged, at: soon)
      if answers { _ = bob.receive(.received(connection, .pong(Pong(nonce: 0, wall: soon.wall))), at: soon) }
      let then = now.advanced(by: Limits.connectionDoubt)
      #expect(answers || bob.nextDeadline(at: soon) <= then.boot)
      let isClosed = bob.receive(.tick, at: then).contains {
        if case .close(connection) = $0 { true } else { false }
      }
      #expect(isClosed != answers)
    }
  }

  /// What is left of connections at Bob's and at Ada's, when each was dialed by somebody after some milliseconds.
  private func meet(_ dials: [(id: UInt64, dialer: String, after: Int64)]) throws -> (bob: [UInt64], ada: [UInt64]) {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let endpoint = try #require(Endpoint(address: [127, 0, 0, 1], port: 1))
    func left(at own: String, with peer: String) -> [UInt64] {
      var node = node(own, of: office)
      var open: [UInt64] = []
      for dial in dials {
        open.append(dial.id)
        let event = Event.met(
          ConnectionID(raw: dial.id), Office.device(peer), endpoint, isOutbound: dial.dialer == own, [])
        let instant = Instant(boot: now.boot + dial.after, wall: now.wall + dial.after)
        for case .close(let connection) in node.receive(event, at: instant) { open.removeAll { $0 == connection.raw } }
      }
      return open
    }
    return (left(at: "bob", with: "ada"), left(at: "ada", with: "bob"))
  }

  private func node(_ own: String, of office: Office) -> Workspace {
    Workspace(
      office.workspace, own: Office.device(own), membership: office.membership, heads: Heads(), port: 1,
      prover: Office.prover, random: SeededRandomness(seed: 1), kind: .desktop, at: now)
  }
}
