import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of who may see whom")
struct PrivacyStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4
  private let plan = RoomID.room(ofPage: "/plan")!

  @Test("whoever is taken out of a team hears no more of who shows itself to the team alone")
  func leavesTeam() throws {
    let office = try openOffice(seed: 31) { _ in }
    office.setTeam(ada, of: [bob, eve])
    office.decide(bob, PresenceSettings(level: .contacts, showsPage: true))
    office.advance(by: 3_000)
    #expect(office.sees(eve, bob) == .online)
    #expect(office.sees(dan, bob) == .offline)
    office.setTeam(ada, of: [bob])
    office.advance(by: 2_000)
    #expect(office.sees(eve, bob) == .offline)
    office.setTeam(ada, of: [bob, dan])
    office.advance(by: 2_000)
    #expect(office.sees(eve, bob) == .offline)
    #expect(office.sees(dan, bob) == .online)
    #expect(office.lookRound() == [])
    #expect(office.settle() == [])
  }

  @Test("a page that is hidden is seen by one's own devices alone, and what is hidden amid it goes")
  func hiddenPage() throws {
    let office = try openOffice(seed: 32) { _ in }
    office.enter(ada, plan)
    office.advance(by: 1_000)
    #expect(office.shown(bob, ada)?.page == plan)
    office.decide(ada, PresenceSettings(level: .team, showsPage: false))
    office.advance(by: 1_000)
    #expect(office.shown(bob, ada)?.rooms == [])
    #expect(office.shown(bob, ada)?.page == nil)
    #expect(office.shown(bob, ada)?.status == .online)
    #expect(office.shown(ada2, ada)?.page == plan)
    #expect(office.settle() == [])
  }

  @Test("when and where somebody was while few might know is told to nobody else later")
  func hearsay() throws {
    let office = try openOffice(seed: 33) { _ in }
    // Others have seen him before and after, and know no better than that he was there all the time.
    for other in [eve, dan] { office.bring(.stop(other)) }
    let adas = try #require(office.member(ada))
    office.decide(bob, PresenceSettings(level: .contacts, showsPage: true, contacts: [adas]))
    office.enter(bob, plan)
    office.advance(by: 30_000)
    #expect(office.shown(ada, bob)?.page == plan)
    office.enter(bob, nil)
    office.decide(bob, PresenceSettings(level: .team, showsPage: true))
    office.advance(by: 3_000)
    office.bring(.stop(bob))
    office.advance(by: 1_000)
    office.bring(.start(eve))
    office.advance(by: 8_000)
    let told = try #require(office.shown(eve, bob)?.sightings.first)
    #expect(told.witness == adas)
    #expect(told.page == nil)
    #expect(told.activity == nil)
    #expect(told.duration <= 4_000)
    #expect(office.lookRound() == [])
  }

  @Test("nobody is asked about somebody of whom they may not know that they were here")
  func question() throws {
    let office = try openOffice(seed: 34) { _ in }
    let adas = try #require(office.member(ada))
    office.decide(bob, PresenceSettings(level: .contacts, contacts: [adas]))
    office.advance(by: 3_000)
    #expect(office.sees(ada, bob) == .online)
    #expect(office.sees(dan, bob) == .offline)
    office.bring(.unplug(bob))
    office.advance(by: 10_000)
    #expect(office.sees(ada, bob) == .offline)
    #expect(office.lookRound() == [])
  }
}
