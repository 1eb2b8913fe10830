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

  @Test("an invite for one: any member honours it when its maker has left, and only once")
  func invited() throws {
    let office = try openOffice(seed: 83) {
      $0.faults = [(0, .arrive(bob)), (0, .arrive(eve)), (0, .invite([bob, eve], by: 0, uses: 1, lifetime: 60_000))]
    }
    office.bring(.invite([bob, eve], by: ada, uses: 1, lifetime: 60_000))
    office.advance(by: 2_000)
    for node in [ada, ada2] { office.bring(.stop(node)) }
    office.bring(.arrive(bob))
    office.advance(by: 3_000)
    #expect(office.role(dan, of: bob) == .member)
    for _ in 0..<4 {
      office.bring(.arrive(eve))
      office.advance(by: 2_000)
    }
    #expect(office.member(eve) == nil)
    #expect(office.settle() == [])
    #expect(office.member(eve) == nil)
  }

  @Test("an invite that is over lets nobody in, and one for several lets in several")
  func expired() throws {
    let office = try openOffice(seed: 84) {
      $0.faults = [(0, .arrive(bob)), (0, .arrive(eve)), (0, .invite([bob, eve], by: 0, uses: 2, lifetime: 3_000))]
    }
    office.bring(.invite([bob, eve], by: ada, uses: 2, lifetime: 3_000))
    office.advance(by: 4_000)
    for guest in [bob, eve] { office.bring(.arrive(guest)) }
    office.advance(by: 3_000)
    for guest in [bob, eve] { #expect(office.member(guest) == nil) }
    office.bring(.invite([bob, eve], by: ada, uses: 2, lifetime: 86_400_000))
    office.advance(by: 2_000)
    #expect(office.settle() == [])
    for guest in [bob, eve] { #expect(office.role(dan, of: guest) == .member) }
  }
}
