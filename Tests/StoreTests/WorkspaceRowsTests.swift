import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

@Suite("What the owner and admins set for all")
struct WorkspaceRowsTests {
  private func rename(_ name: String, _ office: Office, by person: String) throws {
    let key = try #require(RowKey.named(office.member(person), Store.nameSetting))
    let row = RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(name)])
    _ = try office.store(person).commit(Draft(row), wall: office.wall)
  }

  @Test("of several names the newest holds, whoever of the admins gave it")
  func newest() throws {
    let office = try Office()
    try office.join("bob", role: .admin)
    try office.join("eve")
    try office.settle()
    #expect(try office.store("eve").workspaceName() == "the office")
    for (name, person) in [("first", "ada"), ("second", "bob"), ("third", "ada")] {
      office.wall += 1
      try rename(name, office, by: person)
      try office.settle()
      for store in office.everybody { #expect(try store.workspaceName() == name) }
    }
    try office.expectAgreement()
  }

  @Test("who is no admin names nothing, also not by a modified program")
  func member() throws {
    let office = try Office()
    let eve = try office.join("eve")
    let error = try #require(throws: StoreError.self) { try rename("mine", office, by: "eve") }
    #expect(error.code == .forbidden)
    let key = try #require(RowKey.named(office.member("eve"), Store.nameSetting))
    let forged = office.log(
      by: try office.author("eve"), .lasting, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall), 0, [RowChange(Tables.workspaceSettings, key, [("value", .text("mine"))])])])
    try office.settle()
    #expect(try office.founder.apply([forged], wall: office.wall).refused.map(\.reason) == [.role])
    #expect(try office.founder.workspaceName() == "the office")
    // Once she is an admin the row counts, on every node.
    let claims = office.founder.membership().claims(
      giving: .admin, to: try office.member("eve"), holding: try office.founder.logs(of: [eve.device]))
    _ = try office.founder.state(try #require(claims.first), wall: office.wall)
    try office.settle()
    for store in [office.founder, eve] { #expect(try store.workspaceName() == "mine") }
    try office.expectAgreement()
  }

  @Test("a name of before a demotion stands; one of after it does not count, and all nodes agree")
  func demoted() throws {
    let office = try Office()
    let bob = try office.join("bob", role: .admin)
    try office.join("eve")
    try office.settle()
    try rename("by an admin", office, by: "bob")
    let kept = try bob.logs(of: [bob.device])
    office.wall += 1
    // Nobody has heard of it when bob is demoted.
    try rename("too late", office, by: "bob")
    let membership = office.founder.membership()
    let claims = membership.claims(giving: .member, to: try office.member("bob"), holding: kept)
    let after = try office.founder.membership(afterStating: claims, wall: office.wall)
    #expect(
      membership.losses(in: after) == MembershipLoss(devices: [], members: [], demoted: [try office.member("bob")]))
    for claim in claims { _ = try office.founder.state(claim, wall: office.wall) }
    try office.settle()
    for store in office.everybody {
      #expect(try store.workspaceName() == "by an admin")
      #expect(store.membership().members[try office.member("bob")]?.role == .member)
    }
    try office.expectAgreement()
    #expect(throws: StoreError.self) { try rename("again", office, by: "bob") }
  }

  @Test("a statement that one may not make leaves no trace")
  func refused() throws {
    let office = try Office()
    let bob = try office.join("bob", role: .admin)
    try office.join("eve", role: .admin)
    try office.settle()
    let heads = try bob.heads()
    let ada = try office.member("ada")
    for claim in bob.membership().claims(giving: .member, to: ada, holding: []) {
      #expect(throws: StoreError.self) { try bob.state(claim, wall: office.wall) }
    }
    #expect(try bob.heads() == heads)
    #expect(bob.membership().members[ada]?.role == .owner)
  }
}
