import Testing

@testable import BullpenCore

@Suite("Presence")
struct PresenceTests {
  typealias Office = MembershipOffice
  private let bob = Office.device("bob")
  private let board = RoomID("board")!

  private func acknowledge(_ stage: inout PresenceStage, _ name: String) {
    guard let version = stage.updates(to: name).last?.update.version else { return }
    stage.hear(.acknowledge(version), from: name)
  }

  @Test("a change is said at once, and again after 50, 100, 200, 400, 800 and 1,600 ms to who has not answered")
  func retries() {
    var stage = PresenceStage()
    stage.reach("bob", "carol")
    acknowledge(&stage, "bob")
    acknowledge(&stage, "carol")
    stage.forget()
    stage.note(stage.machine.change(PresenceChange(status: .busy), at: stage.now))
    acknowledge(&stage, "carol")
    stage.pass(10_000)
    let told = stage.updates(to: "bob").filter(\.update.wantsAcknowledgement)
    #expect(told.map(\.at) == [0, 50, 150, 350, 750, 1_550, 3_150])
    #expect(told.allSatisfy { $0.update.presence.status == .busy })
    #expect(stage.updates(to: "carol").filter(\.update.wantsAcknowledgement).count == 1)
  }

  @Test("an acknowledgement of what was said before does not settle the change")
  func oldAcknowledgement() {
    var stage = PresenceStage()
    stage.reach("bob")
    let first = stage.updates(to: "bob")[0].update.version
    stage.note(stage.machine.change(PresenceChange(status: .away), at: stage.now))
    stage.hear(.acknowledge(first), from: "bob")
    stage.forget()
    stage.pass(50)
    #expect(stage.updates(to: "bob").count == 1)
    acknowledge(&stage, "bob")
    stage.forget()
    stage.pass(1_000)
    #expect(stage.updates(to: "bob").isEmpty)
  }

  @Test("a presence that was overtaken changes nothing, and is acknowledged so that it stops coming")
  func reordered() {
    var stage = PresenceStage()
    stage.hear("bob", DevicePresence(status: .busy), counter: 7)
    stage.forget()
    let old = stage.hear("bob", DevicePresence(status: .away), counter: 6, wantsAcknowledgement: true)
    #expect(stage.status("bob") == .busy)
    #expect(stage.moments(.send(.acknowledge(old), to: [bob])).count == 1)
    #expect(stage.published("bob").isEmpty)
  }

  @Test("a heartbeat comes every second to who shares a room, every other second to the rest, never late")
  func heartbeats() {
    var stage = PresenceStage()
    stage.reach("bob", "carol")
    acknowledge(&stage, "bob")
    acknowledge(&stage, "carol")
    stage.note(stage.machine.roomsChanged([board], kind: nil, typing: nil, page: nil, at: stage.now))
    acknowledge(&stage, "bob")
    acknowledge(&stage, "carol")
    stage.hear("bob", DevicePresence(rooms: [board]))
    stage.pass(2_000)
    stage.forget()
    stage.pass(60_000)
    for (name, interval) in [("bob", Limits.heartbeatInRoom), ("carol", Limits.heartbeat)] {
      let moments = stage.updates(to: name).map(\.at)
      let gaps = zip(moments, moments.dropFirst()).map { $1 - $0 }
      #expect(gaps.allSatisfy { (interval * 9 / 10...interval).contains($0) }, "\(name)")
      #expect(Set(gaps).count > 5, "spread, so that an office does not speak in step")
    }
    #expect(stage.updates(to: "bob").last?.update.presence.rooms == [board], "all of it, each time")
  }

  @Test("a heartbeat that says nothing new is published to nobody")
  func quiet() {
    var stage = PresenceStage()
    stage.hear("bob")
    stage.forget()
    stage.hear("bob")
    #expect(stage.effects.isEmpty)
  }

  @Test("guests hear nothing of the team, not even from a third party; a promotion opens the door at once")
  func guests() {
    var stage = PresenceStage()
    stage.reach("bob", "guest")
    stage.hear("bob")
    stage.note(stage.machine.change(PresenceChange(status: .busy), at: stage.now))
    stage.pass(5_000)
    #expect(stage.updates(to: "guest").isEmpty)
    #expect(!stage.updates(to: "bob").isEmpty)
    func told(_ asker: String, of device: String) -> Int64? {
      stage.machine.silence(of: Office.device(device), for: Office.device(asker), at: stage.now)
    }
    #expect(told("guest", of: "bob") == nil)
    #expect(told("carol", of: "bob") == 5_000)
    #expect(told("carol", of: "dave") == nil, "not heard here")
    stage.office.admit("guest", as: .member, by: "ada", at: 100)
    stage.machine.membershipChanged(stage.office.membership)
    stage.pass(2_000)
    #expect(!stage.updates(to: "guest").isEmpty)
  }

  @Test("who becomes a guest sees nobody any more, not even those who go on speaking; a promotion shows them again")
  func becomesGuest() {
    var stage = PresenceStage()
    stage.office.admit("desk", as: .owner, of: "ada", by: "ada", at: 40)
    let name = stage.office.name("carol", by: "ada", at: 50)
    stage.office.takeOver(name, by: "carol", at: 60)
    stage.machine.membershipChanged(stage.office.membership)
    stage.reach("bob", "desk")
    stage.hear("bob", DevicePresence(status: .busy))
    stage.hear("desk")
    #expect(stage.status("bob") == .busy)
    let ended = stage.office.statements[0].value.id
    stage.office.demote("ada", to: .guest, ending: [ended], keeping: 9, by: "carol", at: 70)
    stage.machine.membershipChanged(stage.office.membership)
    #expect(stage.shown("bob")?.status == .offline)
    #expect(stage.shown("bob")?.lastSeen == nil)
    stage.hear("bob", DevicePresence(status: .busy))
    stage.hear(.probe(7), from: "bob")
    #expect(stage.shown("bob")?.status == .offline)
    #expect(stage.shown("ada")?.devices.count == 2, "devices of one's own hear one another")
    stage.office.admit("ada", as: .member, by: "carol", at: 80)
    stage.machine.membershipChanged(stage.office.membership)
    stage.hear("bob", DevicePresence(status: .busy))
    #expect(stage.status("bob") == .busy)
  }

  @Test("two devices are one person: the more available speaks, the newest words count, rooms come together")
  func twoDevices() throws {
    var stage = PresenceStage()
    let lounge = try #require(RoomID("lounge"))
    stage.hear("bob", DevicePresence(status: .online, customStatus: "deep work", wordsTurn: 1, rooms: [board]))
    stage.hear(
      "phone",
      DevicePresence(
        status: .away, customEmoji: "🚲", wordsTurn: 2, kind: .mobile, rooms: [board, lounge], typing: lounge),
      session: PresenceStage.wall + 10)
    let both = try #require(stage.shown("bob"))
    #expect(both.status == .online)
    #expect(both.customEmoji == "🚲")
    #expect(both.customStatus == "", "an emoji and a text of two devices do not mix")
    #expect(both.rooms == [board, lounge])
    #expect(both.typing == lounge)
    #expect(Set(both.devices.map(\.device)) == [bob, Office.device("phone")])
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 9)), from: "bob")
    let one = try #require(stage.shown("bob"))
    #expect(one.status == .away)
    #expect(one.devices.map(\.kind) == [.mobile])
    #expect(stage.published("bob").last?.shown == one)
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall + 10, counter: 9)), from: "phone")
    let none = try #require(stage.shown("bob"))
    #expect(none.status == .offline)
    #expect(none.rooms.isEmpty && none.devices.isEmpty && none.typing == nil && none.customEmoji.isEmpty)
    #expect(none.lastSeen == PresenceStage.wall)
  }

  @Test(
    "what was under way while somebody said goodbye brings them back no more where a new datagram session has begun since"
  )
  func lateWord() throws {
    var stage = PresenceStage()
    let desk = try #require(RoomID("desk"))
    stage.reach("bob")
    stage.hear("bob", counter: 1)
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 11)), from: "bob")
    stage.reach("bob")
    stage.hear("bob", DevicePresence(status: .away, rooms: [desk]), counter: 9)
    #expect(stage.status("bob") == .offline)
    #expect(stage.machine.sighting(of: bob, for: Office.device("carol"), at: stage.now)?.activity == nil)
    // Whoever starts anew is heard, also where its clock was set back.
    stage.hear("bob", session: PresenceStage.wall - 90_000, counter: 1)
    #expect(stage.status("bob") == .online)
  }

  @Test("the page to which the person came last is the person's, whichever device was started last")
  func newestPage() throws {
    var stage = PresenceStage()
    let (notes, plan) = (try #require(RoomID.room(ofPage: "/notes")), try #require(RoomID.room(ofPage: "/plan")))
    // The desk has run since yesterday; the phone, started this morning, has a clock that is a year ahead.
    let later = PresenceStage.wall + 31_536_000_000
    stage.hear("phone", DevicePresence(rooms: [notes], page: notes, pageTurn: 1), session: later)
    stage.hear("bob", DevicePresence(rooms: [plan], page: plan, pageTurn: 2))
    #expect(stage.shown("bob")?.page == plan)
    // Its heartbeats are no news.
    stage.hear("phone", DevicePresence(rooms: [notes], page: notes, pageTurn: 1), session: later)
    #expect(stage.shown("bob")?.page == plan)
    // The phone slept on its page, and wakes in a bag.
    stage.pass(10_000)
    stage.hear("bob", DevicePresence(rooms: [plan], page: plan, pageTurn: 2))
    stage.hear("phone", DevicePresence(rooms: [notes], page: notes, pageTurn: 1), session: later + 1)
    #expect(stage.shown("bob")?.page == plan)
    stage.hear("bob", DevicePresence())
    #expect(stage.shown("bob")?.page == notes, "who left a page is on the other")
  }

  @Test("who comes to a page is there after all that its other devices said, and counts nothing that others could read")
  func comes() throws {
    var stage = PresenceStage()
    stage.admitDesk()
    stage.reach("bob", "desk")
    let plan = try #require(RoomID.room(ofPage: "/plan"))
    func come(_ stage: inout PresenceStage) -> Turn? {
      stage.machine.cameToPage()
      stage.note(stage.machine.roomsChanged([plan], kind: nil, typing: nil, page: plan, at: stage.now))
      return stage.updates(to: "bob").last?.update.presence.pageTurn
    }
    stage.hear("desk", DevicePresence(rooms: [board], page: board, pageTurn: 6), session: PresenceStage.wall + 10)
    #expect(come(&stage) == 7)
    #expect(stage.shown("ada")?.page == plan)
    #expect(come(&stage) == 7, "nobody came between")
    stage.hear("desk", DevicePresence(rooms: [board], page: board, pageTurn: 8), session: PresenceStage.wall + 10)
    #expect(stage.shown("ada")?.page == board)
    #expect(come(&stage) == 9)
    stage.note(stage.machine.privacyChanged(Privacy(settings: PresenceSettings(showsPage: false)), at: stage.now))
    #expect(stage.updates(to: "bob").last?.update.presence.pageTurn == 0)
  }

  @Test("of words that were said at two devices the newest count, whichever was started last, and so does their end")
  func newestWords() {
    var stage = PresenceStage()
    stage.hear("phone", DevicePresence(customStatus: "In a meeting", wordsTurn: 1), session: PresenceStage.wall + 10)
    stage.hear("bob", DevicePresence(customStatus: "Back", wordsTurn: 2))
    #expect(stage.shown("bob")?.customStatus == "Back")
    stage.hear("bob", DevicePresence(wordsTurn: 3))
    #expect(stage.shown("bob")?.customStatus == "", "before the phone has heard of it")
  }

  @Test("what was said at the desk is cleared at the laptop, and what was said here is over when the desk says more")
  func wordsElsewhere() {
    var stage = PresenceStage()
    stage.admitDesk()
    stage.reach("bob", "desk")
    func say(_ change: PresenceChange) { stage.note(stage.machine.change(change, at: stage.now)) }
    stage.hear("desk", DevicePresence(customStatus: "In a meeting", wordsTurn: 1))
    let clear = PresenceChange(customStatus: "", customEmoji: "")
    #expect(stage.machine.alters(clear, at: stage.now))
    say(clear)
    let told = stage.updates(to: "bob").last?.update.presence
    #expect((told?.customStatus, told?.wordsTurn) == ("", 2))
    #expect(stage.shown("ada")?.customStatus == "")
    #expect(!stage.machine.alters(clear, at: stage.now), "once is enough")
    stage.hear("desk", DevicePresence(wordsTurn: 2))

    say(PresenceChange(customStatus: "Reading", clearAfter: 60_000))
    stage.hear("desk", DevicePresence(customStatus: "At lunch", wordsTurn: 4))
    #expect(stage.shown("ada")?.customStatus == "At lunch")
    #expect(stage.shown("ada")?.clearsAt == nil)
    say(PresenceChange(status: .busy, customStatus: "At lunch", customEmoji: ""))
    let said = stage.updates(to: "bob").last?.update.presence
    #expect((said?.status, said?.wordsTurn, said?.customStatus) == (.busy, 4, ""), "the desk knows until when")
    // What is left out stays.
    say(PresenceChange(customEmoji: "🍜"))
    #expect(stage.shown("ada")?.customStatus == "At lunch" && stage.shown("ada")?.customEmoji == "🍜")
    stage.hear("desk", DevicePresence(wordsTurn: 6))
    stage.hear(.goodbye(PresenceVersion(session: PresenceStage.wall, counter: 99)), from: "desk")
    #expect(stage.shown("ada")?.customStatus == "", "nothing comes back when the desk goes")
  }

  @Test("words whose time is over are no words that were never said: older ones do not come back")
  func wordsOver() {
    var stage = PresenceStage()
    stage.admitDesk()
    stage.reach("desk")
    stage.note(stage.machine.change(PresenceChange(customStatus: "Reading", clearAfter: 60_000), at: stage.now))
    stage.pass(60_000)
    #expect(stage.updates(to: "desk").last?.update.presence.wordsTurn == 2)
  }

  @Test("a newer device without a custom status does not hide the one that has it")
  func customStatus() {
    var stage = PresenceStage()
    stage.hear("bob", DevicePresence(customStatus: "at lunch", customEmoji: "🍜", wordsTurn: 1))
    stage.hear("phone", DevicePresence(kind: .mobile), session: PresenceStage.wall + 10)
    #expect(stage.shown("bob")?.customStatus == "at lunch")
    #expect(stage.shown("bob")?.customEmoji == "🍜")
  }

  @Test("with what the person looks at it is what a view says while it is open, and then what the node is for again")
  func usualKind() throws {
    var stage = PresenceStage()
    var rooms = RoomMachine(own: Office.device("ada"), session: 1)
    let view = ViewID(raw: 1)
    func act(_ action: ViewAction) -> DeviceKind? {
      for case .roomsChanged(let shown, let kind, let typing, let page) in rooms.act(action, in: view, at: stage.now) {
        stage.note(stage.machine.roomsChanged(shown, kind: kind, typing: typing, page: page, at: stage.now))
      }
      return stage.shown("ada")?.devices.first?.kind
    }
    #expect(act(.show(.mobile)) == .mobile)
    #expect(act(.close) == .desktop)
    #expect(act(.join(board, .tablet)) == .tablet)
    #expect(act(.leave(board)) == .tablet, "the view is open still")
    #expect(act(.close) == .desktop)
  }

  @Test("one's own presence is shown as others' is, and only a member's")
  func own() {
    var stage = PresenceStage()
    #expect(stage.status("ada") == .online)
    stage.note(stage.machine.change(PresenceChange(status: .busy, customStatus: "on air"), at: stage.now))
    #expect(stage.published("ada").map(\.shown.status) == [.busy])
    #expect(stage.shown("ada")?.customStatus == "on air")
    #expect(stage.shown("ada")?.devices.count == 1)
    #expect(stage.shown("stranger") == nil)
  }

  @Test("texts keep their bounds, counted as a person counts")
  func bounds() {
    var stage = PresenceStage()
    let change = PresenceChange(
      customStatus: String(repeating: "é", count: 300),
      customEmoji: String(repeating: "👩‍💻", count: 8)
        + String(repeating: "a" + String(repeating: "\u{301}", count: 40), count: 9))
    stage.note(stage.machine.change(change, at: stage.now))
    #expect(stage.shown("ada")?.customStatus.count == Limits.customStatusCharacters)
    // Eight of eleven bytes and two of 81: whole characters only, as many as the bytes allow.
    #expect(stage.shown("ada")?.customEmoji.count == 10)
    stage.note(
      stage.machine.change(
        PresenceChange(customEmoji: String(repeating: "a" + String(repeating: "\u{301}", count: 40), count: 9)),
        at: stage.now))
    #expect(stage.shown("ada")?.customEmoji.count == 3)
  }

  @Test("a device whose clock was set back is believed anew when it is met again")
  func setBack() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob", DevicePresence(status: .busy), session: PresenceStage.wall + 1_000_000)
    stage.reach("bob")
    stage.hear("bob", DevicePresence(status: .away), session: PresenceStage.wall)
    #expect(stage.status("bob") == .away)
  }

  @Test("a probe is answered at once")
  func probed() {
    var stage = PresenceStage()
    stage.hear(.probe(77), from: "bob")
    #expect(stage.moments(.send(.probeAnswer(77), to: [bob])) == [0])
  }

  @Test("a device that was cut is neither told nor listened to")
  func cut() {
    var stage = PresenceStage()
    stage.reach("bob")
    stage.hear("bob")
    stage.office.cut("bob", keeping: 100, by: "ada", at: 100)
    stage.machine.membershipChanged(stage.office.membership)
    stage.forget()
    stage.pass(10_000)
    stage.hear("bob")
    #expect(stage.effects.isEmpty)
    #expect(stage.status("bob") == .offline)
  }

  @Test("a node that stops says goodbye to everybody it can reach, and nothing after")
  func stopping() {
    var stage = PresenceStage()
    stage.reach("bob", "carol", "guest")
    let last = stage.updates(to: "bob").last?.update.version
    stage.forget()
    stage.note(stage.machine.stopping(at: stage.now))
    let goodbyes = stage.effects.compactMap { entry -> (PresenceVersion, [DeviceID])? in
      guard case .send(.goodbye(let version), let devices) = entry.effect else { return nil }
      return (version, devices)
    }
    #expect(goodbyes.count == 2)
    #expect(goodbyes.allSatisfy { $0.1 == [bob, Office.device("carol")].sorted() })
    #expect(goodbyes.allSatisfy { goodbye in last.map { $0 < goodbye.0 } == true })
    #expect(stage.machine.nextDeadline == nil)
    stage.forget()
    stage.pass(10_000)
    #expect(stage.effects.isEmpty)
    #expect(stage.status("ada") == .offline)
  }

  @Test("with one datagram in five lost, 99 changes of 100 are known within half a second")
  func lossy() {
    var delays: [Int64] = []
    for seed in 1...400 {
      var random = SeededRandomness(seed: UInt64(seed))
      var stage = PresenceStage()
      stage.reach("bob")
      acknowledge(&stage, "bob")
      stage.forget()
      stage.note(stage.machine.change(PresenceChange(status: .away), at: stage.now))
      stage.pass(5_000)
      // Bob's acknowledgements are of no use to him: the first that gets through is what he knows.
      let arrived = stage.updates(to: "bob").first { _ in random.next() % 5 != 0 }
      delays.append(arrived?.at ?? .max)
    }
    delays.sort()
    #expect(delays[delays.count * 99 / 100] < 500)
  }
}
