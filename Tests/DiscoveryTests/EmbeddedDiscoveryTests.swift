import BullpenCore
import BullpenDiscovery
import Testing

/// On hosts of their own, so that nothing leaves the machine.
@Suite(
  "Discovery with the embedded responder",
  .enabled(if: LabHost.isPossible, "needs root and the right to make namespaces"))
struct EmbeddedDiscoveryTests {
  private func advertisement(_ name: String, _ port: UInt16) throws -> Advertisement {
    try #require(Advertisement(instance: name, port: port, txt: ["v": "1"]))
  }

  @Test("two laptops on one cable find each other by IPv4 and IPv6, and one that stops is lost")
  func twoLaptops() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let (alice, bob) = (Heard(), Heard())
      let ofAlice = try Discovery.started(on: a, .auto, telling: alice, advertising: advertisement("alice", 4_001))
      let ofBob = try Discovery.started(on: b, .embedded, telling: bob, advertising: advertisement("bob", 4_002))
      defer { ofAlice.stop() }
      try alice.state(.running(.embedded))

      let sighting = try alice.found("bob") { $0.endpoints.count == 2 }
      #expect(sighting.endpoints.map(\.port) == [4_002, 4_002])
      #expect(sighting.endpoints[0].address == [10, 77, 0, 2])
      #expect(sighting.endpoints[1].isLinkLocal && sighting.endpoints[1].scope == sighting.interface)
      #expect(sighting.txt == ["v": "1"])
      try bob.found("alice")

      ofBob.stop()
      #expect(bob.all.last == .state(.off))
      try alice.lost("bob")
      // Nobody heard of itself.
      for (heard, own) in [(alice, "alice"), (bob, "bob")] {
        #expect(!heard.all.contains { if case .found(let s) = $0 { s.instance == own } else { false } })
      }
    }
  }

  @Test("two nodes of one machine share the port and find each other on loopback alone")
  func oneMachine() async throws {
    try await story {
      let host = try LabHost(name: "one")
      defer { host.end() }
      try host.run { try LabHost.command("/usr/sbin/ip", "link", "set", "lo", "multicast", "on") }
      let (first, second) = (Heard(), Heard())
      let one = try Discovery.started(
        on: host, .embedded, interface: "lo", telling: first, advertising: advertisement("first", 4_001))
      let two = try Discovery.started(
        on: host, .embedded, interface: "lo", telling: second, advertising: advertisement("second", 4_002))
      defer { [one, two].forEach { $0.stop() } }
      #expect(try first.found("second").endpoints.allSatisfy(\.isLoopback))
      try second.found("first")
      // Which the doctor hears there, too.
      #expect(try host.run { MulticastEcho.isHeard("first", on: 1, from: [127, 0, 0, 1]) })
    }
  }

  @Test("a new day's name replaces the old one for everyone")
  func newDay() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let heard = Heard()
      let listener = try Discovery.started(on: a, .embedded, telling: heard)
      let speaker = try Discovery.started(
        on: b, .embedded, telling: Heard(), advertising: advertisement("monday", 4_002))
      defer { [listener, speaker].forEach { $0.stop() } }
      try heard.found("monday")
      speaker.advertise(try advertisement("tuesday", 4_003))
      #expect(try heard.found("tuesday").endpoints.first?.port == 4_003)
      try heard.lost("monday")
      speaker.advertise(nil)
      try heard.lost("tuesday")
    }
  }

  @Test("a device and its clone end with different names, and both are found")
  func clone() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let (first, second) = (Heard(), Heard())
      let original = try Discovery.started(on: a, .embedded, telling: first, advertising: advertisement("same", 4_001))
      let spectator = Heard()
      let watching = try Discovery.started(on: b, .embedded, telling: spectator)
      try spectator.found("same")
      let clone = try Discovery.started(on: b, .embedded, telling: second, advertising: advertisement("same", 4_002))
      defer { [original, watching, clone].forEach { $0.stop() } }
      // Which of the two gives way is for mDNS to say, and both may.
      func isOf(_ port: UInt16) -> (Sighting) -> Bool { { $0.endpoints.contains { $0.port == port } } }
      try spectator.now("both, under two names") { present in
        let (ofOriginal, ofClone) = (present.values.filter(isOf(4_001)), present.values.filter(isOf(4_002)))
        return ofOriginal.contains { one in ofClone.contains { $0.instance != one.instance } }
      }
      try first.now("the clone") { $0.values.contains(where: isOf(4_002)) }
      try second.now("the original") { $0.values.contains(where: isOf(4_001)) }
      // Neither heard of itself.
      #expect(!first.all.contains { if case .found(let s) = $0 { isOf(4_001)(s) } else { false } })
      #expect(!second.all.contains { if case .found(let s) = $0 { isOf(4_002)(s) } else { false } })
    }
  }

  @Test("a laptop that resumes announces itself anew, and its neighbour never loses it")
  func resume() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let (alice, bob) = (Heard(), Heard())
      let ofAlice = try Discovery.started(on: a, .embedded, telling: alice, advertising: advertisement("alice", 4_001))
      let ofBob = try Discovery.started(on: b, .embedded, telling: bob, advertising: advertisement("bob", 4_002))
      defer { [ofAlice, ofBob].forEach { $0.stop() } }
      try alice.found("bob")
      try bob.found("alice")
      let before = bob.count
      ofBob.refresh()
      try bob.state(.starting, from: before)
      try bob.state(.running(.embedded), from: before)
      ofBob.advertise(try advertisement("bob", 4_003))
      try alice.found("bob") { $0.endpoints.first?.port == 4_003 }
      ofAlice.advertise(try advertisement("alice", 4_004))
      try bob.found("alice", from: before) { $0.endpoints.first?.port == 4_004 }
      #expect(!alice.all.contains(.lost(instance: "bob")))
      #expect(!bob.all.contains(.lost(instance: "alice")))
    }
  }

  @Test("an address that comes later is told, and a cable that is pulled and put back heals")
  func links() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      let heard = Heard()
      let listener = try Discovery.started(on: a, .embedded, telling: heard)
      let speaker = try Discovery.started(on: b, .embedded, telling: Heard(), advertising: advertisement("bob", 4_002))
      defer { [listener, speaker].forEach { $0.stop() } }
      try heard.state(.running(.embedded))
      // Both ran before there was any link.
      try LabHost.cable(a, b)
      try heard.found("bob") { $0.endpoints.contains { $0.address == [10, 77, 0, 2] } }
      try b.run { try LabHost.command("/usr/sbin/ip", "addr", "add", "10.77.0.22/24", "dev", "lan") }
      try heard.found("bob") { $0.endpoints.contains { $0.address == [10, 77, 0, 22] } }
      let before = heard.count
      try a.run { try LabHost.command("/usr/sbin/ip", "link", "set", "lan", "down") }
      try heard.lost("bob", from: before)
      try a.run { try LabHost.command("/usr/sbin/ip", "link", "set", "lan", "up") }
      try heard.found("bob", from: before)
    }
  }

  @Test("an interface that is not there is named, and used as soon as it comes")
  func missingInterface() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      let heard = Heard()
      let listener = try Discovery.started(on: a, .embedded, interface: "lan", telling: heard)
      let speaker = try Discovery.started(on: b, .embedded, telling: Heard(), advertising: advertisement("bob", 4_002))
      defer { [listener, speaker].forEach { $0.stop() } }
      try heard.state(.failing("There is no network interface named lan."))
      try LabHost.cable(a, b)
      try heard.found("bob")
    }
  }
}
