import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of members with changed programs")
struct AttackStories {
  /// ada founded the office; the fifth node is ada's second device.
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4
  private static let hour: Int64 = 3_600_000

  @Test("a laptop that was taken out goes on, and a newcomer whom it meets first shows nothing of that in the end")
  func defiant() throws {
    let office = try openOffice(seed: 91) { $0.faults = [(0, .arrive(eve))] }
    office.post(dan, "before")
    office.advance(by: 2_000)
    office.bring(.defy(dan))
    office.bring(.split([ada, ada2]))
    office.advance(by: 9_000)
    office.remove(ada, dan)
    office.advance(by: 1_000)
    // bob has not heard of it, lets eve in and passes on what dan writes.
    office.bring(.arrive(eve))
    office.advance(by: 3_000)
    office.post(dan, "after")
    office.advance(by: 3_000)
    for node in [bob, eve] { #expect(Set(office.activities(node)) == ["before", "after"]) }
    office.bring(.heal)
    office.advance(by: 15_000)
    #expect(!office.isOut(dan), "it does not heed it")
    office.post(dan, "still here")
    office.advance(by: 5_000)
    for node in [ada, bob, eve, ada2] {
      #expect(office.role(node, of: dan) == nil)
      #expect(office.activities(node) == ["before"])
    }
    #expect(office.settle() == [])
  }

  @Test("what a member dates hours ahead waits everywhere, under its name, and takes nobody's clock along")
  func foretold() throws {
    let office = try openOffice(seed: 92) { _ in }
    office.set(dan, "colour", to: "now's")
    office.advance(by: 1_000)
    office.bring(.foretell(dan, ahead: 5 * Self.hour))
    office.advance(by: 3_000)
    for node in 0..<5 { office.post(node, "now, \(node)") }
    office.advance(by: 3_000)
    for node in 0..<5 {
      #expect(Set(office.activities(node)) == Set((0..<5).map { "now, \($0)" }))
      #expect(office.setting(node, dan, "colour") == "now's")
      #expect(office.heldBack(node) == 2)
      // Its machine's clock is right: nobody is said to have a wrong one.
      #expect(office.clocks(node) == [])
    }
    #expect(office.settle() == [])
  }

  @Test("what ada sealed for bob opens nowhere else, wherever eve puts it", arguments: 1...10)
  func moved(luck: UInt64) throws {
    let office = try openOffice(seed: 93) { _ in }
    office.notify(ada, to: [bob], title: "only for bob")
    office.advance(by: 2_000)
    office.bring(.move(eve, luck))
    office.advance(by: 3_000)
    #expect(office.title(bob, newestFor: bob) == "only for bob" || office.unread(bob) == 2)
    #expect(office.title(eve, newestFor: eve) == nil)
    for node in 0..<5 { #expect(office.activities(node) == []) }
    #expect(office.settle() == [])
  }

  @Test("what was sent once and is sent again changes nothing, and keeps nobody here who has gone")
  func replayed() throws {
    let office = try openOffice(seed: 94) { $0.faults = [(0, .replay(eve))] }
    office.set(bob, "colour", to: "first")
    office.notify(ada, to: [bob], title: "once")
    office.advance(by: 3_000)
    office.set(bob, "colour", to: "second")
    office.advance(by: 3_000)
    office.bring(.replay(eve))
    office.bring(.crash(dan))
    office.advance(by: 12_000)
    for node in [ada, bob, eve, ada2] {
      #expect(office.sees(node, dan) == .offline)
      #expect(office.setting(node, bob, "colour") == "second")
    }
    #expect(office.unread(bob) == 1)
    for node in [ada, bob] { #expect(office.sees(node, eve) == .online) }
    for node in 0..<5 where node != dan { #expect(office.withholders(node) == []) }
    #expect(office.settle() == [])
  }

  @Test(
    "who was an admin once states nothing any more, as of whatever time and under whatever number", arguments: 1...12)
  func backdated(luck: UInt64) throws {
    let office = try openOffice(seed: 95) { _ in }
    office.give(ada, .admin, to: dan)
    office.advance(by: 3_000)
    #expect(office.role(bob, of: dan) == .admin)
    office.give(ada, .member, to: dan)
    office.advance(by: 3_000)
    office.bring(.backdate(dan, luck))
    office.advance(by: 3_000)
    for node in 0..<5 {
      for other in [bob, eve, dan] { #expect(office.role(node, of: other) == .member) }
      for other in [ada, ada2] { #expect(office.role(node, of: other) == .owner) }
    }
    #expect(office.settle() == [])
  }

  @Test("a clock that has used up a millisecond borrows the next, and everybody's writes keep their order")
  func usedUp() throws {
    let office = try openOffice(seed: 96) { _ in }
    office.bring(.useUp(bob))
    office.advance(by: 300)
    for number in 1...6 {
      office.set(bob, "colour", to: "\(number)")
      office.set(eve, "colour", to: "\(number)")
    }
    office.advance(by: 5_000)
    #expect(office.refusals == [])
    for node in 0..<5 {
      for author in [bob, eve] { #expect(office.setting(node, author, "colour") == "6") }
    }
    #expect(office.settle() == [])
  }
}
