import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of disks")
struct DiskStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  @Test("a disk that is full takes nothing, which its person is told; with room again it has what it missed")
  func full() throws {
    let office = try openOffice(seed: 51) { $0.onFiles = [bob] }
    office.bring(.fill(bob))
    office.post(bob, "in vain")
    office.post(ada, "lunch")
    office.advance(by: 30_000)
    #expect(office.refusals.count == 1 && office.refusals.allSatisfy { $0.reason.contains("The disk is full.") })
    #expect(office.activities(bob) == [])
    #expect(office.activities(dan) == ["lunch"])
    // It is nobody's fault, and it goes on being seen.
    #expect((0..<5).allSatisfy { office.withholders($0) == [] })
    #expect(office.sees(ada, bob) == .online)
    office.bring(.clear(bob))
    office.advance(by: 10_000)
    #expect(office.activities(bob) == ["lunch"])
    office.post(bob, "thanks")
    #expect(office.settle() == [])
    #expect(office.activities(eve) == ["thanks", "lunch"])
  }

  @Test("a full queue: who writes more than may wait for the disk is told so, and what was taken is everywhere")
  func fullQueue() throws {
    let office = try openOffice(seed: 51) { _ in }
    let before = office.held(eve)
    office.bring(.flood(bob, writes: Limits.commitsQueued + 88))
    #expect(office.refusals.count == 88)
    #expect(office.refusals.first?.reason == "512 writes wait for the disk already, so this one was not taken.")
    #expect(office.settle() == [])
    #expect(office.held(eve) == before + Limits.commitsQueued)
    // There is room again.
    office.post(bob, "the last")
    office.advance(by: 2_000)
    #expect(office.activities(eve).first == "the last")
    #expect(office.refusals.count == 88)
  }

  @Test(
    "a spoilt database that is rebuilt has all that others have, whatever happened to it", arguments: UInt64(0)..<16)
  func spoilt(luck: UInt64) throws {
    let office = try openOffice(seed: 52 + luck) { $0.onFiles = [bob] }
    for number in 0..<12 {
      office.post([ada, bob, dan][number % 3], "news \(number)")
      office.notify(number % 2 == 0 ? ada : bob, to: [number % 2 == 0 ? bob : ada], title: "word \(number)")
      office.advance(by: 500)
    }
    office.bring(.damage(bob, luck))
    office.post(eve, "meanwhile")
    office.advance(by: 12_000)
    #expect(office.sees(ada, bob) == .offline)
    office.bring(.start(bob))
    #expect(office.sees(bob, ada) == nil, "nothing runs on what is spoilt")

    office.bring(.mend(bob))
    office.advance(by: 10_000)
    #expect(Set(office.activities(bob)) == Set((0..<12).map { "news \($0)" } + ["meanwhile"]))
    #expect(office.title(bob, newestFor: bob) == "word 11")
    #expect(office.unread(bob) == 6)
    office.post(bob, "back again")
    #expect(office.settle() == [])
    for node in 0..<5 { #expect(office.activities(node).count == 14) }
  }

  @Test(
    "messages that wait for a slow disk are stored together; of those that nobody has signed none takes another along")
  func together() {
    func report(_ most: Int) -> Simulation.Report {
      var plan = FaultPlan()
      plan.together = most
      plan.diskDelay = 40...80
      plan.diskFailures = 50
      plan.faults = [(1_000, .garble(3)), (6_000, .beHonest(3))]
      plan.deeds = (0..<60).map { Deed(at: 500 + 100 * Int64($0), node: $0 % 5, kind: .post, luck: UInt64($0)) }
      return Simulation(seed: 97, plan: plan).run()
    }
    let (grouped, single) = (report(4), report(1))
    #expect(grouped.findings == [] && single.findings == [])
    #expect(grouped.toll.grouped >= 20)
    #expect(single.toll.grouped == 0)
  }
}
