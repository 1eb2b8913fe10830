@testable import BullpenCore
import Testing

@Suite("Colours of people")
struct PaletteTests {
  typealias Office = MembershipOffice

  private func office(_ size: Int) -> Office {
    var office = Office()
    for index in 1..<max(size, 1) { office.admit("device \(index)", by: "ada", at: Int64(index)) }
    return office
  }

  @Test("ten people have ten colours", arguments: 1...10)
  func distinct(size: Int) {
    let colours = Palette.colours(in: office(size).membership)
    #expect(Set(colours.values).count == size)
    #expect(colours.values.allSatisfy { (0..<Palette.size).contains($0) })
  }

  @Test("the first three are far apart, and nobody's hue changes when somebody comes", arguments: 1...12)
  func far(size: Int) {
    let before = Palette.colours(in: office(size).membership)
    let after = Palette.colours(in: office(size + 1).membership)
    #expect(before.allSatisfy { after[$0.key] == $0.value })
    guard size <= 3 else { return }
    for (one, a) in before {
      for (other, b) in before where one != other { #expect(min(abs(a - b), Palette.size - abs(a - b)) >= 2) }
    }
  }

  @Test("a person has one colour on every node, whatever a node heard first")
  func same() {
    let office = office(25)
    var random = SeededRandomness(seed: 3)
    let colours = Palette.colours(in: office.membership)
    let elsewhere = Membership.evaluate(office.statements.shuffled(using: &random), prover: Office.prover)
    #expect(Palette.colours(in: elsewhere) == colours)
    #expect(colours.count == 25)
    #expect(colours.allSatisfy { Palette.colour(of: $0.key, in: office.membership) == $0.value })
  }

  @Test("nobody's hue changes with a role or an owner")
  func roles() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("eve", by: "ada", at: 11)
    let before = Palette.colours(in: office.membership)
    office.admit("bob", as: .admin, by: "ada", at: 12)
    #expect(Palette.colours(in: office.membership) == before)
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    #expect(office.owner == office.member("bob"))
    #expect(Palette.colours(in: office.membership) == before)
  }

  @Test("presence shows the same colour")
  func shown() {
    let stage = PresenceStage()
    let colours = Palette.colours(in: stage.office.membership)
    for name in ["ada", "bob", "guest"] { #expect(stage.shown(name)?.colour == colours[stage.office.member(name)]) }
  }
}
