import BullpenCore
import Testing

@Suite("Admission")
struct AdmissionTests {
  typealias Office = MembershipOffice

  @Test("whoever founds a workspace owns it, and its id is that of the genesis")
  func founder() {
    let office = Office()
    let membership = office.membership
    #expect(membership.workspace == office.workspace)
    #expect(membership.name == "Office")
    #expect(office.role("ada") == .owner)
    #expect(membership.device(Office.device("ada"))?.member == office.member("ada"))
    #expect(membership.memberKey(of: office.member("ada")) == Office.key("ada"))
    #expect(membership.device(Office.device("bob")) == nil)
  }

  @Test("without its genesis a workspace has nobody")
  func withoutGenesis() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let rest = Array(office.statements.dropFirst())
    let membership = Membership.evaluate(rest, in: office.workspace, prover: Office.prover)
    #expect(membership.members.isEmpty)
    #expect(membership.workspace == nil)
  }

  @Test("what is known before the genesis counts when that comes, and nothing of other workspaces does")
  func genesisLast() {
    var office = Office()
    office.admit("bob", by: "ada", at: 1)
    office.admit("bob2", of: "bob", by: "bob", at: 2)
    office.admit("eve", by: "ada", at: 3)
    let stranger = office.state(
      .invite(Invite(invite: Office.invite("x"), role: .admin, uses: 1, expiry: 9)), by: "ada", at: 4,
      in: WorkspaceID(Scramble.bytes("another")))
    var known = Membership()
    for statement in office.statements.reversed() {
      #expect(known.workspace == nil)
      known = Membership.evaluate(
        known.statements + [statement], in: office.workspace, prover: Office.prover)
    }
    #expect(known.statements.map(\.value.id) == office.membership.statements.map(\.value.id))
    #expect(known.members.count == 3)
    #expect(!known.statements.contains { $0.value.id == stranger })
  }

  @Test("an admin admits directly; a member does not")
  func direct() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20)
    office.admit("dave", by: "carol", at: 30)
    #expect(office.role("bob") == .admin)
    #expect(office.role("carol") == .member)
    #expect(office.role("dave") == nil)
  }

  @Test("any member lets in who holds an invite; a guest does not")
  func byInvite() {
    var office = Office()
    office.offer("door", by: "ada", at: 1)
    office.offer("visit", role: .guest, by: "ada", at: 2)
    office.admit("bob", by: "ada", at: 10, invite: "door")
    office.admit("carol", by: "bob", at: 20, invite: "door")
    office.admit("guest", as: .guest, by: "bob", at: 30, invite: "visit")
    office.admit("stranger", by: "guest", at: 40, invite: "door")
    #expect(office.role("carol") == .member)
    #expect(office.role("guest") == .guest)
    #expect(office.role("stranger") == nil)
    let membership = office.membership
    #expect(membership.mayAdmit(Office.device("carol")))
    #expect(!membership.mayAdmit(Office.device("guest")))
    #expect(!membership.mayAdmit(Office.device("stranger")))
    #expect(membership.uses(of: Office.invite("door")) == 2)
  }

  @Test("an invite holds to the last millisecond of its life, for the role that it names")
  func inviteBounds() {
    var office = Office()
    office.offer("door", expiry: 100, by: "ada", at: 1)
    office.admit("punctual", by: "ada", at: 100, invite: "door")
    office.admit("late", by: "ada", at: 101, invite: "door")
    office.admit("greedy", as: .admin, by: "ada", at: 50, invite: "door")
    office.admit("lost", by: "ada", at: 50, invite: "no such door")
    #expect(office.role("punctual") == .member)
    #expect(office.role("late") == nil)
    #expect(office.role("greedy") == nil)
    #expect(office.role("lost") == nil)
  }

  @Test("owner and admins invite to roles below their own; members invite nobody")
  func inviters() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 1)
    office.admit("carol", by: "ada", at: 2)
    office.offer("owner's", role: .admin, by: "ada", at: 3)
    office.offer("crown", role: .owner, by: "ada", at: 4)
    office.offer("admin's", role: .member, by: "bob", at: 5)
    office.offer("peer", role: .admin, by: "bob", at: 6)
    office.offer("member's", role: .guest, by: "carol", at: 7)
    let membership = office.membership
    #expect(membership.invite(Office.invite("owner's"))?.role == .admin)
    #expect(membership.invite(Office.invite("crown")) == nil)
    #expect(membership.invite(Office.invite("admin's"))?.role == .member)
    #expect(membership.invite(Office.invite("peer")) == nil)
    #expect(membership.invite(Office.invite("member's")) == nil)
  }

  @Test("nobody raises their own role: not on a device they have, not with a new one, not by the owner's")
  func selfPromotion() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("bob", as: .admin, by: "bob", at: 20)
    office.admit("phone", as: .admin, of: "bob", by: "bob", at: 30)
    office.admit("puppet", as: .owner, by: "ada", at: 40)
    #expect(office.role("bob") == .member)
    #expect(office.role("phone") == nil)
    #expect(office.role("puppet") == nil)
  }

  @Test("a member that an admin promotes keeps its devices, and those that it linked meanwhile")
  func promotion() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("bob", as: .admin, by: "ada", at: 20)
    // Bob has not heard of his promotion yet.
    office.admit("phone", as: .member, of: "bob", by: "bob", at: 30)
    #expect(office.role("bob") == .admin)
    #expect(office.role("phone") == .admin)
    #expect(office.membership.members[office.member("bob")]?.devices.count == 2)
  }

  @Test("what a promotion allows counts whatever the stamps say about the order")
  func promotionLater() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 15)
    #expect(office.role("carol") == nil)
    office.admit("bob", as: .admin, by: "ada", at: 20)
    #expect(office.role("carol") == .member)
  }

  @Test("a member's id belongs to its first device: nobody else gets it")
  func squat() {
    var office = Office()
    office.offer("door", by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 10, invite: "door")
    office.admit("mallory", of: "bob", by: "ada", at: 20, invite: "door")
    office.admit("trent", of: "bob", by: "ada", at: 30)
    #expect(office.role("mallory") == nil, "not by invite")
    #expect(office.role("trent") == nil, "not even by the owner")
    #expect(office.membership.members[office.member("bob")]?.devices == [Office.device("bob")])
  }

  @Test("a further device is linked by its own member, with the member's key")
  func link() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("phone", of: "bob", by: "bob", at: 20)
    office.admit("tablet", of: "bob", by: "phone", at: 30)
    office.admit("odd", of: "bob", by: "bob", at: 40, key: "mallory")
    #expect(office.role("phone") == .member)
    #expect(office.role("tablet") == .member)
    #expect(office.role("odd") == nil)
    #expect(office.membership.device(Office.device("tablet"))?.member == office.member("bob"))
  }

  @Test("saying first that another's device is yours does not make it so")
  func hijack() {
    var office = Office()
    office.admit("mallory", by: "ada", at: 10)
    office.admit("phone", of: "ada", by: "ada", at: 50)
    office.admit("carol", by: "phone", at: 60)
    office.admit("carol", of: "mallory", by: "mallory", at: 11, isAgreed: false)
    let membership = office.membership
    #expect(membership.device(Office.device("carol"))?.member == office.member("carol"))
    #expect(membership.members[office.member("mallory")]?.devices == [Office.device("mallory")])
  }

  @Test("a promotion does not swap the key that a member's secrets are sealed to")
  func keySwap() {
    var office = Office()
    office.admit("mallory", as: .admin, by: "ada", at: 10)
    office.admit("bob", by: "ada", at: 20)
    office.admit("bob", as: .admin, by: "mallory", at: 30, key: "mallory")
    #expect(office.membership.memberKey(of: office.member("bob")) == Office.key("bob"))
    #expect(office.role("bob") == .member)
  }

  @Test("one joiner too many is kept, and named")
  func excess() {
    var office = Office()
    office.offer("door", uses: 1, by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 10, invite: "door")
    office.admit("carol", by: "bob", at: 20, invite: "door")
    let membership = office.membership
    #expect(office.role("bob") == .member)
    #expect(office.role("carol") == .member)
    #expect(membership.excess == [office.member("carol")])
    #expect(membership.uses(of: Office.invite("door")) == 2)
  }

  @Test("a device that two let in at once joins once")
  func twice() {
    var office = Office()
    office.offer("door", uses: 1, by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 2)
    office.admit("carol", by: "ada", at: 10, invite: "door")
    office.admit("carol", by: "bob", at: 11, invite: "door")
    #expect(office.role("carol") == .member)
    #expect(office.membership.uses(of: Office.invite("door")) == 1)
    #expect(office.membership.excess.isEmpty)
  }

  @Test("what is said in another workspace does not count here")
  func elsewhere() {
    var office = Office()
    let credential = Credential(
      device: Office.device("bob"), member: office.member("bob"), memberKey: Office.key("bob"), role: .admin,
      invite: nil)
    office.state(.credential(credential), by: "ada", at: 10, in: WorkspaceID(Scramble.bytes("elsewhere")))
    #expect(office.role("bob") == nil)
    #expect(office.membership.statements.count == 1)
  }
}
