import Testing

@testable import BullpenCore

@Suite("A key that two machines live with, as colleagues hear it")
struct TwoVoicesTests {
  static let first = PresenceStage.wall
  static let second = PresenceStage.wall + 40_000
  let bob = PresenceStage.Office.device("bob")

  private func isDouble(_ stage: PresenceStage) -> Bool {
    stage.machine.peers[bob]?.sessions.isDouble(at: stage.now) == true
  }

  @Test("who goes on long after another with the same key began is told once, and forgotten when one has ended")
  func two() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob", session: Self.first)
    // Datagrams of both come, in whatever order, and whichever of them counts.
    for _ in 0..<30 {
      stage.pass(2_000)
      stage.hear("bob", session: Self.second)
      stage.hear("bob", session: Self.first)
    }
    #expect(isDouble(stage))
    #expect(stage.moments(.doubled(bob)).count == 1)
    #expect(stage.status("bob") == .online && stage.shown("bob")?.devices.count == 1)
    for _ in 0..<400 {
      stage.pass(2_000)
      stage.hear("bob", session: Self.second)
    }
    #expect(!isDouble(stage))
  }

  @Test(
    "when the machine that began later ends, by goodbye or without a word, the other is seen again",
    arguments: [true, false])
  func oneEnds(saysGoodbye: Bool) {
    var stage = PresenceStage()
    stage.reach("bob")
    for _ in 0..<10 {
      stage.pass(2_000)
      stage.hear("bob", DevicePresence(status: .busy), session: Self.second)
      stage.hear("bob", DevicePresence(status: .online), session: Self.first)
    }
    #expect(stage.status("bob") == .busy)
    if saysGoodbye {
      stage.hear(.goodbye(PresenceVersion(session: Self.second, counter: 1_000)), from: "bob")
      #expect(stage.status("bob") == .offline)
    }
    #expect(isDouble(stage) != saysGoodbye)
    // What was under way while it ended brings nothing back.
    stage.pass(Limits.longestDelay - 1)
    stage.hear("bob", DevicePresence(status: .online), session: Self.first)
    #expect(stage.status("bob") != .online)
    stage.pass(2_000)
    stage.hear("bob", DevicePresence(status: .online), session: Self.first)
    #expect(stage.status("bob") == .online)
    // Whoever is left speaks on, and is no second machine for ever.
    for _ in 0..<Limits.voiceMemory / 2_000 {
      stage.pass(2_000)
      stage.hear("bob", DevicePresence(status: .online), session: Self.first)
    }
    #expect(!isDouble(stage))
    // Nor does the other one stay forgotten when it is back.
    stage.hear("bob", session: Self.second + 1)
    stage.pass(Limits.longestDelay)
    stage.hear("bob", DevicePresence(status: .online), session: Self.first)
    #expect(isDouble(stage))
  }

  @Test("a laptop that resumes, restarts or has its clock set back has one voice, also where a word was long under way")
  func one() {
    var stage = PresenceStage()
    stage.reach("bob")
    for (number, session) in [Self.first, Self.second, Self.first - 90_000, Self.second + 1].enumerated() {
      stage.hear("bob", session: session)
      stage.pass(Limits.longestDelay - 1)
      // What it said just before comes late.
      if number > 0 { stage.hear("bob", session: [Self.first, Self.second, Self.first - 90_000][number - 1]) }
      for _ in 0..<20 {
        stage.pass(2_000)
        stage.hear("bob", session: session)
      }
      stage.reach("bob")
    }
    #expect(!isDouble(stage) && stage.moments(.doubled(bob)).isEmpty)
  }

  @Test("nothing is known of the machines of who may not be seen")
  func hidden() {
    var stage = PresenceStage()
    stage.office.admit("second guest", as: .guest, by: "ada", at: 40)
    var guest = PresenceMachine(own: PresenceStage.Office.device("guest"), kind: .desktop, session: Self.first, seed: 1)
    guest.membershipChanged(stage.office.membership)
    _ = guest.reachable(bob, at: stage.now)
    for _ in 0..<30 {
      for session in [Self.first, Self.second] {
        let update = PresenceUpdate(
          version: PresenceVersion(session: session, counter: 1), presence: DevicePresence(),
          wantsAcknowledgement: false, heads: 0, hearsay: .team)
        _ = guest.received(.presence(update), from: bob, at: stage.now)
      }
      stage.pass(2_000)
    }
    #expect(guest.peers[bob]?.sessions.isDouble(at: stage.now) == false)
  }
}
