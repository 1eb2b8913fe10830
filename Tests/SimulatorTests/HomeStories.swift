import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of homes that run twice, of versions and of years")
struct HomeStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  @Test("a home that runs on two machines: its person is told, both may write, and who is left is seen as before")
  func copied() throws {
    let office = try openOffice(seed: 71) { $0.onFiles = [bob] }
    office.post(bob, "alone")
    office.advance(by: 20_000)
    let start = office.bytesSent
    office.advance(by: 60_000)
    let usual = office.bytesSent - start
    office.bring(.copy(bob))
    office.advance(by: 5_000)
    #expect(office.isToldOfTwin(bob))
    office.post(bob, "at the desk")
    office.postAtCopy(of: bob, "at home")
    office.advance(by: 40_000)
    for node in 0..<5 { #expect(Set(office.activities(node)) == ["alone", "at the desk", "at home"]) }
    // No storm: each is met again when its wait is over, half a minute at most.
    let before = office.bytesSent
    office.advance(by: 60_000)
    #expect(office.bytesSent - before < 10 * usual, "\(usual) without")

    office.bring(.endCopy(bob))
    office.advance(by: 30_000)
    for node in [ada, eve, dan, ada2] { #expect(office.sees(node, bob) == .online) }
    #expect(office.settle() == [])
    for node in 0..<5 { #expect(office.branches(node, of: bob) == 1) }
  }

  @Test("a home restored from an older backup has what others heard from it since, and begins a new history")
  func restored() throws {
    let office = try openOffice(seed: 74) { $0.onFiles = [bob] }
    office.post(bob, "before")
    office.advance(by: 1_000)
    office.bring(.backUp(bob))
    office.post(bob, "after, and heard")
    office.advance(by: 3_000)
    let incarnation = office.incarnation(bob)
    office.bring(.unplug(bob))
    office.bring(.restore(bob))
    #expect(office.activities(bob) == ["before"])
    #expect(office.incarnation(bob) != incarnation)
    office.post(bob, "restored")
    office.advance(by: 1_000)
    office.bring(.heal)
    #expect(office.settle() == [])
    for node in 0..<5 { #expect(Set(office.activities(node)) == ["before", "after, and heard", "restored"]) }
    for node in 0..<5 { #expect(office.branches(node, of: bob) == 1) }
  }

  @Test("a home whose database is spoilt comes back from its backup")
  func restoredAfterDamage() throws {
    let office = try openOffice(seed: 75) { $0.onFiles = [eve] }
    office.set(ada, "colour", to: "red")
    office.post(eve, "before")
    office.advance(by: 1_000)
    office.bring(.backUp(eve))
    office.bring(.damage(eve, 3))
    office.advance(by: 500)
    office.bring(.restore(eve))
    #expect(office.activities(eve) == ["before"])
    #expect(office.setting(eve, ada, "colour") == "red")
    #expect(office.settle() == [])
  }

  @Test("an older version carries tables and columns that it does not know, and shows them once it is upgraded")
  func upgraded() throws {
    let office = try openOffice(seed: 72) {
      $0.older = [bob, dan]
      $0.onFiles = [bob, dan]
    }
    office.post(ada, "in a table that bob does not know")
    office.set(ada, "colour", to: "red")
    office.notify(ada, to: [bob, eve], title: "with a text")
    office.advance(by: 1_000)
    office.notify(bob, to: [ada], title: "without a text")
    office.advance(by: 3_000)
    #expect(office.activities(bob) == [])
    #expect(office.held(bob) == office.held(ada))
    #expect(office.title(ada, newestFor: ada) == "without a text")
    // Whoever knows is gone; who does not know tells another.
    for node in [ada, ada2, eve] { office.bring(.stop(node)) }
    office.bring(.upgrade(dan))
    office.advance(by: 5_000)
    #expect(office.activities(dan) == ["in a table that bob does not know"])
    #expect(office.setting(dan, ada, "colour") == "red")
    office.bring(.upgrade(bob))
    office.advance(by: 5_000)
    #expect(office.activities(bob) == ["in a table that bob does not know"])
    #expect(office.title(bob, newestFor: bob) == "without a text")
    #expect(office.settle() == [])
  }

  @Test("after two years the office has what lasts, logs begin late, and who lost everything has them from the others")
  func years() throws {
    let office = try openOffice(seed: 73) { $0.onFiles = [eve] }
    for number in 0..<6 {
      office.post(bob, "old \(number)")
      office.set(bob, "colour", to: "\(number)")
      office.advance(by: 300)
    }
    office.advance(by: 2_000)
    #expect(office.beginning(ada, of: bob) == 1)
    office.bring(.holiday(days: 730))
    for node in 0..<5 { office.bring(.stop(node)) }
    for node in 0..<5 { office.bring(.start(node)) }
    // What is dead goes soon after a start, and then every hour.
    office.advance(by: 2 * Limits.forgetDelay)
    #expect(office.activities(ada) == [])
    #expect(try #require(office.beginning(ada, of: bob)) == 6)
    office.post(bob, "new")
    office.advance(by: 1_000)
    for node in 0..<5 { #expect(office.activities(node) == ["new"]) }

    // Of every way in which a database is spoilt, one leaves nothing.
    for luck: UInt64 in 0..<6 {
      office.bring(.damage(eve, luck))
      office.advance(by: 1_000)
      office.bring(.mend(eve))
      office.advance(by: 10_000)
      #expect(office.activities(eve) == ["new"])
      #expect(office.setting(eve, bob, "colour") == "5")
    }
    #expect(try #require(office.beginning(eve, of: bob)) == 6)
    #expect(office.settle() == [])
  }
}
