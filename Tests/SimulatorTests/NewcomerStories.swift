import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of those who come late")
struct NewcomerStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  @Test("a further laptop that one device lets in, far from all others, reads what its person was sent before")
  func linked() throws {
    let office = try openOffice(seed: 81) { $0.faults = [(0, .link(dan, to: bob))] }
    office.notify(ada, to: [bob], title: "only for bob")
    office.notify(ada, to: [eve], title: "only for eve")
    office.advance(by: 2_000)
    office.bring(.split([bob, dan]))
    office.bring(.link(dan, to: bob))
    office.advance(by: 3_000)
    #expect(office.member(dan) == office.member(bob))
    #expect(office.title(dan, newestFor: bob) == "only for bob")
    #expect(office.title(dan, newestFor: eve) == nil)
    office.post(dan, "from the new one")
    #expect(office.settle() == [])
    #expect(office.activities(ada2) == ["from the new one"])
  }
}
