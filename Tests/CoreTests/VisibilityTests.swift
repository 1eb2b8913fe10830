import Testing

@testable import BullpenCore

/// Who may hear of a person, by the words of the levels, one person at a time: what the one evaluation for all must
/// agree with.
private func mayHear(_ listener: DeviceID, of own: DeviceID, _ privacy: Privacy, in membership: Membership) -> Bool {
  guard let me = membership.device(own), let other = membership.device(listener) else { return false }
  if me.member == other.member { return listener != own }
  if privacy.settings.appearsOffline { return false }
  switch privacy.settings.level ?? privacy.usual {
  case .everyone: return true
  case .team: return other.role > .guest
  case .contacts:
    return privacy.settings.contacts.contains(other.member)
      || privacy.teams.contains { $0.members.contains(me.member) && $0.members.contains(other.member) }
  case .nobody: return false
  }
}

extension Privacy {
  /// Any settings, default and teams, over so many members.
  fileprivate init(of members: [MemberID], _ random: inout SeededRandomness) {
    func some() -> [MemberID] { members.filter { _ in random.next() % 3 == 0 }.sorted() }
    let levels: [VisibilityLevel?] = [nil] + VisibilityLevel.allCases
    self.init(
      settings: PresenceSettings(
        level: levels[Int(random.next() % 5)], showsPage: random.next() % 2 == 0, showsActivity: random.next() % 2 == 0,
        appearsOffline: random.next() % 5 == 0, contacts: some()),
      usual: VisibilityLevel.allCases[Int(random.next() % 4)],
      teams: (0..<random.next() % 3).map { _ in Team(id: TeamID(using: &random), name: "desk", members: some()) })
  }
}

@Suite("Who may hear of a person")
struct VisibilityTests {
  typealias Office = MembershipOffice
  private let board = RoomID("board")!
  private let bob = Office.device("bob")
  private let guest = Office.device("guest")

  private func privacy(
    _ level: VisibilityLevel, showsPage: Bool = true, contacts: [MemberID] = [], teams: [Team] = []
  ) -> Privacy {
    Privacy(settings: PresenceSettings(level: level, showsPage: showsPage, contacts: contacts), teams: teams)
  }

  @Test("of any settings, teams and memberships nobody beyond the level is in any list of receivers")
  func property() {
    for seed in 1...150 {
      var random = SeededRandomness(seed: UInt64(seed))
      var stage = PresenceStage()
      for name in ["erin", "frank"] where random.next() % 2 == 0 {
        stage.office.admit(name, as: random.next() % 2 == 0 ? .guest : .member, by: "ada", at: 40)
      }
      if random.next() % 3 == 0 { stage.office.admit("desk", of: "ada", by: "ada", at: 50) }
      if random.next() % 3 == 0 { stage.office.cut("carol", keeping: 100, by: "ada", at: 60) }
      stage.machine.membershipChanged(stage.office.membership)
      let own = Office.device("ada")
      let devices = stage.office.membership.devices.filter { $0 != own }
      for device in devices { stage.note(stage.machine.reachable(device, at: stage.now)) }
      for _ in 0..<4 {
        let membership = stage.office.membership
        let privacy = Privacy(of: membership.members.keys.sorted(), &random)
        stage.forget()
        stage.note(stage.machine.privacyChanged(privacy, at: stage.now))
        stage.note(stage.machine.change(PresenceChange(status: .busy, customStatus: "\(random.next())"), at: stage.now))
        stage.note(stage.machine.roomsChanged([board], kind: nil, typing: board, page: board, at: stage.now))
        for device in devices {
          stage.note(stage.machine.received(.probe(7), from: device, at: stage.now))
          stage.note(stage.machine.connectionLost(device, at: stage.now))
        }
        stage.pass(6_000)
        for entry in stage.effects {
          guard case .send(let body, let receivers) = entry.effect else { continue }
          for receiver in receivers {
            let isAllowed = mayHear(receiver, of: own, privacy, in: membership)
            if case .goodbye = body {
              #expect(!isAllowed, "seed \(seed): whoever may hear is not told goodbye")
            } else {
              #expect(isAllowed, "seed \(seed): \(body) went to who may not hear")
            }
            guard case .presence(let update) = body, !stage.machine.visibility.ownDevices.contains(receiver) else {
              continue
            }
            #expect(privacy.settings.showsPage || update.presence.rooms.isEmpty && update.presence.typing == nil)
            #expect(privacy.settings.showsPage || update.presence.page == nil)
            #expect(privacy.settings.showsActivity || update.presence.typing == nil)
          }
        }
        let answered = devices.filter(stage.machine.visibility.admits)
        #expect(answered == devices.filter { mayHear($0, of: own, privacy, in: membership) }, "seed \(seed)")
        for device in answered { #expect(!stage.updates(to: device).isEmpty, "seed \(seed): who may hear is told") }
      }
    }
  }

  @Test("whoever may hear no longer is told goodbye, again until it acknowledges, and then nothing at all")
  func narrowed() {
    var stage = PresenceStage()
    stage.reach("bob", "phone")
    stage.hear("bob")
    stage.forget()
    let bobs = stage.office.member("bob")
    stage.note(stage.machine.privacyChanged(privacy(.nobody), at: stage.now))
    stage.pass(200)
    let goodbyes = stage.goodbyes(to: "bob")
    #expect(goodbyes.map(\.at) == [0, 50, 150])
    #expect(Set(goodbyes.map(\.version)).count == 1)
    stage.hear(.acknowledge(goodbyes[0].version), from: "bob")
    stage.hear(.probe(7), from: "bob")
    stage.hear("bob", wantsAcknowledgement: true)
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 99)), from: "bob")
    stage.note(stage.machine.change(PresenceChange(status: .busy), at: stage.now))
    stage.forget()
    stage.pass(20_000)
    #expect(stage.sent(to: bob).isEmpty)
    #expect(stage.goodbyes(to: "phone").count == 7 - 3, "who never acknowledges hears it seven times, and no more")
    stage.note(stage.machine.privacyChanged(privacy(.contacts, contacts: [bobs]), at: stage.now))
    #expect(stage.updates(to: "bob").map(\.update.presence.status) == [.busy], "and is told at once when it may hear")
    stage.forget()
    stage.reach("carol")
    #expect(stage.sent(to: Office.device("carol")).isEmpty)
  }

  @Test("a goodbye that got lost is owed when the device is met again")
  func owed() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.note(stage.machine.privacyChanged(privacy(.nobody), at: stage.now))
    stage.pass(60_000)
    stage.forget()
    stage.reach("bob")
    #expect(stage.goodbyes(to: "bob").count == 1)
    stage.hear(.acknowledge(stage.goodbyes(to: "bob")[0].version), from: "bob")
    stage.forget()
    stage.reach("bob")
    #expect(stage.sent(to: bob).isEmpty)
  }

  @Test("who becomes a guest is told goodbye, where guests may not hear")
  func demoted() {
    var stage = PresenceStage()
    let credential = stage.office.admit("erin", as: .member, by: "ada", at: 40)
    stage.machine.membershipChanged(stage.office.membership)
    stage.reach("erin")
    stage.office.demote("erin", to: .guest, ending: [credential], keeping: 9, by: "ada", at: 50)
    stage.machine.membershipChanged(stage.office.membership)
    stage.forget()
    stage.note(stage.machine.tick(at: stage.now))
    #expect(stage.goodbyes(to: "erin").count == 1)
    stage.pass(10_000)
    #expect(stage.updates(to: "erin").isEmpty)
  }

  @Test("a hidden page is no room for others, quickens no heartbeat, and does not show in when we speak")
  func hiddenPage() {
    var stage = PresenceStage()
    stage.admitDesk()
    stage.note(stage.machine.privacyChanged(privacy(.team, showsPage: false), at: stage.now))
    stage.reach("bob", "desk")
    stage.hear("bob", DevicePresence(rooms: [board]))
    stage.hear("desk")
    stage.forget()
    stage.note(stage.machine.roomsChanged([board], kind: nil, typing: board, page: board, at: stage.now))
    #expect(stage.updates(to: "bob").isEmpty)
    #expect(stage.updates(to: "desk").map(\.update.presence.rooms) == [[board]], "one's own devices know all")
    #expect(stage.shown("ada")?.rooms == [board], "and so does one's own view")
    stage.pass(3_500)
    stage.forget()
    stage.pass(20_000)
    let moments = stage.updates(to: "bob").map(\.at)
    #expect(zip(moments, moments.dropFirst()).allSatisfy { $1 - $0 >= Limits.heartbeat * 9 / 10 })
    #expect(
      stage.updates(to: "bob").allSatisfy { $0.update.presence.rooms.isEmpty && $0.update.presence.typing == nil })
    stage.note(stage.machine.privacyChanged(privacy(.team), at: stage.now))
    #expect(stage.updates(to: "bob").last?.update.presence.rooms == [board])
  }

  @Test("whoever hides its activity types nowhere and is never idle")
  func hiddenActivity() {
    var stage = PresenceStage()
    stage.note(
      stage.machine.privacyChanged(
        Privacy(settings: PresenceSettings(showsPage: true, showsActivity: false)), at: stage.now))
    stage.reach("bob")
    stage.note(stage.machine.change(PresenceChange(status: .idle), at: stage.now))
    stage.note(stage.machine.roomsChanged([board], kind: nil, typing: board, page: board, at: stage.now))
    let last = stage.updates(to: "bob").last?.update.presence
    #expect((last?.status, last?.typing, last?.rooms) == (.online, nil, [board]))
    #expect(stage.status("ada") == .idle)
  }

  @Test("a third party tells of a device only whom that device's word admits")
  func hearsay() {
    for (said, asker, isTold) in [
      (Hearsay.nobody, "carol", false), (.nobody, "phone", true), (.team, "carol", true), (.team, "guest", false),
      (.everyone, "guest", true),
    ] {
      var stage = PresenceStage()
      stage.hear("bob", hearsay: said)
      let told = stage.machine.silence(of: bob, for: Office.device(asker), at: stage.now)
      #expect((told != nil) == isTold, "\(said) to \(asker)")
    }
    var stage = PresenceStage()
    stage.note(stage.machine.heard(bob, at: stage.now))
    #expect(
      stage.machine.silence(of: bob, for: Office.device("carol"), at: stage.now) == nil,
      "who has not shown itself is not told of")
  }

  @Test("what a person's level lets others tell goes with every word", arguments: VisibilityLevel.allCases)
  func told(_ level: VisibilityLevel) {
    var stage = PresenceStage()
    stage.note(stage.machine.privacyChanged(privacy(level, contacts: [stage.office.member("bob")]), at: stage.now))
    stage.reach("bob")
    let expected: [VisibilityLevel: [Hearsay]] = [
      .everyone: [.everyone], .team: [.team], .contacts: [.nobody], .nobody: [],
    ]
    #expect(stage.updates(to: "bob").map(\.update.hearsay) == expected[level])
  }

  @Test("who hides and who stops look the same to others, last sight and all")
  func oneAnswer() {
    func look(_ last: (inout PresenceStage) -> Void) -> MemberPresence? {
      var stage = PresenceStage()
      stage.reach("bob")
      stage.hear("bob", DevicePresence(rooms: [board]))
      stage.pass(1_000)
      stage.hear("bob", DevicePresence(rooms: [board]))
      last(&stage)
      stage.pass(60_000)
      return stage.shown("bob")
    }
    let goodbye = DatagramBody.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 9))
    let stopped = look { $0.hear(goodbye, from: "bob") }
    let hidden = look { stage in
      stage.hear(goodbye, from: "bob")
      // Its connection lives on.
      for _ in 0..<20 {
        stage.pass(1_000)
        stage.note(stage.machine.heard(bob, at: stage.now))
      }
    }
    #expect(stopped == hidden)
    #expect(stopped?.status == .offline)
    #expect(stopped?.lastSeen == PresenceStage.wall + 1_000)
  }

  @Test("what a device said holds for a minute, where it lives and says no more of itself")
  func stale() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob", DevicePresence(rooms: [board]))
    for _ in 0..<59 {
      stage.pass(1_000)
      stage.note(stage.machine.heard(bob, at: stage.now))
    }
    #expect(stage.status("bob") == .online)
    stage.pass(1_500)
    #expect(stage.status("bob") == .offline)
    #expect(stage.moments(.left(bob)) == [60_000])
    stage.hear("bob", DevicePresence(rooms: [board]))
    #expect(stage.status("bob") == .online)
    #expect(stage.moments(.rooms(bob, [board])).count == 2)
  }

  @Test("whoever was given up and lives again is not shown as it was before it says so itself")
  func notAsBefore() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.pass(10_000)
    stage.note(stage.machine.heard(bob, at: stage.now))
    #expect(stage.status("bob") == .offline)
    #expect(stage.shown("bob")?.lastSeen == PresenceStage.wall, "nor is its life seen")
  }

  @Test("a guest is told by whom guests may see, and drops what was meant for the team")
  func guests() {
    var stage = PresenceStage()
    stage.note(stage.machine.privacyChanged(privacy(.everyone), at: stage.now))
    stage.reach("guest")
    #expect(!stage.updates(to: "guest").isEmpty)
    let office = stage.office
    var machine = PresenceMachine(own: guest, kind: .desktop, session: 1, seed: 1)
    machine.membershipChanged(office.membership)
    for (said, isShown) in [(Hearsay.team, false), (.everyone, true), (.nobody, true)] {
      let version = PresenceVersion(session: 1, counter: UInt64(said.rawValue) + 1)
      var peer = machine
      let update = PresenceUpdate(
        version: version, presence: DevicePresence(), wantsAcknowledgement: false, heads: 0, hearsay: said)
      _ = peer.received(.presence(update), from: bob, at: stage.now)
      #expect((peer.shown(office.member("bob"), at: stage.now)?.status == .online) == isShown, "\(said)")
    }
  }

  @Test("sightings are kept over a restart; a short absence ends no session, a long one does")
  func sightings() {
    var stage = PresenceStage()
    stage.hear("bob")
    stage.now = stage.now.advanced(by: 4_000)
    stage.hear("bob")
    let kept = stage.machine.sightings
    #expect(
      kept == [LastSeen(device: bob, since: PresenceStage.wall, last: PresenceStage.wall + 4_000, hearsay: .team)])
    var later = PresenceStage()
    later.machine.remember(kept)
    #expect(later.shown("bob")?.lastSeen == PresenceStage.wall + 4_000)
    #expect(later.status("bob") == .offline)
    later.now = later.now.advanced(by: 60_000)
    later.hear("bob")
    #expect(later.shown("bob")?.sightings.map(\.duration) == [60_000])
    later.now = later.now.advanced(by: Limits.sessionGap + 1)
    later.hear("bob")
    #expect(later.shown("bob")?.sightings.map(\.duration) == [0])
  }
}
