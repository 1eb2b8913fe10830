@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("What it costs to find who belongs")
struct EvaluationWorkTests {
  typealias Office = MembershipOffice

  private func work(_ office: Office) throws -> Int {
    try #require(Membership.evaluation(of: office.statements, prover: Office.prover)).work
  }

  /// Each of Mallory's cuts frees the laptop that states the next: as long as the puppet is not cut, the laptop is its
  /// own member's.
  private func cascade(_ steps: Int) -> Office {
    var office = Office()
    office.admit("mallory", as: .admin, by: "ada", at: 1)
    for step in 0..<steps { office.admit("puppet \(step)", as: .admin, by: "mallory", at: 2) }
    for step in 0..<steps {
      office.admit("laptop \(step + 1)", as: .member, by: "puppet \(step)", at: 3)
      office.admit("laptop \(step + 1)", as: .member, of: "mallory", by: "mallory", at: 4)
    }
    for step in 0..<steps { office.cut("puppet \(step)", by: step == 0 ? "mallory" : "laptop \(step)", at: 5) }
    return office
  }

  @Test("cuts that each bring the next within reach are followed while they are few, and never for long")
  func rounds() throws {
    let few = cascade(20)
    let found = few.membership
    for step in 0..<20 {
      #expect(found.isCut(Office.device("puppet \(step)")))
      #expect(found.author(Office.device("laptop \(step + 1)")) == few.member("mallory"))
    }
    let many = cascade(400)
    #expect(try work(many) < (Limits.evaluationRounds + 4) * 2 * many.statements.count)
    // The last that is heard takes out the device that it names.
    let membership = many.membership
    let cut = (0..<400).count { membership.isCut(Office.device("puppet \($0)")) }
    #expect(cut >= Limits.evaluationRounds)
  }

  @Test("a role that is given again and again makes nobody look at everything again")
  func grants() throws {
    var office = Office()
    office.admit("mallory", as: .admin, by: "ada", at: 1)
    office.admit("bob", by: "mallory", at: 2)
    for index in 0..<400 { office.admit("guest \(index)", as: .guest, by: "bob", at: 3) }
    for index in 0..<400 { office.admit("bob", by: "mallory", at: 4 + Int64(index)) }
    #expect(try work(office) < 8 * office.statements.count)
  }

  @Test("many admins who each cut somebody are heard one after another, and the rest is looked at once")
  func admins() throws {
    var office = Office()
    for index in 0..<200 {
      office.admit("admin \(index)", as: .admin, by: "ada", at: 1)
      office.admit("guest \(index)", as: .guest, by: "admin \(index)", at: 2)
    }
    for index in 0..<200 { office.cut("guest \(index)", by: "admin \(index)", at: 3) }
    let membership = office.membership
    for index in 0..<200 { #expect(membership.isCut(Office.device("guest \(index)"))) }
    #expect(try work(office) < 100 * office.statements.count)
  }

  @Test("a member whose lost laptop has linked a thousand devices is rid of them by one cut")
  func links() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 1)
    office.admit("lost", of: "bob", by: "bob", at: 2)
    for index in 0..<1_000 {
      office.admit("d\(index)", of: "bob", by: index == 0 ? "lost" : "d\(index - 1)", at: 3)
    }
    office.cut("lost", keeping: 0, by: "bob", at: 4)
    #expect(office.membership.members[office.member("bob")]?.devices == [Office.device("bob")])
    #expect(try work(office) < 8 * office.statements.count)
  }
}
