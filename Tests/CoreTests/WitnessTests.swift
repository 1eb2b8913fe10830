import Testing

@testable import BullpenCore

@Suite("When and where others were seen, and who says so")
struct WitnessTests {
  typealias Office = MembershipOffice
  private let bob = Office.device("bob")
  private let carol = Office.device("carol")
  private let dave = Office.device("dave")
  private let plan = RoomID("page:/plan")!

  /// Bob was there for a minute, on a page, and left.
  private func left(_ hearsay: Hearsay = .team, _ presence: DevicePresence? = nil) -> PresenceStage {
    var stage = PresenceStage()
    stage.hear("bob", presence ?? DevicePresence(rooms: [plan], page: plan), hearsay: hearsay)
    stage.now = stage.now.advanced(by: 60_000)
    let version = stage.hear("bob", hearsay: hearsay)
    stage.hear(.goodbye(PresenceVersion(session: version.session, counter: version.counter + 1)), from: "bob")
    return stage
  }

  private func answer(
    _ stage: inout PresenceStage, _ sighting: ToldSighting?, by name: String, of device: DeviceID? = nil
  ) {
    let answer = VouchAnswer(device: device ?? bob, silence: nil, sighting: sighting)
    stage.note(stage.machine.vouched(answer, by: Office.device(name), at: stage.now))
  }

  @Test("the last page and what was done there are part of when somebody was seen, once they are gone")
  func page() {
    var stage = PresenceStage()
    stage.hear("bob", DevicePresence(rooms: [plan], typing: plan, page: plan))
    #expect(stage.machine.sightings.map(\.activity) == [.typing])
    #expect(stage.shown("bob")?.sightings.map(\.page) == [nil], "where he was is not where he is")
    stage.hear("bob", DevicePresence(rooms: [plan], page: plan))
    stage.hear("bob")
    let seen = stage.machine.sightings.first
    #expect((seen?.page, seen?.activity) == (plan, .viewing), "he closed his last tab before he left")
    stage.hear("bob", DevicePresence(status: .idle))
    stage.note(stage.machine.left(bob, at: stage.now))
    let shown = stage.shown("bob")?.sightings.first
    #expect((shown?.page, shown?.activity) == (plan, .idle))
    // Another day he shows nothing of it.
    stage.now = stage.now.advanced(by: Limits.sessionGap + 1)
    stage.hear("bob")
    stage.note(stage.machine.left(bob, at: stage.now))
    #expect(stage.shown("bob")?.sightings.map(\.page) == [nil])
    #expect(stage.shown("bob")?.sightings.map(\.activity) == [nil])
  }

  @Test("who is asked tells how long ago, for how long and where, also after a restart")
  func telling() {
    var stage = left()
    stage.now = stage.now.advanced(by: 5_000)
    let told = ToldSighting(age: 5_000, stayed: 60_000, page: plan, activity: .viewing)
    #expect(stage.machine.sighting(of: bob, for: carol, at: stage.now) == told)
    var later = PresenceStage()
    later.machine.remember(stage.machine.sightings)
    later.now = stage.now
    #expect(later.machine.sighting(of: bob, for: carol, at: later.now) == told)
    #expect(later.machine.sighting(of: dave, for: carol, at: later.now) == nil, "never seen")
    // A clock that was set back makes no moment of the future.
    let early = Instant(boot: 0, wall: PresenceStage.wall - 86_400_000)
    #expect(later.machine.sighting(of: bob, for: carol, at: early)?.age == 0)
  }

  @Test(
    "it tells only those whom the person's own word admits, and of its own person's devices nobody",
    arguments: [(Hearsay.everyone, true, true), (.team, true, false), (.nobody, false, false)])
  func admitted(hearsay: Hearsay, members: Bool, guests: Bool) {
    var stage = left(hearsay)
    func isTold(_ name: String, of device: DeviceID) -> Bool {
      stage.machine.sighting(of: device, for: Office.device(name), at: stage.now) != nil
    }
    #expect(isTold("carol", of: bob) == members)
    #expect(isTold("guest", of: bob) == guests)
    #expect(isTold("phone", of: bob), "his own other device")
    #expect(!isTold("stranger", of: bob))
    stage.office.admit("tablet", of: "ada", by: "ada", at: 40)
    stage.machine.membershipChanged(stage.office.membership)
    stage.hear("tablet", DevicePresence(rooms: [plan], page: plan), hearsay: .everyone)
    #expect(!isTold("carol", of: Office.device("tablet")))
  }

  @Test("what was shown to few is not told to more, once more may know")
  func widened() {
    var stage = PresenceStage()
    stage.hear("bob", DevicePresence(rooms: [plan], page: plan), hearsay: .nobody)
    stage.now = stage.now.advanced(by: 60_000)
    stage.hear("bob", DevicePresence(rooms: [plan], page: plan), hearsay: .nobody)
    #expect(stage.machine.sighting(of: bob, for: carol, at: stage.now) == nil)
    stage.now = stage.now.advanced(by: 1_000)
    stage.hear("bob", hearsay: .team)
    stage.now = stage.now.advanced(by: 2_000)
    stage.hear("bob", hearsay: .team)
    #expect(stage.machine.sighting(of: bob, for: carol, at: stage.now) == ToldSighting(age: 0, stayed: 2_000))
    stage.hear("bob", hearsay: .nobody)
    stage.hear("bob", hearsay: .everyone)
    #expect(
      stage.machine.sighting(of: bob, for: Office.device("guest"), at: stage.now) == ToldSighting(age: 0, stayed: 0))
  }

  @Test("who hides is told of as who left at that moment")
  func hiding() {
    var stage = left()
    let told = stage.machine.sighting(of: bob, for: carol, at: stage.now)
    stage.hear(.probe(1), from: "bob")
    stage.now = stage.now.advanced(by: 1_000)
    stage.note(stage.machine.heard(bob, at: stage.now))
    #expect(stage.machine.sighting(of: bob, for: carol, at: stage.now)?.age == (told?.age ?? -1) + 1_000)
  }

  @Test("who came later shows it as the word of who says so; of two words the newer, and one's own eyes before both")
  func told() {
    var stage = PresenceStage()
    answer(&stage, nil, by: "carol")
    #expect(stage.shown("bob")?.lastSeen == nil)
    answer(&stage, ToldSighting(age: 600_000, stayed: 1_000, page: plan, activity: .idle), by: "carol")
    #expect(stage.published("bob").last?.shown.lastSeen == stage.now.wall - 600_000)
    let seen = LastSeen(
      device: bob, since: stage.now.wall - 601_000, last: stage.now.wall - 600_000, page: plan, activity: .idle,
      witness: stage.office.member("carol"))
    #expect(stage.shown("bob")?.sightings == [seen] && stage.status("bob") == .offline)
    #expect(stage.machine.sightings.isEmpty, "it is nobody else's word")
    #expect(stage.machine.sighting(of: bob, for: dave, at: stage.now) == nil, "and goes no further")
    answer(&stage, ToldSighting(age: 700_000, stayed: 0), by: "dave")
    #expect(stage.shown("bob")?.sightings == [seen])
    answer(&stage, ToldSighting(age: 500_000, stayed: 0), by: "dave")
    #expect(stage.shown("bob")?.sightings.first?.witness == stage.office.member("dave"))
    stage.machine.remember([LastSeen(device: bob, since: 0, last: stage.now.wall - 400_000)])
    #expect(stage.shown("bob")?.sightings.first?.witness == nil)
    answer(&stage, ToldSighting(age: 390_000, stayed: 0), by: "carol")
    #expect(stage.shown("bob")?.sightings.first?.witness == nil, "the same goodbye")
  }

  @Test("no word brings anybody back, none from beyond the bounds counts, and none for who is here")
  func bounded() {
    var stage = PresenceStage()
    for (age, stayed) in [(-1, 0), (0, -1), (Limits.sightingAge + 1, 0), (0, Limits.sightingAge + 1)]
      as [(Int64, Int64)]
    {
      answer(&stage, ToldSighting(age: age, stayed: stayed), by: "carol")
    }
    answer(&stage, ToldSighting(age: 0, stayed: 0), by: "stranger")
    answer(&stage, ToldSighting(age: 0, stayed: 0), by: "carol", of: Office.device("ada"))
    answer(&stage, ToldSighting(age: 0, stayed: 0), by: "carol", of: Office.device("stranger"))
    #expect(stage.effects.isEmpty)
    answer(&stage, ToldSighting(age: 0, stayed: 0), by: "carol")
    #expect(stage.status("bob") == .offline && stage.shown("bob")?.lastSeen == stage.now.wall)
    stage.hear("dave")
    answer(&stage, ToldSighting(age: 0, stayed: 86_400_000), by: "carol", of: dave)
    #expect(stage.shown("dave")?.sightings.map(\.duration) == [0])
  }

  @Test("it asks about whom it does not hear, those first that were seen last, and a bounded number of them")
  func missed() {
    var stage = PresenceStage()
    stage.hear("carol")
    let others = ["bob", "dave", "phone", "guest"].map { Office.device($0) }
    #expect(stage.machine.missed(besides: Office.device("guest")) == others.dropLast().sorted())
    for index in 0..<Limits.missedDevices { stage.office.admit("new \(index)", by: "ada", at: 50) }
    stage.machine.membershipChanged(stage.office.membership)
    stage.machine.remember([LastSeen(device: bob, since: 0, last: 1)])
    let asked = stage.machine.missed(besides: dave)
    #expect(asked.count == Limits.missedDevices && !asked.contains(bob) && !asked.contains(dave))
  }
}
