import BullpenCore
import Testing

@Suite("Who may write")
struct AuthorisationTests {
  typealias Office = MembershipOffice

  private let own = TableDeclaration("notes", key: .perMember, columns: [], writer: .keyMember)
  private let admins = TableDeclaration("rules", key: .perMember, columns: [], writer: .admin)

  private func log(_ device: String, incarnation: String? = nil) -> LogID {
    LogID(
      device: Office.device(device), incarnation: Office.incarnation(incarnation ?? device), kind: .lasting)
  }

  @Test("a member writes rows whose key names it, from any of its devices, and no others")
  func keys() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("phone", of: "bob", by: "bob", at: 20)
    let membership = office.membership
    let bobs = RowKey.member(office.member("bob"))
    #expect(membership.refusal(of: log("bob"), at: 1, table: own, key: bobs) == nil)
    #expect(membership.refusal(of: log("phone"), at: 1, table: own, key: bobs) == nil)
    #expect(membership.refusal(of: log("ada"), at: 1, table: own, key: bobs) == .notWriter)
    #expect(membership.refusal(of: log("stranger"), at: 1, table: own, key: bobs) == .unknownDevice)
  }

  @Test("a table for admins is for admins")
  func role() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("carol", as: .admin, by: "ada", at: 20)
    let membership = office.membership
    #expect(membership.refusal(of: log("ada"), at: 1, table: admins, key: .member(office.member("ada"))) == nil)
    #expect(membership.refusal(of: log("carol"), at: 1, table: admins, key: .member(office.member("carol"))) == nil)
    #expect(membership.refusal(of: log("bob"), at: 1, table: admins, key: .member(office.member("bob"))) == .role)
  }

  @Test("a table for the owner is for the owner alone")
  func owner() {
    var office = Office()
    office.admit("carol", as: .admin, by: "ada", at: 20)
    let membership = office.membership
    let table = TableDeclaration("crown", key: .perMember, columns: [], writer: .owner)
    func refusal(_ device: String, _ key: String) -> WriteRefusal? {
      membership.refusal(of: log(device), at: 1, table: table, key: .member(office.member(key)))
    }
    #expect(refusal("ada", "ada") == nil)
    #expect(refusal("carol", "carol") == .role)
    #expect(refusal("carol", "ada") == .notWriter)
  }

  @Test("a table for everybody is for all but guests; only who made a row, and admins, delete it")
  func everybody() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("carol", as: .admin, by: "ada", at: 20)
    office.admit("dave", by: "ada", at: 30)
    office.admit("guest", as: .guest, by: "ada", at: 40)
    let membership = office.membership
    let table = TableDeclaration("notes", key: .perMember, columns: [], writer: .anyone)
    func refusal(_ device: String, isDelete: Bool = false) -> WriteRefusal? {
      membership.refusal(
        of: log(device), at: 1, table: table, key: .member(office.member("bob")), isDelete: isDelete)
    }
    for device in ["ada", "bob", "carol", "dave"] { #expect(refusal(device) == nil) }
    #expect(refusal("guest") == .role)
    for device in ["ada", "bob", "carol"] { #expect(refusal(device, isDelete: true) == nil) }
    #expect(refusal("dave", isDelete: true) == .notWriter)
    #expect(refusal("stranger") == .unknownDevice)
  }

  @Test("a cut device's entries stand up to the kept head, in the log that the cut lists")
  func cut() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.cut("bob", keeping: 4, by: "ada", at: 20)
    let membership = office.membership
    let key = RowKey.member(office.member("bob"))
    #expect(membership.refusal(of: log("bob"), at: 4, table: own, key: key) == nil)
    #expect(membership.refusal(of: log("bob"), at: 5, table: own, key: key) == .cut)
    #expect(membership.refusal(of: log("bob", incarnation: "later"), at: 1, table: own, key: key) == .cut)
  }
}
