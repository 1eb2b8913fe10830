import BullpenCore
import Testing

@Suite("Cuts")
struct CutTests {
  typealias Office = MembershipOffice

  private func log(_ device: String, _ kind: LogKind = .lasting) -> LogID {
    LogID(device: Office.device(device), incarnation: Office.incarnation(device), kind: kind)
  }

  @Test("a device that is cut is out; its history stands as far as the cut keeps it")
  func kept() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.cut("bob", keeping: 5, by: "ada", at: 20)
    let membership = office.membership
    #expect(membership.isCut(Office.device("bob")))
    #expect(membership.device(Office.device("bob")) == nil)
    #expect(membership.author(Office.device("bob")) == office.member("bob"))
    #expect(membership.keptHead(log("bob")) == 5)
    #expect(membership.keptHead(log("bob", .passing)) == 0, "a log that is not listed")
    #expect(membership.keptHead(log("ada")) == nil)
    #expect(!membership.devices.contains(Office.device("bob")))
    #expect(membership.members[office.member("bob")]?.devices == [])
    #expect(!membership.sortedMembers.contains { $0.id == office.member("bob") })
  }

  @Test("an invite ends with the device that made it, or with the role; who came in by it stays")
  func invites() {
    var office = Office()
    let role = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.offer("door", uses: 2, by: "bob", at: 11)
    office.offer("owner's", by: "ada", at: 12)
    office.admit("carol", by: "ada", at: 13, invite: "door")
    let before = office.membership
    #expect(before.isBacked(Office.invite("door")) && before.isBacked(Office.invite("owner's")))
    #expect(!before.isBacked(Office.invite("nobody's")))

    var (cut, demoted) = (office, office)
    cut.cut("bob", keeping: 9, by: "ada", at: 20)
    demoted.demote("bob", ending: [role], keeping: 9, by: "ada", at: 20)
    for after in [cut.membership, demoted.membership] {
      #expect(!after.isBacked(Office.invite("door")) && after.isBacked(Office.invite("owner's")))
      #expect(after.device(Office.device("carol")) != nil)
      #expect(before.invites(endingIn: after, at: 14).map(\.invite) == [Office.invite("door")])
      #expect(before.invites(endingIn: after, at: 1_000_001).isEmpty, "it has expired by then")
    }
  }

  @Test("of two cuts the smaller holds, log by log")
  func smaller() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.cut("bob", keeping: 5, by: "ada", at: 20)
    office.cut("bob", keeping: 3, by: "ada", at: 30)
    #expect(office.membership.keptHead(log("bob")) == 3)
    office.cut("bob", by: "ada", at: 40)
    #expect(office.membership.keptHead(log("bob")) == 0, "unlisted is zero")
  }

  @Test("what a cut device stated beyond its kept head is void; what it stated before stands")
  func void() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20, sequence: 4)
    office.admit("dave", by: "bob", at: 30, sequence: 5)
    office.admit("erin", by: "dave", at: 40)
    office.admit("frank", of: "carol", by: "carol", at: 50, key: "carol")
    office.cut("bob", keeping: 4, by: "ada", at: 60)
    #expect(office.role("carol") == .member)
    #expect(office.role("frank") == .member)
    #expect(office.role("dave") == nil)
    #expect(office.role("erin") == nil)
  }

  @Test("a number that no log has does not slip below a cut at zero")
  func zero() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("puppet", by: "bob", at: 20, sequence: 0)
    office.cut("bob", by: "ada", at: 30)
    #expect(office.role("puppet") == nil)
  }

  @Test("an admin cuts members and later admins, not earlier ones and not the owner")
  func reach() {
    var office = Office()
    office.admit("early", as: .admin, by: "ada", at: 10)
    office.admit("late", as: .admin, by: "ada", at: 20)
    office.admit("bob", by: "ada", at: 30)
    office.cut("bob", by: "late", at: 40)
    office.cut("early", by: "late", at: 41)
    office.cut("ada", by: "late", at: 42)
    office.cut("ada", by: "early", at: 43)
    #expect(office.role("bob") == nil)
    #expect(office.role("early") == .admin)
    #expect(office.role("ada") == .owner)
    office.cut("late", keeping: 100, by: "early", at: 50)
    #expect(office.role("late") == nil)
    #expect(office.role("bob") == nil, "what late did before stands")
  }

  @Test("a member cuts a lost laptop of their own, and nobody goes with it")
  func lost() {
    var office = Office()
    office.offer("door", by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 10)
    office.admit("phone", of: "bob", by: "bob", at: 20)
    office.admit("carol", by: "bob", at: 30, invite: "door")
    office.cut("bob", by: "phone", at: 40)
    #expect(office.role("bob") == nil)
    #expect(office.role("phone") == .member)
    #expect(office.role("carol") == .member)
    office.cut("phone", by: "bob", at: 50)
    #expect(office.role("phone") == .member, "who is out cuts nobody")
    office.cut("phone", by: "phone", at: 60)
    #expect(office.role("phone") == .member)
  }

  @Test("members and strangers cut nobody")
  func powerless() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("carol", by: "ada", at: 20)
    office.cut("carol", by: "bob", at: 30)
    office.cut("carol", by: "stranger", at: 31)
    #expect(office.role("carol") == .member)
  }

  @Test("two admins who cut one another at once: the senior stays")
  func mutual() {
    var office = Office()
    office.admit("senior", as: .admin, by: "ada", at: 10)
    office.admit("junior", as: .admin, by: "ada", at: 20)
    office.cut("senior", by: "junior", at: 1)
    office.cut("junior", by: "senior", at: 100)
    #expect(office.role("senior") == .admin)
    #expect(office.role("junior") == nil)
  }

  @Test("an admin does not make a puppet that is senior to others by dating it back")
  func backdated() {
    var office = Office()
    office.admit("senior", as: .admin, by: "ada", at: 10)
    office.admit("mallory", as: .admin, by: "ada", at: 20)
    office.admit("puppet", as: .admin, by: "mallory", at: 1)
    office.cut("senior", by: "puppet", at: 2)
    #expect(office.role("puppet") == .admin)
    #expect(office.role("senior") == .admin)
    office.cut("mallory", by: "puppet", at: 3)
    #expect(office.role("mallory") == .admin, "nobody is senior to who gave them their role")
  }

  @Test("an admin does not remove a senior by cutting who let the senior in")
  func undermined() {
    var office = Office()
    office.admit("porter", by: "ada", at: 5)
    office.offer("door", role: .admin, by: "ada", at: 6)
    office.admit("senior", as: .admin, by: "porter", at: 10, invite: "door")
    office.admit("bystander", as: .admin, by: "porter", at: 30, invite: "door")
    office.admit("junior", as: .admin, by: "ada", at: 20)
    office.cut("porter", by: "junior", at: 40)
    #expect(office.role("porter") == nil)
    #expect(office.role("senior") == .admin)
    #expect(office.role("bystander") == nil, "a later admin is within reach, and so is what it stands on")
  }

  @Test("a cut that takes an admin's power away brings that person within reach of another cut of the same hand")
  func cascade() {
    var office = Office()
    office.admit("clerk", as: .admin, by: "ada", at: 5)
    office.admit("judge", as: .admin, by: "ada", at: 10)
    office.admit("bob", by: "ada", at: 3)
    // Cut by the owner, the clerk's promotion of Bob is void, and Bob is a member again.
    office.admit("bob", as: .admin, by: "clerk", at: 6)
    office.cut("bob", by: "judge", at: 20)
    #expect(office.role("bob") == .admin, "senior to the judge")
    office.cut("clerk", by: "ada", at: 30)
    #expect(office.role("bob") == nil)
  }

  @Test("the owner cuts a lost laptop of their own, never the last one")
  func ownDevices() {
    var office = Office()
    office.cut("ada", by: "ada", at: 5)
    #expect(office.role("ada") == .owner)
    office.admit("phone", as: .owner, of: "ada", by: "ada", at: 10)
    office.cut("ada", keeping: 100, by: "phone", at: 20)
    #expect(office.role("ada") == nil)
    #expect(office.role("phone") == .owner)
    office.cut("phone", by: "ada", at: 30, sequence: 50)
    #expect(office.role("phone") == .owner, "the last one stays, though the other's log stands that far")
  }

  @Test("a cut that would void the link of the owner's other device leaves the owner a device")
  func ownLink() {
    var office = Office()
    office.admit("phone", as: .owner, of: "ada", by: "ada", at: 10)
    office.cut("ada", by: "phone", at: 20)
    #expect(office.role("ada") == .owner)
    #expect(office.role("phone") == .owner)
  }

  @Test("what a thief linked from a stolen laptop goes with it")
  func stolen() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("phone", as: .admin, of: "bob", by: "bob", at: 20, sequence: 2)
    office.admit("thief", as: .admin, of: "bob", by: "bob", at: 30, sequence: 9)
    office.cut("bob", keeping: 2, by: "phone", at: 40)
    #expect(office.role("phone") == .admin)
    #expect(office.role("bob") == nil)
    #expect(office.role("thief") == nil)
  }
}
