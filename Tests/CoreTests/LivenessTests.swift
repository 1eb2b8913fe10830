import Testing

@testable import BullpenCore

@Suite("Liveness")
struct LivenessTests {
  typealias Office = MembershipOffice
  private let bob = Office.device("bob")

  @Test("about a suspect are asked those alone who may know that it was here: the question tells them so")
  func whoIsAsked() {
    for (said, asked) in [(Hearsay.team, ["carol"]), (.everyone, ["carol", "guest"]), (.nobody, [])] {
      var stage = PresenceStage()
      stage.reach("bob", "carol", "guest")
      stage.hear("bob", hearsay: said)
      for _ in 0..<6 {
        for name in ["carol", "guest"] { stage.hear(name, hearsay: .everyone) }
        stage.pass(1_000)
      }
      let others = asked.map { Office.device($0) }.sorted()
      #expect(stage.moments(.askVouch(bob, of: others)) == (asked.isEmpty ? [] : [5_000]), "\(said)")
      #expect(stage.moments(.ping(bob)) == [5_000], "it is asked itself")
    }
  }

  @Test("in a large office those are asked who have a connection, whoever else is here, and the suspect is dialled")
  func whoIsAskedOfMany() throws {
    var office = Office()
    let names = ["bob", "carol", "dave", "eve", "fay", "gus", "hal", "ivy", "jon", "kim", "lea", "mel"]
    for (number, name) in names.enumerated() { office.admit(name, by: "ada", at: Int64(10 + number)) }
    let start = Instant(boot: 10_000, wall: 1_000_000)
    let door = try #require(Endpoint(address: [192, 0, 2, 1], port: 4_781))
    var ada = Workspace(
      office.workspace, own: Office.device("ada"), membership: office.membership, heads: Heads(), port: 1,
      prover: Office.prover, random: SeededRandomness(seed: 1), kind: .desktop, at: start)
    func say(_ device: DeviceID, _ counter: UInt64, at now: Instant) {
      let word = PresenceUpdate(
        version: PresenceVersion(session: 1, counter: counter), presence: DevicePresence(), wantsAcknowledgement: false,
        heads: 0, hearsay: .team)
      _ = ada.receive(.datagram(device, .presence(word), from: door), at: now)
    }
    var (asked, dialed): ([ConnectionID], [DeviceID?]) = ([], [])
    func feed(_ event: Event, at now: Instant) {
      for effect in ada.receive(event, at: now) {
        switch effect {
        case .send(let connection, .vouch): asked.append(connection)
        case .dial(let dial, _, let device):
          dialed.append(device)
          feed(.dialEnded(dial, failure: "no way"), at: now)
        default: break
        }
      }
    }
    let devices = names.map(Office.device).sorted()
    let connections = devices.indices.map { ConnectionID(raw: UInt64($0 + 1)) }
    for (device, connection) in zip(devices, connections) {
      feed(.met(connection, device, door, isOutbound: true, []), at: start)
      let key = DatagramSession(
        connection: DatagramConnectionID(raw: 7), key: Scramble.bytes("datagrams"), port: door.port, wall: start.wall)
      feed(.received(connection, .datagramSession(key)), at: start)
    }
    for device in devices { say(device, 1, at: start) }
    feed(.tick, at: start)
    // All but the last two lose their connection, and are here all the same.
    for connection in connections.dropLast(2) { feed(.closed(connection), at: start) }
    for device in devices { say(device, 2, at: start) }
    (asked, dialed) = ([], [])
    // One falls silent whom the mesh does without.
    let silent = try #require(devices.dropLast(2).first { !ada.mesh.chosen.contains($0) })
    for second in 0..<6 {
      let now = start.advanced(by: Int64(second) * 1_000)
      for device in devices where device != silent { say(device, UInt64(second + 3), at: now) }
      feed(.tick, at: now)
    }
    #expect(asked.sorted() == connections.suffix(2))
    // Datagrams may be lost, one after the other: when the first probe is not answered, the suspect is asked by TCP.
    #expect(!dialed.contains(silent))
    feed(.tick, at: start.advanced(by: Limits.suspicion + Limits.probeInterval))
    #expect(dialed.count { $0 == silent } == 1)
  }

  @Test("a cable is pulled: suspected at five seconds, probed five times, offline within eight")
  func cableOut() {
    var stage = PresenceStage()
    stage.reach("bob", "carol", "dave")
    for name in ["bob", "carol", "dave"] { stage.hear(name) }
    stage.forget()
    for _ in 0..<10 {
      stage.pass(1_000)
      stage.hear("carol")
      stage.hear("dave")
    }
    #expect(stage.probes(to: "bob") == [5_000, 5_300, 5_600, 5_900, 6_200])
    #expect(stage.moments(.ping(bob)) == [5_000])
    let others = [Office.device("carol"), Office.device("dave")].sorted()
    #expect(stage.moments(.askVouch(bob, of: others)) == [5_000])
    #expect(stage.moments(.left(bob)) == [7_000])
    #expect(stage.published("bob").map(\.at) == [5_000, 7_000])
    #expect(stage.published("bob").first?.shown.silentFor == 5_000)
    #expect(stage.published("bob").last?.shown.status == .offline)
    #expect(stage.shown("bob")?.lastSeen == PresenceStage.wall, "when it was last heard is kept")
    #expect(stage.status("carol") == .online)
  }

  @Test("a suspect that answers a probe stays, and the word about its silence is taken back")
  func answered() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.pass(6_000)
    stage.forget()
    stage.hear(.probeAnswer(1), from: "bob")
    #expect(stage.published("bob").map(\.shown.status) == [.online])
    #expect(stage.published("bob").map(\.shown.silentFor) == [nil])
    #expect(stage.moments(.returned(bob)).count == 1, "its connection is looked after")
    stage.pass(4_900)
    #expect(stage.moments(.left(bob)).isEmpty)
    #expect(stage.probes(to: "bob").isEmpty)
  }

  @Test("what comes over the connection is a sign of life while datagrams are lost")
  func overConnection() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    for _ in 0..<20 {
      stage.pass(1_000)
      stage.note(stage.machine.heard(bob, at: stage.now))
    }
    #expect(stage.status("bob") == .online)
    #expect(stage.probes(to: "bob").isEmpty)
  }

  @Test("others' word buys a suspect a moment, once, and never past seven and a half seconds")
  func vouched() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.pass(5_100)
    for name in ["carol", "dave", "carol"] {
      let answer = VouchAnswer(device: bob, silence: 100)
      stage.note(stage.machine.vouched(answer, by: Office.device(name), at: stage.now))
    }
    stage.pass(5_000)
    let left = stage.moments(.left(bob))
    #expect(left == [7_400])
  }

  @Test("who has not heard the suspect either buys it nothing", arguments: [nil, 6_000, -1] as [Int64?])
  func notVouched(silence: Int64?) {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.pass(5_100)
    let answer = VouchAnswer(device: bob, silence: silence)
    stage.note(stage.machine.vouched(answer, by: Office.device("carol"), at: stage.now))
    stage.pass(5_000)
    #expect(stage.moments(.left(bob)) == [7_000])
  }

  @Test("a goodbye is believed at once, and what was under way does not bring the device back")
  func goodbye() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob", counter: 1)
    stage.pass(100)
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 5)), from: "bob")
    #expect(stage.status("bob") == .offline)
    #expect(stage.moments(.left(bob)) == [100])
    stage.hear("bob", counter: 4)
    stage.hear(.probeAnswer(1), from: "bob")
    stage.note(stage.machine.heard(bob, at: stage.now))
    #expect(stage.status("bob") == .offline)
    stage.hear("bob", session: PresenceStage.wall + 1, counter: 1)
    #expect(stage.status("bob") == .online, "it was started again")
  }

  @Test("a goodbye that was overtaken by a newer start does not count")
  func lateGoodbye() {
    var stage = PresenceStage()
    stage.hear("bob", session: PresenceStage.wall + 9, counter: 1)
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 50)), from: "bob")
    #expect(stage.status("bob") == .online)
  }

  @Test("a connection that breaks without a word is asked about at once")
  func broken() {
    var stage = PresenceStage()
    stage.reach("bob", "carol")
    stage.hear("bob")
    stage.hear("carol")
    stage.pass(200)
    stage.note(stage.machine.connectionLost(bob, at: stage.now))
    stage.pass(1_500)
    #expect(stage.probes(to: "bob") == [200, 500, 800, 1_100, 1_400])
    #expect(stage.moments(.askVouch(bob, of: [Office.device("carol")])) == [200])
    #expect(stage.status("bob") == .online, "asked about is not gone")
    stage.hear(.probeAnswer(1), from: "bob")
    stage.pass(4_900)
    #expect(stage.moments(.left(bob)).isEmpty)
    stage.pass(3_000)
    #expect(stage.moments(.left(bob)) == [1_700 + 7_000])
  }

  @Test("a laptop wakes: it is a new session, and nobody is taken for gone because it slept itself")
  func resume() {
    var stage = PresenceStage()
    stage.reach("bob", "carol")
    let before = stage.updates(to: "bob").last?.update.version
    stage.hear("bob")
    stage.hear("carol")
    stage.now = stage.now.advanced(by: 3_600_000)
    stage.forget()
    stage.note(stage.machine.resumed(at: stage.now))
    let first = stage.updates(to: "bob").first
    #expect(first?.at == 3_600_000, "said at once")
    #expect(first?.update.wantsAcknowledgement == true)
    #expect(before.map { $0 < first!.update.version } == true)
    #expect(first?.update.version.session == stage.now.wall)
    stage.pass(100)
    #expect(stage.status("bob") == .online)
    stage.hear("bob")
    stage.pass(2_500)
    #expect(stage.status("bob") == .online)
    #expect(stage.status("carol") == .offline, "who left meanwhile is known soon")
  }

  @Test("a node that was held up itself lets its probes be answered before it judges")
  func heldUp() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.now = stage.now.advanced(by: 20_000)
    stage.note(stage.machine.tick(at: stage.now))
    stage.pass(1_400)
    #expect(stage.moments(.left(bob)).isEmpty)
    stage.pass(200)
    #expect(stage.moments(.left(bob)) == [21_500])
  }

  @Test("whoever was given up is back at its first newer word, rooms and all")
  func back() throws {
    var stage = PresenceStage()
    let board = try #require(RoomID("board"))
    stage.reach("bob")
    stage.hear("bob", DevicePresence(rooms: [board]))
    stage.pass(10_000)
    #expect(stage.status("bob") == .offline)
    #expect(stage.shown("bob")?.rooms == [])
    stage.forget()
    stage.hear("bob", DevicePresence(rooms: [board]))
    #expect(stage.status("bob") == .online)
    #expect(stage.shown("bob")?.rooms == [board])
    #expect(stage.moments(.rooms(bob, [board])).count == 1)
    #expect(stage.moments(.returned(bob)).count == 1)
    #expect(stage.published("bob").count == 1)
  }

  @Test("who is given up is still told of us: a network may come back one way first")
  func stillTold() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.pass(20_000)
    stage.forget()
    stage.pass(4_000)
    #expect(stage.updates(to: "bob").count >= 2)
  }
}
