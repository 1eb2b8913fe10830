import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of clocks")
struct ClockStories {
  private static let day: Int64 = 86_400_000

  private func office(_ nodes: Int, seed: UInt64, onFiles: Set<Int> = []) throws -> Simulation {
    var plan = FaultPlan(nodes: nodes)
    plan.onFiles = onFiles
    let office = Simulation(seed: seed, plan: plan)
    try office.open()
    office.advance(by: 5_000)
    return office
  }

  /// A laptop is away from the office, and begins anew by a clock that is so far ahead.
  private func leave(_ office: Simulation, _ node: Int, ahead: Int64 = day) {
    office.bring(.stop(node))
    office.bring(.unplug(node))
    office.bring(.setClock(node, ahead))
    office.bring(.start(node))
    office.advance(by: 2_000)
  }

  /// Nobody is at work, and time passes.
  private func rest(_ office: Simulation, _ nodes: Int, _ milliseconds: Int64) {
    for node in 0..<nodes { office.bring(.suspend(node)) }
    office.advance(by: milliseconds)
    for node in 0..<nodes { office.bring(.wake(node)) }
    office.advance(by: 15_000)
  }

  @Test("of two machines one is a day ahead: both are told of the difference, neither is blamed, and nothing is lost")
  func twoAhead() throws {
    let office = try office(2, seed: 31)
    office.bring(.setClock(1, Self.day))
    office.advance(by: 40_000)
    let here = office.clocks(0)
    let there = office.clocks(1)
    #expect(here.map(\.device) == [office.device(1)])
    #expect(there.map(\.device) == [office.device(0)])
    #expect(here.allSatisfy { !$0.isCertain && abs($0.ahead - Self.day) < 1_000 })
    #expect(there.allSatisfy { !$0.isCertain && abs($0.ahead + Self.day) < 1_000 })

    office.post(0, "by the right clock")
    office.post(1, "from tomorrow")
    office.advance(by: 3_000)
    #expect(office.activities(0) == ["by the right clock"])
    #expect(Set(office.activities(1)) == ["by the right clock", "from tomorrow"])
    #expect(office.heldBack(0) == 1)

    office.bring(.setClock(1, 0))
    office.advance(by: 60_000)
    #expect(office.clocks(0) == [])
    #expect(office.clocks(1) == [])
    #expect(office.activities(1) == ["by the right clock"], "it waits where it was written too")
    office.post(1, "set right")
    office.advance(by: 2_000)
    #expect(office.refusals == [])
    for node in [0, 1] { #expect(Set(office.activities(node)) == ["by the right clock", "set right"]) }

    rest(office, 2, Self.day)
    for node in [0, 1] {
      #expect(Set(office.activities(node)) == ["by the right clock", "set right", "from tomorrow"])
      #expect(office.heldBack(node) == 0)
    }
    #expect(office.settle() == [])
  }

  @Test(
    "of two machines one is days, months or nearly a year off: what it hears meanwhile is all there when it is set right",
    arguments: [2, 120, 360, -120] as [Int64])
  func heardMeanwhile(days: Int64) throws {
    let office = try office(2, seed: 37, onFiles: [0, 1])
    office.bring(.unplug(1))
    office.notify(0, to: [1], title: "nearly over")
    office.advance(by: 1_000)
    rest(office, 2, 89 * Self.day)
    office.bring(.setClock(1, days * Self.day))
    office.bring(.heal)
    office.advance(by: 40_000)
    for number in 1...3 {
      office.notify(0, to: [1], title: "\(number)")
      office.advance(by: 1_000)
    }
    // And once more from the beginning, by the same clock.
    office.bring(.stop(1))
    office.notify(0, to: [1], title: "the last")
    office.advance(by: 1_000)
    office.bring(.start(1))
    office.advance(by: 40_000)
    #expect(office.held(1) == office.held(0))

    office.bring(.setClock(1, 0))
    office.advance(by: 60_000)
    #expect(office.unread(1) == 5)
    #expect(office.title(1, newestFor: 1) == "the last")
    #expect(office.settle() == [])
  }

  @Test(
    "a laptop is alone for hours by a clock that is months or years ahead: it forgets nothing of what lives",
    arguments: [200, 730], [false, true])
  func aloneAhead(days: Int64, isStartedAnew: Bool) throws {
    let office = try office(2, seed: 38, onFiles: [0, 1])
    office.notify(0, to: [1], title: "from ada")
    office.post(1, "from bob")
    office.advance(by: 3_000)
    let ahead = days * Self.day
    if isStartedAnew {
      leave(office, 1, ahead: ahead)
    } else {
      office.bring(.unplug(1))
      office.bring(.setClock(1, ahead))
    }
    office.advance(by: Limits.forgetInterval + 120_000)
    office.bring(.setClock(1, 0))
    office.bring(.heal)
    office.advance(by: 20_000)
    #expect(office.unread(1) == 1)
    #expect(office.title(1, newestFor: 1) == "from ada")
    #expect(office.activities(1) == ["from bob"])
    #expect(office.settle() == [])
  }

  @Test(
    "who is a day behind meets one whose log begins later by now: nobody is said to withhold, and it is taken by the right clock"
  )
  func laterBeginning() throws {
    let office = try office(3, seed: 39)
    office.bring(.unplug(1))
    for text in ["one", "two", "three"] { office.post(0, text) }
    office.advance(by: 1_000)
    office.bring(.holiday(days: 366))
    office.advance(by: Limits.forgetInterval + 120_000)
    office.post(0, "a year later")
    office.advance(by: 1_000)
    #expect(office.beginning(0, of: 0) == 3)
    office.bring(.stop(2))
    leave(office, 1, ahead: -Self.day)
    office.bring(.heal)
    office.advance(by: 180_000)
    #expect(office.clocks(1).map(\.isCertain) == [false])
    #expect(office.activities(1) == [], "whether all before it is dead, nobody knows yet")
    #expect(office.withholders(1) == [])
    office.bring(.setClock(1, 0))
    office.advance(by: 60_000)
    #expect(office.activities(1) == ["a year later"])
    #expect(office.settle() == [])
  }

  @Test("what a clock that was ahead has written is voided, and does not come when its day has come")
  func voided() throws {
    let office = try office(3, seed: 35)
    leave(office, 2)
    office.post(2, "from tomorrow")
    office.advance(by: 2_000)
    office.bring(.heal)
    office.advance(by: 15_000)
    for node in 0..<3 {
      #expect(office.heldBack(node) == 1)
      #expect(office.activities(node) == [])
    }
    office.bring(.setClock(2, 0))
    office.void(1)
    office.advance(by: 3_000)
    #expect(office.heldBack(0) == 1, "who is no admin voids nothing of another's")
    office.void(0)
    office.advance(by: 3_000)
    for node in 0..<3 { #expect(office.heldBack(node) == 0) }
    rest(office, 3, Self.day)
    for node in 0..<3 { #expect(office.activities(node) == []) }
    #expect(office.settle() == [])
  }

  @Test("two clocks that are seconds apart agree on what is a day off: what was written ahead waits on both")
  func secondsApart() throws {
    let office = try office(2, seed: 36)
    office.bring(.setClock(1, -20_000))
    office.bring(.setClock(0, Self.day))
    office.advance(by: 40_000)
    office.post(0, "from tomorrow")
    office.advance(by: 3_000)
    #expect(office.activities(0) == ["from tomorrow"])
    office.bring(.setClock(0, 0))
    office.advance(by: 60_000)
    for node in [0, 1] {
      #expect(office.heldBack(node) == 1)
      #expect(office.activities(node) == [])
      #expect(office.clocks(node) == [])
    }
    #expect(office.settle() == [])
  }

  @Test("of two machines one is a day behind: what the other writes waits there, and shows when the clock is set")
  func twoBehind() throws {
    let office = try office(2, seed: 32)
    office.bring(.setClock(1, -Self.day))
    office.advance(by: 40_000)
    #expect(office.clocks(0).map(\.isCertain) == [false])
    #expect(office.clocks(1).map(\.isCertain) == [false])
    office.post(0, "today")
    office.post(1, "yesterday")
    office.advance(by: 3_000)
    #expect(office.activities(0) == ["today"])
    #expect(office.activities(1) == [])
    #expect(office.heldBack(1) == 1)
    // It had written when its clock was right, and cannot write before that: the person is told why.
    #expect(office.refusals.map(\.code) == ["clock"])
    office.bring(.setClock(1, 0))
    office.post(1, "set right")
    office.advance(by: 45_000)
    #expect(office.refusals.count == 1)
    for node in [0, 1] { #expect(Set(office.activities(node)) == ["today", "set right"]) }
    #expect(office.heldBack(1) == 0)
    #expect(office.clocks(1) == [])
    #expect(office.settle() == [])
  }

  @Test(
    "among five a clock that steps a day is corrected at once, and everybody names that machine",
    arguments: [day, -day])
  func fiveStep(step: Int64) throws {
    let office = try office(5, seed: 33)
    office.bring(.setClock(1, step))
    office.post(1, "by whatever clock")
    office.advance(by: 1_000)
    for node in 0..<5 { #expect(office.activities(node) == ["by whatever clock"]) }
    office.advance(by: 40_000)
    for node in [0, 2, 3, 4] {
      #expect(office.clocks(node).map(\.device) == [office.device(1)])
      #expect(office.clocks(node).allSatisfy { $0.isCertain && abs($0.ahead - step) < 1_000 })
    }
    #expect(office.clocks(1).map(\.device) == [nil])
    #expect(office.clocks(1).allSatisfy { abs($0.ahead - step) < 1_000 })
    #expect((0..<5).allSatisfy { office.heldBack($0) == 0 })
    office.bring(.setClock(1, 0))
    office.advance(by: 40_000)
    for node in 0..<5 { #expect(office.clocks(node) == []) }
    #expect(office.settle() == [])
  }

  @Test("a laptop writes alone a day ahead and comes back to the office: it is corrected, and does not stay ahead")
  func fiveAlone() throws {
    let office = try office(5, seed: 34)
    leave(office, 4)
    office.post(4, "from tomorrow")
    office.set(4, "colour", to: "tomorrow's")
    office.advance(by: 2_000)
    #expect(office.setting(4, 0, "colour") == "tomorrow's")

    office.bring(.heal)
    office.advance(by: 15_000)
    for node in 0..<5 {
      #expect(office.heldBack(node) == 2, "also where it was written")
      #expect(office.activities(node) == [])
      #expect(office.setting(node, 0, "colour") == nil)
    }
    office.set(0, "colour", to: "today's")
    office.post(4, "corrected")
    office.advance(by: 2_000)
    #expect(office.refusals == [])
    for node in 0..<5 {
      #expect(office.setting(node, 0, "colour") == "today's")
      #expect(office.activities(node) == ["corrected"])
    }
    office.bring(.setClock(4, 0))
    office.advance(by: 40_000)
    office.post(4, "set right")
    office.advance(by: 2_000)
    #expect(office.refusals == [])
    for node in 0..<5 { #expect(Set(office.activities(node)) == ["corrected", "set right"]) }

    rest(office, 5, Self.day)
    for node in 0..<5 { #expect(Set(office.activities(node)) == ["corrected", "set right", "from tomorrow"]) }
    #expect(office.settle() == [])
  }

  @Test("a laptop that was a day behind alone is heard when it comes back, and what it wrote is old")
  func fiveBehind() throws {
    let office = try office(5, seed: 35)
    office.set(0, "colour", to: "today's")
    office.advance(by: 2_000)
    office.bring(.stop(4))
    office.bring(.unplug(4))
    office.bring(.setClock(4, -Self.day))
    office.bring(.start(4))
    office.advance(by: 2_000)
    office.post(4, "nobody writes before what it wrote")
    office.advance(by: 2_000)
    // It had written today: going back by a day would set its numbers and its times at odds.
    #expect(office.refusals.map(\.code) == ["clock"])
    office.bring(.heal)
    office.advance(by: 15_000)
    office.post(4, "back")
    office.advance(by: 2_000)
    for node in 0..<5 {
      #expect(office.activities(node) == ["back"])
      #expect(office.setting(node, 0, "colour") == "today's")
    }
    #expect(office.clocks(4).map(\.device) == [nil])
    #expect(office.settle() == [])
  }

  @Test("a clock that goes back and forth an hour at a time loses nothing and leaves nobody behind")
  func restless() throws {
    let office = try office(5, seed: 36)
    let hour: Int64 = 3_600_000
    for (number, offset) in [hour, -hour, 2 * hour, 0, -3 * hour, 0].enumerated() {
      office.bring(.setClock(2, offset))
      office.post(2, "\(number)")
      office.advance(by: 3_000)
    }
    #expect(office.refusals == [])
    for node in 0..<5 { #expect(Set(office.activities(node)) == ["0", "1", "2", "3", "4", "5"]) }
    #expect(office.settle() == [])
  }
}
