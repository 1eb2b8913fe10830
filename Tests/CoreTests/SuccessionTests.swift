import BullpenCore
import Testing

@Suite("A successor for the owner")
struct SuccessionTests {
  typealias Office = MembershipOffice

  /// Ada owns it; bob and carol are admins, eve is a member.
  private func people() -> Office {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", as: .admin, by: "ada", at: 11)
    office.admit("eve", by: "ada", at: 12)
    return office
  }

  private func owner(_ office: Office) -> [String] {
    ["ada", "bob", "carol", "eve", "mallory"].filter { office.role($0) == .owner }
  }

  @Test("who is named takes over, and the former owner is an admin from then on")
  func takesOver() {
    var office = people()
    let naming = office.name("eve", by: "ada", at: 20)
    #expect(office.membership.successors == [office.member("eve")])
    #expect(office.membership.mayTakeOver(Office.device("eve")))
    #expect(!office.membership.mayTakeOver(Office.device("bob")))
    #expect(owner(office) == ["ada"])
    office.takeOver(naming, by: "eve", at: 30)
    #expect(owner(office) == ["eve"])
    #expect(office.owner == office.member("eve"))
    #expect(office.role("ada") == .admin)
    #expect(office.membership.successors == [])
    office.cut("bob", keeping: 9, by: "eve", at: 40)
    #expect(office.role("bob") == nil, "eve reaches everybody now")
  }

  @Test("who is not named, or no longer, does not take over")
  func notNamed() {
    var office = people()
    let naming = office.name("eve", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    office.takeOver(office.statements[1].value.id, by: "bob", at: 31)
    let own = office.name("bob", by: "bob", at: 32)
    office.takeOver(own, by: "bob", at: 33)
    #expect(owner(office) == ["ada"])
    let other = office.name("carol", replacing: [naming], by: "ada", at: 34)
    #expect(office.membership.successors == [office.member("carol")])
    office.takeOver(naming, by: "eve", at: 35)
    #expect(owner(office) == ["ada"])
    office.name(nil, replacing: [other], by: "ada", at: 36)
    #expect(office.membership.successors == [])
    office.takeOver(other, by: "carol", at: 37)
    #expect(owner(office) == ["ada"])
  }

  @Test("what is stated on the former owner's lost laptop undoes nothing")
  func thief() {
    var office = people()
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, keeping: 5, by: "bob", at: 30)
    office.name(nil, replacing: [naming], by: "ada", at: 31)
    let other = office.name("mallory", replacing: [naming], by: "ada", at: 32)
    office.cut("bob", by: "ada", at: 33)
    office.cut("eve", by: "ada", at: 34)
    office.admit("mallory", as: .admin, by: "ada", at: 35)
    #expect(owner(office) == ["bob"])
    #expect(office.role("eve") == nil, "the former owner is an admin still, and the most senior")
    office.takeOver(other, by: "mallory", at: 36)
    #expect(owner(office) == ["bob"], "bob was there first")
    office.cut("ada", keeping: 5, by: "bob", at: 40)
    #expect(office.role("ada") == nil)
    #expect(office.role("mallory") == nil)
    #expect(office.role("eve") == .member)
    #expect(owner(office) == ["bob"])
  }

  @Test("what the lost laptop dates back, in the name of who is to succeed, does not come in between")
  func datedBack() {
    var office = Office()
    office.offer("door", by: "ada", at: 5)
    office.admit("bob", by: "ada", at: 10, invite: "door")
    office.admit("phone", of: "bob", by: "bob", at: 12)
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "phone", at: 30)
    // Another invite of the same key, for guests; and the phone as a device of ada's.
    office.offer("door", role: .guest, by: "ada", at: 1)
    office.admit("phone", of: "ada", by: "ada", at: 2)
    #expect(office.role("bob") == .owner)
    #expect(office.role("phone") == .owner)
  }

  @Test("what the owner did before stands; as an admin the former owner has less")
  func before() {
    var office = people()
    office.admit("frank", as: .admin, by: "ada", at: 13)
    office.cut("frank", keeping: 3, by: "ada", at: 14)
    office.offer("gate", role: .admin, by: "ada", at: 15)
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    office.admit("dave", as: .admin, by: "carol", at: 40, invite: "gate")
    office.offer("hatch", role: .admin, by: "ada", at: 41)
    office.offer("door", by: "ada", at: 42)
    #expect(office.role("frank") == nil)
    #expect(office.role("dave") == .admin)
    #expect(office.membership.invite(Office.invite("hatch")) == nil)
    #expect(office.membership.invite(Office.invite("door")) != nil)
  }

  @Test("a lost laptop of the successor's that the owner cut stays out when the successor takes over")
  func lostBefore() {
    var office = people()
    office.admit("tablet", as: .admin, of: "bob", by: "bob", at: 15)
    office.cut("tablet", by: "ada", at: 16)
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    office.cut("carol", by: "tablet", at: 31)
    #expect(owner(office) == ["bob"])
    #expect(office.role("tablet") == nil)
    #expect(office.role("carol") == .admin)
  }

  @Test("the former owner is demoted and removed like anybody else")
  func removed() throws {
    var office = people()
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    let membership = office.membership
    let ada = office.member("ada")
    #expect(membership.mayRemove(ada, by: Office.device("bob")))
    #expect(!membership.mayRemove(ada, by: Office.device("carol")))
    #expect(!membership.mayRemove(office.member("bob"), by: Office.device("ada")))
    #expect(membership.roles(for: ada, by: Office.device("bob")) == [.guest, .member])
    for claim in membership.claims(giving: .member, to: ada, at: office.heads) {
      office.state(claim, by: "bob", at: 40)
    }
    #expect(office.role("ada") == .member)
    office.admit("ada", as: .admin, by: "bob", at: 50)
    office.cut("carol", by: "ada", at: 60)
    #expect(office.role("ada") == .admin)
    #expect(office.role("carol") == .admin, "ada comes after her now")
    office.cut("ada", by: "bob", at: 70)
    #expect(office.role("ada") == nil)
  }

  @Test("the new owner names a successor in turn, also the former owner, whose old namings have ended")
  func inTurn() {
    var office = people()
    let first = office.name("bob", by: "ada", at: 20)
    office.takeOver(first, by: "bob", at: 30)
    let second = office.name("carol", by: "bob", at: 40)
    office.takeOver(second, from: ["bob"], by: "carol", at: 50)
    #expect(owner(office) == ["carol"])
    #expect([office.role("ada"), office.role("bob")] == [.admin, .admin])
    let third = office.name("ada", by: "carol", at: 60)
    office.takeOver(third, from: ["carol"], by: "ada", at: 70)
    #expect(owner(office) == ["ada"])
    #expect(office.membership.successors == [])
    office.takeOver(first, by: "bob", at: 80)
    #expect(owner(office) == ["ada"])
  }

  @Test("only the owner reaches who is named; others' cuts that came before are said again by the owner")
  func shielded() {
    var office = people()
    office.admit("phone", as: .member, of: "eve", by: "eve", at: 15)
    office.cut("phone", by: "carol", at: 16)
    #expect(office.role("phone") == nil)
    for claim in office.membership.claims(naming: office.member("eve")) { office.state(claim, by: "ada", at: 20) }
    #expect(office.membership.successors == [office.member("eve")])
    #expect(office.role("phone") == nil)
    #expect(!office.membership.mayRemove(office.member("eve"), by: Office.device("carol")))
    office.cut("eve", by: "carol", at: 14)
    #expect(office.role("eve") == .member)
    office.cut("eve", by: "ada", at: 21)
    #expect(office.role("eve") == nil)
    #expect(office.membership.successors == [])
  }

  @Test("a device that was cut does not take over, whether the owner or its own member cut it")
  func cutDevice() {
    for judge in ["ada", "bob"] {
      var office = people()
      office.admit("phone", as: .admin, of: "bob", by: "bob", at: 15)
      let naming = office.name("bob", by: "ada", at: 20)
      office.cut("phone", by: judge, at: 25)
      office.takeOver(naming, by: "phone", at: 30)
      #expect(owner(office) == ["ada"], "\(judge)")
      office.takeOver(naming, by: "bob", at: 40)
      #expect(owner(office) == ["bob"], "\(judge)")
    }
  }

  @Test("of two whom two devices of the owner named at once, who takes over first is the owner")
  func concurrent() {
    var office = people()
    office.admit("desk", as: .owner, of: "ada", by: "ada", at: 15)
    let one = office.name("bob", by: "ada", at: 20)
    let other = office.name("carol", by: "desk", at: 20)
    #expect(office.membership.successors == [office.member("bob"), office.member("carol")].sorted())
    office.takeOver(one, from: ["ada", "desk"], by: "bob", at: 31)
    office.takeOver(other, from: ["ada", "desk"], by: "carol", at: 30)
    #expect(owner(office) == ["carol"])
    #expect(office.role("bob") == .admin)
  }

  @Test("who had been replaced, and had not heard of it, gives way to who replaced them")
  func unaware() {
    var office = people()
    let old = office.name("bob", by: "ada", at: 20)
    let new = office.name("carol", replacing: [old], by: "ada", at: 25)
    office.takeOver(old, keeping: 5, by: "bob", at: 30)
    #expect(owner(office) == ["bob"])
    office.takeOver(new, by: "carol", at: 40)
    #expect(owner(office) == ["carol"])
  }

  @Test("whoever hears of it in whatever order comes to the same owner")
  func order() {
    var office = people()
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    let second = office.name("eve", by: "bob", at: 40)
    office.cut("ada", keeping: 5, by: "bob", at: 41)
    office.takeOver(second, from: ["bob"], by: "eve", at: 50)
    var random = SeededRandomness(seed: 9)
    for _ in 0..<20 {
      let known = Membership.evaluate(
        office.statements.shuffled(using: &random), in: office.workspace, prover: Office.prover)
      #expect(known.owner == office.member("eve"))
      #expect(known.device(Office.device("ada")) == nil)
    }
  }

  @Test("what the command states is what counts, and the owner's logs stand as far as they are known")
  func claims() throws {
    var office = people()
    let device = Office.device("eve")
    #expect(office.membership.claim(takingOverBy: device, at: office.heads) == nil)
    for claim in office.membership.claims(naming: office.member("eve")) { office.state(claim, by: "ada", at: 20) }
    #expect(office.membership.claims(naming: office.member("eve")).isEmpty)
    let claim = try #require(office.membership.claim(takingOverBy: device, at: office.heads))
    office.state(claim, by: "eve", at: 30)
    #expect(owner(office) == ["eve"])
    let chain = office.membership.chain(to: Office.device("bob"))
    let alone = Membership.evaluate(
      office.statements.filter { chain.map(\.id).contains($0.value.id) }, prover: Office.prover)
    #expect(alone.owner == office.member("eve"))
    #expect(alone.device(Office.device("ada"))?.role == .admin)
  }
}
