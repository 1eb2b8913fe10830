import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories")
struct StoryTests {
  /// ada founded the office; bob, eve and dan joined; the fifth node is ada's second device.
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  private func office(seed: UInt64) throws -> Simulation {
    let office = Simulation(seed: seed, plan: FaultPlan())
    try office.open()
    office.advance(by: 2_000)
    return office
  }

  @Test("a laptop sleeps through what others post, and catches up soon after it wakes")
  func sleeper() throws {
    let office = try office(seed: 11)
    office.bring(.suspend(bob))
    office.advance(by: 9_000)
    #expect(office.sees(ada, bob) == .offline)
    office.post(ada, "one")
    office.post(eve, "two")
    office.notify(ada, to: [bob], title: "when you are back")
    office.advance(by: 20_000)
    #expect(office.unread(bob) == 0)
    #expect(office.activities(bob) == [])

    office.bring(.wake(bob))
    office.advance(by: 3_000)
    #expect(office.unread(bob) == 1)
    #expect(Set(office.activities(bob)) == ["one", "two"])
    #expect(office.sees(ada, bob) == .online)
    #expect(office.sees(bob, eve) == .online)
    #expect(office.settle() == [])
  }

  @Test("eve carries a sealed notification from ada, who has left, to bob, who returns")
  func relay() throws {
    let office = try office(seed: 12)
    office.bring(.stop(bob))
    office.advance(by: 1_000)
    #expect(office.sees(eve, bob) == .offline)
    office.notify(ada, to: [bob], title: "only for bob")
    office.advance(by: 1_000)
    for node in [ada, ada2, dan] { office.bring(.stop(node)) }
    office.advance(by: 1_000)
    #expect(office.title(eve, newestFor: bob) == nil)

    office.bring(.start(bob))
    office.advance(by: 3_000)
    #expect(office.unread(bob) == 1)
    #expect(office.title(bob, newestFor: bob) == "only for bob")
    #expect(office.title(eve, newestFor: bob) == nil)
    #expect(office.settle() == [])
  }

  @Test("a crash right after an acknowledgement loses nothing")
  func crash() throws {
    let office = try office(seed: 13)
    office.bring(.unplug(dan))
    office.post(dan, "written alone")
    office.advance(by: 500)
    office.bring(.crash(dan))
    office.advance(by: 2_000)
    office.bring(.heal)
    office.bring(.start(dan))
    office.advance(by: 3_000)
    for node in [ada, bob, eve, ada2] { #expect(office.activities(node) == ["written alone"]) }
    #expect(office.settle() == [])
  }

  @Test("the owner's laptops are lost: the successor takes over, takes them out, and they are told so when they return")
  func successor() throws {
    let office = try office(seed: 15)
    office.name(ada, successor: bob)
    office.advance(by: 3_000)
    for node in [ada, ada2] { office.bring(.suspend(node)) }
    office.advance(by: 10_000)
    office.takeOver(eve)
    office.takeOver(bob)
    office.advance(by: 3_000)
    for node in [bob, eve, dan] { #expect(office.owner(node) == office.member(bob)) }
    #expect(office.role(dan, of: ada) == .admin)
    for node in [ada, ada2] { office.remove(bob, node) }
    office.advance(by: 2_000)
    #expect(office.role(dan, of: ada2) == nil)

    // Whoever found them says what the owner could say once.
    office.bring(.wake(ada))
    office.name(ada, successor: dan)
    office.remove(ada, bob)
    office.post(ada, "nobody hears it")
    office.advance(by: 10_000)
    #expect(office.isOut(ada))
    for node in [bob, eve, dan] {
      #expect(office.owner(node) == office.member(bob))
      #expect(office.role(node, of: bob) == .owner)
      #expect(office.activities(node) == [])
    }
    #expect(office.settle() == [])
  }

  @Test("two laptops of the owner name two successors in a split office, both take over, and one is the owner")
  func twoSuccessors() throws {
    let office = try office(seed: 16)
    office.bring(.split([ada, bob]))
    office.advance(by: 8_000)
    office.name(ada, successor: bob)
    office.name(ada2, successor: eve)
    office.advance(by: 2_000)
    office.takeOver(bob)
    office.takeOver(eve)
    office.advance(by: 2_000)
    #expect(office.owner(ada) == office.member(bob))
    #expect(office.owner(ada2) == office.member(eve))
    #expect(office.settle() == [])
    #expect([office.member(bob), office.member(eve)].contains(office.owner(dan)))
    #expect(Set([ada, bob, eve, dan, ada2].map { office.owner($0) }).count == 1)
  }

  @Test("who is taken out while asleep changes nothing any more, and what they wrote before stays")
  func takenOut() throws {
    let office = try office(seed: 17)
    office.post(dan, "before")
    office.advance(by: 2_000)
    office.bring(.suspend(dan))
    office.remove(ada2, dan)
    office.advance(by: 3_000)
    #expect(office.role(bob, of: dan) == nil)
    office.bring(.wake(dan))
    office.post(dan, "after")
    office.notify(eve, to: [bob], title: "not for dan")
    office.advance(by: 8_000)
    #expect(office.isOut(dan))
    for node in [ada, bob, eve, ada2] { #expect(office.activities(node) == ["before"]) }
    #expect(office.settle() == [])
  }

  @Test("both halves of a split office go on working and agree when it is whole again")
  func split() throws {
    let office = try office(seed: 14)
    office.bring(.split([ada, bob]))
    office.advance(by: 10_000)
    #expect(office.sees(ada, eve) == .offline)
    #expect(office.sees(ada, bob) == .online)
    office.post(ada, "here")
    office.post(eve, "there")
    office.advance(by: 1_000)
    #expect(office.activities(bob) == ["here"])
    #expect(office.activities(dan) == ["there"])
    #expect(office.settle() == [])
    for node in [ada, bob, eve, dan, ada2] { #expect(Set(office.activities(node)) == ["here", "there"]) }
  }
}
