import BullpenCore
import Testing

@Suite("Demotions: cuts of powers")
struct DemotionTests {
  typealias Office = MembershipOffice

  @Test("who is demoted stays, with less; what they did before stands, and what they do now as an admin does not")
  func demoted() {
    var office = Office()
    let promotion = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20, sequence: 4)
    office.offer("door", by: "bob", at: 21)
    office.demote("bob", ending: [promotion], keeping: 5, by: "ada", at: 30)
    office.admit("dave", by: "bob", at: 40, sequence: 6)
    office.admit("erin", by: "carol", at: 50, invite: "door")
    #expect(office.role("bob") == .member)
    #expect(office.role("carol") == .member)
    #expect(office.role("dave") == nil)
    #expect(office.role("erin") == .member, "an invite of before still lets people in")
    #expect(office.membership.mayAdmit(Office.device("bob")))
    office.cut("carol", by: "bob", at: 60)
    #expect(office.role("carol") == .member)
  }

  @Test("who is made an admin again is one, by whatever clock, and is junior to those who came meanwhile")
  func again() {
    var office = Office()
    let first = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", as: .admin, by: "ada", at: 20)
    office.demote("bob", ending: [first], keeping: 100, by: "ada", at: 30)
    #expect(office.role("bob") == .member)
    office.admit("bob", as: .admin, by: "ada", at: 25)
    #expect(office.role("bob") == .admin)
    office.cut("carol", by: "bob", at: 40)
    #expect(office.role("carol") == .admin, "bob is junior now")
    office.cut("bob", by: "carol", at: 50)
    #expect(office.role("bob") == nil)
  }

  @Test("a demotion ends what it names: who was also made an admin by another stays one")
  func concurrent() {
    var office = Office()
    office.admit("carol", as: .admin, by: "ada", at: 5)
    let one = office.admit("bob", as: .admin, by: "ada", at: 10)
    let other = office.admit("bob", as: .admin, by: "carol", at: 11)
    office.demote("bob", ending: [one], keeping: 100, by: "ada", at: 20)
    #expect(office.role("bob") == .admin)
    office.demote("bob", ending: [other], keeping: 100, by: "ada", at: 21)
    #expect(office.role("bob") == .member)
  }

  @Test("admins demote later admins, not earlier ones and not the owner; members demote nobody")
  func reach() {
    var office = Office()
    let early = office.admit("early", as: .admin, by: "ada", at: 10)
    let late = office.admit("late", as: .admin, by: "ada", at: 20)
    let bob = office.admit("bob", by: "ada", at: 30)
    let genesis = office.statements[0].value.id
    office.demote("early", ending: [early], keeping: 9, by: "late", at: 40)
    office.demote("ada", ending: [genesis], keeping: 9, by: "early", at: 41)
    office.demote("ada", ending: [genesis], keeping: 9, by: "ada", at: 42)
    office.demote("early", ending: [early], keeping: 9, by: "bob", at: 43)
    #expect(office.role("early") == .admin)
    #expect(office.role("ada") == .owner)
    office.demote("late", ending: [late], keeping: 9, by: "early", at: 50)
    #expect(office.role("late") == .member)
    office.demote("bob", to: .guest, ending: [bob], keeping: 9, by: "early", at: 51)
    #expect(office.role("bob") == .guest)
  }

  @Test("an admin steps down alone, and is within everybody's reach from then on")
  func stepsDown() {
    var office = Office()
    let early = office.admit("early", as: .admin, by: "ada", at: 10)
    office.admit("late", as: .admin, by: "ada", at: 20)
    office.demote("early", ending: [early], keeping: 9, by: "early", at: 30, sequence: 10)
    #expect(office.role("early") == .member)
    office.cut("early", by: "late", at: 40)
    #expect(office.role("early") == nil)
  }

  @Test("the devices that an admin linked stay after a demotion, also those linked meanwhile")
  func devices() {
    var office = Office()
    let promotion = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("phone", as: .admin, of: "bob", by: "bob", at: 20, sequence: 2)
    office.demote("bob", ending: [promotion], keeping: 2, by: "ada", at: 30)
    office.admit("tablet", as: .admin, of: "bob", by: "bob", at: 31, sequence: 3)
    for device in ["bob", "phone", "tablet"] { #expect(office.role(device) == .member, "\(device)") }
    office.admit("puppet", by: "phone", at: 40)
    #expect(office.role("puppet") == nil)
  }

  @Test("a row for admins counts up to where its author was one")
  func rows() {
    var office = Office()
    let admins = TableDeclaration("rules", key: .perMember, columns: [], writer: .admin)
    let promotion = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.demote("bob", ending: [promotion], keeping: 4, by: "ada", at: 20)
    let (membership, log) = (office.membership, Office.log("bob"))
    let key = RowKey.member(office.member("bob"))
    #expect(membership.refusal(of: log, at: 4, table: admins, key: key) == nil)
    #expect(membership.refusal(of: log, at: 5, table: admins, key: key) == .role)
    #expect(membership.reach(of: log, as: .admin) == 4)
    #expect(membership.reach(of: Office.log("ada"), as: .admin) == .max)
  }

  @Test("what a senior stands on is not undone by demoting who let the senior in")
  func undermined() {
    var office = Office()
    office.admit("senior", as: .admin, by: "ada", at: 5)
    let porter = office.admit("porter", as: .admin, by: "ada", at: 10)
    office.admit("friend", as: .admin, by: "porter", at: 11, sequence: 3)
    office.admit("junior", as: .admin, by: "friend", at: 12)
    office.demote("porter", ending: [porter], by: "senior", at: 30)
    #expect(office.role("porter") == .member)
    #expect(office.role("friend") == nil, "senior reaches the friend too, and kept nothing of the porter's")
    #expect(office.role("junior") == nil)
  }

  @Test("a cut comes with what shows it to the device that is out")
  func evidence() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("eve", by: "ada", at: 20)
    office.cut("eve", keeping: 9, by: "bob", at: 30)
    let membership = office.membership
    #expect(membership.cutStatements(of: Office.device("eve")).map(\.statement.signer) == [Office.device("bob")])
    let evidence = Set(membership.evidence(against: Office.device("eve")).map(\.id))
    // Eve has heard of nothing but her own admission: neither of bob nor of the cut.
    let known = office.statements.filter { $0.value.statement.signer == Office.device("ada") }.prefix(3)
      .filter {
        if case .credential(let one) = $0.value.statement.claim { one.device != Office.device("bob") } else { true }
      }
    let told = office.statements.filter { evidence.contains($0.value.id) }
    #expect(!Membership.evaluate(Array(known), prover: Office.prover).isCut(Office.device("eve")))
    #expect(Membership.evaluate(known + told, prover: Office.prover).isCut(Office.device("eve")))
  }
}
