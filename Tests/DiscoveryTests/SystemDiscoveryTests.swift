import BullpenCore
import BullpenDiscovery
import Testing

/// With the real Avahi daemon and D-Bus, each in a host of its own.
@Suite(
  "Discovery with the system's Avahi daemon",
  .enabled(
    if: LabHost.isPossible && LabDaemons.areInstalled,
    "needs root, the right to make namespaces, dbus-daemon and avahi-daemon"))
struct SystemDiscoveryTests {
  private func advertisement(_ name: String, _ port: UInt16) throws -> Advertisement {
    try #require(Advertisement(instance: name, port: port, txt: ["v": "1"]))
  }

  @Test(
    "auto lives with the embedded responder, moves to a daemon that starts, back when it is killed, and to it again")
  func comesAndGoes() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let (alice, bob) = (Heard(), Heard())
      let ofAlice = try Discovery.started(on: a, .auto, telling: alice, advertising: advertisement("alice", 4_001))
      let ofBob = try Discovery.started(on: b, .embedded, telling: bob, advertising: advertisement("bob", 4_002))
      defer { [ofAlice, ofBob].forEach { $0.stop() } }
      try alice.state(.running(.embedded))
      try alice.found("bob")
      try bob.found("alice")

      let daemons = try LabDaemons(on: a)
      defer { daemons.killBus() }
      try alice.state(.running(.system))
      // The daemon tells both ways: bob's new port arrives, and so does alice's.
      var (heardByAlice, heardByBob) = (alice.count, bob.count)
      ofBob.advertise(try advertisement("bob", 4_012))
      ofAlice.advertise(try advertisement("alice", 4_011))
      try alice.found("bob", from: heardByAlice) { $0.endpoints.first?.port == 4_012 }
      try bob.found("alice", from: heardByBob) { $0.endpoints.first?.port == 4_011 }

      (heardByAlice, heardByBob) = (alice.count, bob.count)
      daemons.killAvahi()
      try alice.state(.running(.embedded), from: heardByAlice)
      ofBob.advertise(try advertisement("bob", 4_022))
      ofAlice.advertise(try advertisement("alice", 4_021))
      try alice.found("bob", from: heardByAlice) { $0.endpoints.first?.port == 4_022 }
      try bob.found("alice", from: heardByBob) { $0.endpoints.first?.port == 4_021 }

      let again = try daemons.withAvahiAgain()
      defer { again.killAvahi() }
      (heardByAlice, heardByBob) = (alice.count, bob.count)
      try alice.state(.running(.system), from: heardByAlice)
      ofBob.advertise(try advertisement("bob", 4_032))
      ofAlice.advertise(try advertisement("alice", 4_031))
      try alice.found("bob", from: heardByAlice) { $0.endpoints.first?.port == 4_032 }
      try bob.found("alice", from: heardByBob) { $0.endpoints.first?.port == 4_031 }
      #expect(!alice.all.contains(.lost(instance: "bob")))
      #expect(!bob.all.contains(.lost(instance: "alice")))
    }
  }

  @Test("the system mode waits for its daemon, finds through it, and says so when D-Bus dies")
  func systemAlone() async throws {
    try await story {
      let (a, b) = (try LabHost(name: "a"), try LabHost(name: "b"))
      defer { [a, b].forEach { $0.end() } }
      try LabHost.cable(a, b)
      let (alice, bob) = (Heard(), Heard())
      let ofAlice = try Discovery.started(
        on: a, .system, interface: "lan", telling: alice, advertising: advertisement("alice", 4_001))
      defer { ofAlice.stop() }
      _ = try alice.first("trouble") { if case .state(.failing) = $0 { true } else { nil } }
      let (daemonsOfA, daemonsOfB) = (try LabDaemons(on: a), try LabDaemons(on: b))
      defer {
        daemonsOfA.killAvahi()
        daemonsOfB.killAvahi()
        daemonsOfB.killBus()
      }
      let ofBob = try Discovery.started(on: b, .auto, telling: bob, advertising: advertisement("bob", 4_002))
      try alice.state(.running(.system))
      try bob.state(.running(.system))
      let sighting = try alice.found("bob") { $0.endpoints.count == 2 }
      #expect(sighting.endpoints[0].address == [10, 77, 0, 2])
      #expect(sighting.endpoints[1].isLinkLocal && sighting.endpoints[1].scope == sighting.interface)
      try bob.found("alice")
      ofBob.stop()
      try alice.lost("bob")

      let before = alice.count
      daemonsOfA.killBus()
      _ = try alice.first(from: before, "trouble") { if case .state(.failing) = $0 { true } else { nil } }
    }
  }
}
