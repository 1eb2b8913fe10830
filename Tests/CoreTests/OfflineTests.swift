import Testing

@testable import BullpenCore

/// Ada's laptop and her desk, and how she is by the newest word of each.
@Suite("Who chooses to be offline")
struct OfflineTests {
  typealias Office = MembershipOffice
  private let board = RoomID("board")!

  /// Ada's laptop, Bob and Ada's desk being met.
  private func stage() -> PresenceStage {
    var stage = PresenceStage()
    stage.admitDesk()
    stage.reach("bob", "desk")
    stage.hear("bob")
    stage.hear("desk")
    stage.forget()
    return stage
  }

  private func choose(_ status: Status, _ stage: inout PresenceStage) {
    stage.note(stage.machine.change(PresenceChange(status: status), at: stage.now))
  }

  @Test("others get one goodbye and then nothing, one's own devices all of it; another status ends it")
  func chosen() throws {
    var stage = stage()
    choose(.offline, &stage)
    let goodbyes = stage.goodbyes(to: "bob")
    #expect(goodbyes.map(\.at) == [0])
    #expect(stage.updates(to: "desk").last?.update.presence.status == .offline)
    stage.hear(.acknowledge(try #require(goodbyes.first).version), from: "bob")
    stage.forget()
    stage.note(stage.machine.roomsChanged([board], kind: nil, typing: board, page: nil, at: stage.now))
    stage.note(stage.machine.change(PresenceChange(customStatus: "not for Bob"), at: stage.now))
    stage.hear(.probe(7), from: "bob")
    stage.hear("bob", wantsAcknowledgement: true)
    stage.pass(20_000)
    #expect(stage.sent(to: Office.device("bob")).isEmpty)
    let told = stage.updates(to: "desk").last?.update.presence
    #expect((told?.rooms, told?.customStatus) == ([board], "not for Bob"))
    #expect(stage.machine.privacy.level == .nobody && stage.machine.visibility.members.isEmpty)
    stage.forget()
    choose(.away, &stage)
    #expect(stage.updates(to: "bob").map(\.update.presence.status) == [.away])
    #expect(stage.machine.privacy.level == .team)
  }

  @Test("settings that change meanwhile show nobody anything, and hold afterwards")
  func settings() {
    var stage = stage()
    choose(.offline, &stage)
    stage.note(stage.machine.privacyChanged(Privacy(settings: PresenceSettings(level: .everyone)), at: stage.now))
    stage.machine.membershipChanged(stage.office.membership)
    stage.pass(5_000)
    #expect(stage.updates(to: "bob").isEmpty)
    choose(.online, &stage)
    #expect(stage.machine.visibility.hearsay == .everyone)
  }

  @Test("offline at one device is offline at all, and what is chosen after it at any of them ends it")
  func everywhere() {
    var stage = stage()
    stage.hear("desk", DevicePresence(status: .offline, statusTurn: 1))
    #expect(stage.goodbyes(to: "bob").count == 1)
    #expect(stage.status("ada") == .offline)
    #expect(stage.shown("ada")?.devices.count == 2, "to oneself one's devices are there")
    stage.forget()
    choose(.busy, &stage)
    let told = stage.updates(to: "desk").last?.update.presence
    #expect((told?.status, told?.statusTurn) == (.busy, 2))
    #expect(stage.updates(to: "bob").map(\.update.presence.status) == [.busy])
    #expect(stage.updates(to: "bob").map(\.update.presence.statusTurn) == [0], "how often is nobody's business")
    // What the desk said before it heard of that counts no more.
    stage.hear("desk", DevicePresence(status: .offline, statusTurn: 1))
    #expect(stage.machine.privacy.level == .team)
    stage.hear("desk", DevicePresence(status: .offline, statusTurn: 3))
    stage.hear("desk", DevicePresence(status: .busy, statusTurn: 4))
    #expect(stage.status("ada") == .busy)
    #expect(stage.machine.privacy.level == .team)
  }

  @Test("the word of a colleague's device is not the person's own")
  func others() {
    var stage = stage()
    stage.hear("bob", DevicePresence(status: .offline, statusTurn: 9))
    #expect(stage.status("ada") == .online)
    #expect(stage.status("bob") == .offline && stage.shown("bob")?.devices == [])
  }

  @Test("it outlives a restart, and so does what ended it")
  func kept() throws {
    var stage = stage()
    choose(.offline, &stage)
    func kept() -> KeptStatus? {
      stage.effects.compactMap { if case .keepStatus(let kept) = $0.effect { kept } else { nil } }.last
    }
    var later = PresenceStage()
    later.note(later.machine.restore(try #require(kept()), at: later.now))
    later.reach("bob")
    #expect(later.sent(to: Office.device("bob")).isEmpty)
    choose(.online, &stage)
    later = PresenceStage()
    later.note(later.machine.restore(try #require(kept()), at: later.now))
    later.reach("bob")
    #expect(later.updates(to: "bob").map(\.update.presence.status) == [.online])
  }

  @Test("no cursor goes to anybody, until another status is chosen")
  func cursors() throws {
    var stage = stage()
    let now = stage.now
    var ada = Workspace(
      stage.office.workspace, own: Office.device("ada"), membership: stage.office.membership, heads: Heads(), port: 1,
      prover: Office.prover, random: SeededRandomness(seed: 1), kind: .desktop, at: now)
    let tab = ViewID(raw: 1), connection = ConnectionID(raw: 1)
    let endpoint = try #require(Endpoint(address: [127, 0, 0, 1], port: 1))
    _ = ada.receive(.privacy(Privacy(settings: PresenceSettings(showsPage: true))), at: now)
    _ = ada.receive(.met(connection, Office.device("bob"), endpoint, isOutbound: true, []), at: now)
    let session = DatagramSession(connection: DatagramConnectionID(raw: 1), key: .zero, port: 1, wall: now.wall)
    _ = ada.receive(.received(connection, .datagramSession(session)), at: now)
    let presence = PresenceUpdate(
      version: PresenceVersion(session: 1, counter: 1), presence: DevicePresence(rooms: [board]),
      wantsAcknowledgement: false, heads: 0, hearsay: .team)
    _ = ada.receive(.datagram(Office.device("bob"), .presence(presence), from: endpoint), at: now)
    _ = ada.receive(.view(tab, .join(board, .desktop)), at: now)
    func pointed(_ ada: inout Workspace) -> Bool {
      ada.receive(.view(tab, .point(board, CursorPosition(line: 1))), at: now).contains {
        if case .sendDatagram(.cursor, _) = $0 { true } else { false }
      }
    }
    #expect(pointed(&ada))
    _ = ada.receive(.setPresence(PresenceChange(status: .offline)), at: now)
    stage.now = now.advanced(by: 1_000)
    let told = ada.receive(.tick, at: stage.now) + ada.receive(.view(tab, .leave(board)), at: stage.now)
    #expect(!told.contains { if case .sendDatagram(.cursor, _) = $0 { true } else { false } })
    _ = ada.receive(.view(tab, .join(board, .desktop)), at: stage.now)
    #expect(!pointed(&ada))
  }
}
