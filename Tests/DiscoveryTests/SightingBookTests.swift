import BullpenCore
import Testing

@testable import BullpenDiscovery

@Suite("A book of sightings") struct SightingBookTests {
  let bob = Station(instance: "bob", interface: 2)
  let bobService = ServiceRecord(host: "bp-1.local", port: 4_000, txt: ["v": "1"])
  let lan: [UInt8] = [10, 0, 0, 7]
  let linkLocal: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [7]

  private func told(_ effects: [SightingBook.Effect]) -> [DiscoveryEvent] {
    effects.compactMap { if case .tell(let event) = $0 { event } else { nil } }
  }

  /// A book that has told of bob at the time 1,000.
  private func bookWithBob() -> SightingBook {
    var book = SightingBook()
    _ = book.receive(.appeared(bob, .ipv4), at: 0)
    _ = book.receive(.resolved(bob, bobService), at: 0)
    _ = book.receive(.address(bob, lan, .ipv4, isPresent: true), at: 0)
    #expect(told(book.due(at: 1_000)).count == 1)
    return book
  }

  @Test("a station is resolved, its host's addresses are watched, and all comes as one sighting")
  func oneSighting() throws {
    var book = SightingBook()
    #expect(book.receive(.appeared(bob, .ipv4), at: 0) == [.resolve(bob)])
    #expect(book.receive(.appeared(bob, .ipv6), at: 0) == [])
    #expect(book.receive(.resolved(bob, bobService), at: 10) == [.watchAddresses(bob, host: "bp-1.local")])
    #expect(book.receive(.address(bob, linkLocal, .ipv6, isPresent: true), at: 20) == [])
    #expect(book.receive(.address(bob, lan, .ipv4, isPresent: true), at: 30) == [])
    #expect(book.nextDeadline == 10 + Limits.sightingGather)
    let expected = Sighting(
      instance: "bob",
      endpoints: [
        try #require(Endpoint(address: lan, port: 4_000)),
        try #require(Endpoint(address: linkLocal, scope: 2, port: 4_000)),
      ], interface: 2, txt: ["v": "1"])
    #expect(told(book.due(at: 10 + Limits.sightingGather)) == [.found(expected)])
    #expect(book.due(at: 10_000) == [])
  }

  @Test("the same station by both protocols is gone only when both have lost it, and lost after the grace")
  func bothProtocols() {
    var book = bookWithBob()
    _ = book.receive(.appeared(bob, .ipv6), at: 1_000)
    #expect(book.receive(.vanished(bob, .ipv4), at: 2_000) == [])
    #expect(book.receive(.vanished(bob, .ipv6), at: 2_000) == [.release(bob)])
    #expect(told(book.due(at: 2_000 + Limits.sightingGather)) == [])
    #expect(told(book.due(at: 2_000 + Limits.sightingGrace)) == [.lost(instance: "bob")])
    #expect(book.nextDeadline == nil)
  }

  @Test("a node that withdraws and announces anew within the grace is never lost")
  func restart() {
    var book = bookWithBob()
    _ = book.receive(.vanished(bob, .ipv4), at: 2_000)
    _ = book.due(at: 2_500)
    #expect(book.receive(.appeared(bob, .ipv4), at: 4_000) == [.resolve(bob)])
    _ = book.receive(.resolved(bob, bobService), at: 4_000)
    _ = book.receive(.address(bob, lan, .ipv4, isPresent: true), at: 4_000)
    #expect(told(book.due(at: 4_200)) == [])
    #expect(told(book.due(at: 60_000)) == [])
  }

  @Test("a new responder has time to hear again who was told of, and only then is the rest lost")
  func changeOfResponder() {
    var book = bookWithBob()
    book.responderClosed(at: 5_000)
    #expect(book.stationCount == 0)
    #expect(told(book.due(at: 5_000 + Limits.sightingSettle - 1)) == [])
    #expect(told(book.due(at: 5_000 + Limits.sightingSettle)) == [.lost(instance: "bob")])
  }

  @Test("a crashed node, whose name is still announced but resolves no more, is lost and asked for ever more rarely")
  func crashed() {
    var book = bookWithBob()
    _ = book.receive(.unresolved(bob), at: 2_000)
    #expect(told(book.due(at: 2_200)) == [])
    #expect(told(book.due(at: 2_000 + Limits.sightingGrace)) == [.lost(instance: "bob")])
    #expect(book.due(at: 2_000 + Limits.resolveFirst) == [.resolve(bob)])
    _ = book.receive(.unresolved(bob), at: 12_000)
    #expect(book.due(at: 12_000 + 2 * Limits.resolveFirst - 1) == [])
    #expect(book.due(at: 12_000 + 2 * Limits.resolveFirst) == [.resolve(bob)])
  }

  @Test("a new port under the same name replaces the sighting")
  func newPort() {
    var book = bookWithBob()
    _ = book.receive(.resolved(bob, ServiceRecord(host: "bp-1.local", port: 5_000, txt: [:])), at: 2_000)
    guard case .found(let sighting)? = told(book.due(at: 2_200)).first else {
      Issue.record("nothing was told")
      return
    }
    #expect(sighting.endpoints.map(\.port) == [5_000])
  }

  @Test("one instance on three interfaces is one sighting, whose container and VPN addresses come last")
  func order() {
    var book = SightingBook()
    book.interfaces.kinds = [1: .virtual, 2: .ordinary, 3: .ordinary]
    for (interface, last) in [(UInt32(1), UInt8(1)), (3, 3), (2, 2)] {
      let station = Station(instance: "bob", interface: interface)
      _ = book.receive(.appeared(station, .ipv4), at: 0)
      _ = book.receive(.resolved(station, bobService), at: 0)
      _ = book.receive(.address(station, [10, 0, 0, last], .ipv4, isPresent: true), at: 0)
    }
    guard case .found(let sighting)? = told(book.due(at: 1_000)).first else {
      Issue.record("nothing was told")
      return
    }
    #expect(sighting.endpoints.map(\.address.last) == [2, 3, 1])
    #expect(sighting.interface == 2)
  }

  @Test("our own names are not told, and a name that becomes our own is lost")
  func ownNames() {
    var book = bookWithBob()
    #expect(book.setOwn(["bob", "eve"]) == [.release(bob), .tell(.lost(instance: "bob"))])
    #expect(book.receive(.appeared(bob, .ipv4), at: 2_000) == [])
    #expect(book.receive(.appeared(Station(instance: "eve", interface: 2), .ipv4), at: 2_000) == [])
  }

  @Test("an address and port of our own is never told, whatever the name")
  func ownEndpoints() {
    var book = SightingBook()
    book.ownPort = 4_000
    book.interfaces.addresses = [OwnAddress(interface: 2, bytes: lan)]
    _ = book.receive(.appeared(bob, .ipv4), at: 0)
    _ = book.receive(.resolved(bob, bobService), at: 0)
    _ = book.receive(.address(bob, lan, .ipv4, isPresent: true), at: 0)
    #expect(book.due(at: 1_000) == [])
    _ = book.receive(.address(bob, [10, 0, 0, 8], .ipv4, isPresent: true), at: 1_000)
    guard case .found(let sighting)? = told(book.due(at: 2_000)).first else {
      Issue.record("nothing was told")
      return
    }
    #expect(sighting.endpoints.map(\.address) == [[10, 0, 0, 8]])
  }

  @Test("a flood of names is remembered up to the bound, and room that comes free is used")
  func flood() {
    var book = SightingBook()
    for number in 0..<10_000 {
      _ = book.receive(.appeared(Station(instance: "flood-\(number)", interface: 2), .ipv4), at: 0)
    }
    #expect(book.stationCount == Limits.stations)
    _ = book.receive(.vanished(Station(instance: "flood-0", interface: 2), .ipv4), at: 10)
    _ = book.due(at: 1_000)
    #expect(book.receive(.appeared(bob, .ipv4), at: 1_000) == [.resolve(bob)])
    // Whoever announces a thousand addresses gets as many as any other.
    _ = book.receive(.resolved(bob, bobService), at: 1_000)
    for number in 0..<200 {
      _ = book.receive(.address(bob, [10, 1, 0, UInt8(number)], .ipv4, isPresent: true), at: 1_000)
    }
    guard case .found(let sighting)? = told(book.due(at: 2_000)).first else {
      Issue.record("nothing was told")
      return
    }
    #expect(sighting.endpoints.count == Limits.addressesPerPeer)
  }

  @Test("names, ports and addresses that lead nowhere are ignored")
  func odd() {
    var book = SightingBook()
    for name in ["", String(repeating: "x", count: 64), "a\nb"] {
      #expect(book.receive(.appeared(Station(instance: name, interface: 2), .ipv4), at: 0) == [])
    }
    _ = book.receive(.appeared(bob, .ipv4), at: 0)
    #expect(book.receive(.resolved(bob, ServiceRecord(host: "h.local", port: 0, txt: [:])), at: 0) == [])
    _ = book.receive(.resolved(bob, bobService), at: 0)
    let nowhere: [[UInt8]] = [
      [], [1, 2, 3], [0, 0, 0, 0], [127, 0, 0, 1], [224, 0, 0, 251], [255, 255, 255, 255],
      [UInt8](repeating: 0, count: 16), [UInt8](repeating: 0, count: 15) + [1],
      [0xff, 0x02] + [UInt8](repeating: 0, count: 14),
      [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 1],
    ]
    for address in nowhere { _ = book.receive(.address(bob, address, .ipv4, isPresent: true), at: 0) }
    #expect(told(book.due(at: 10_000)) == [])
  }
}
