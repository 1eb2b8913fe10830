import BullpenCore
import BullpenCrypto
import BullpenSimulator
import Testing

@Suite("Stories of a device that tells one thing to some and another to others")
struct EquivocationStories {
  private let nodes = 0..<5
  private let liar = 3
  private static let day: Int64 = 86_400_000

  private func office(seed: UInt64) throws -> Simulation {
    let office = Simulation(seed: seed, plan: FaultPlan())
    try office.open()
    office.advance(by: 2_000)
    return office
  }

  @Test("two begin where a false stamp says that all before is dead, two have what was before: all come to have both")
  func falseStamp() throws {
    let office = try office(seed: 51)
    var random = SeededRandomness(seed: 51)
    let incarnation = Incarnation(using: &random)
    let lies: [Simulation.Claim] = [
      (3_000, "first"), (2_000, "second"), (500 * Self.day, "old"), (400 * Self.day, "older"), (1_000, "third"),
    ]
    let whole = try #require(office.history(of: liar, incarnation, lies))
    let before = try #require(office.history(of: liar, incarnation, Array(lies.prefix(2))))
    office.bring(.split([0, 1]))
    office.advance(by: 9_000)
    office.tell(0, try #require(office.end(of: whole, from: 3)))
    office.tell(1, try #require(office.end(of: whole, from: 4)))
    office.tell(2, before)
    office.tell(4, before)
    office.advance(by: 3_000)
    office.bring(.heal)
    #expect(office.settle() == [])
    let shown = Set(office.activities(0))
    for node in nodes { #expect(Set(office.activities(node)) == shown) }
    #expect(office.branches(0, of: liar) == 2)
  }

  @Test(
    "whoever shows one history to some and another to others is named to all, and all keep both", arguments: 1...12)
  func named(luck: UInt64) throws {
    let office = try office(seed: 70)
    for node in nodes { office.post(node, "honest \(node)") }
    office.advance(by: 2_000)
    office.bring(.equivocate(liar, luck))
    office.post(liar, "honest all the same")
    #expect(office.settle() == [])
    for node in nodes {
      #expect(office.forkers(node) == [liar])
      #expect((2...4).contains(office.branches(node, of: liar)))
      #expect(Set(office.activities(node)).isSuperset(of: nodes.map { "honest \($0)" } + ["honest all the same"]))
      #expect(Set(office.activities(node)) == Set(office.activities(0)))
      #expect(office.setting(node, liar, "colour") == office.setting(0, liar, "colour"))
    }
  }

  @Test("each hears other ones of a dozen histories, in another order, and all keep the same eight", arguments: 1...6)
  func dozen(seed: UInt64) throws {
    let office = try office(seed: 60 + seed)
    var random = SeededRandomness(seed: seed)
    let incarnation = Incarnation(using: &random)
    let histories = try (0..<12).map { number in
      var lies: [Simulation.Claim] = (0..<(random.next() % 3)).map { (9_000 - Int64($0), "shared \($0)") }
      // Some parted long ago.
      if number % 4 == 0 { lies = [(600 * Self.day, "\(number) old"), (500 * Self.day, "\(number) older")] }
      lies += [(4_000, "\(number) one"), (3_000, "\(number) two")]
      return try #require(office.history(of: liar, incarnation, lies))
    }
    office.bring(.split([0, 1]))
    office.advance(by: 9_000)
    for node in nodes where node != liar {
      for history in histories.shuffled(using: &random).prefix(9) {
        let first = history.entries.count == 4 && random.next() % 2 == 0 ? UInt64(2) : 1
        office.tell(node, try #require(office.end(of: history, from: first)))
        office.advance(by: 100)
      }
    }
    office.bring(.heal)
    #expect(office.settle(within: 600_000) == [])
    for node in nodes { #expect(office.branches(node, of: liar) == Limits.branches) }
    let shown = Set(office.activities(0))
    for node in nodes { #expect(Set(office.activities(node)) == shown) }
    office.post(liar, "in a history of its own")
    office.advance(by: 2_000)
    for node in nodes { #expect(office.activities(node).contains("in a history of its own")) }
  }
}
