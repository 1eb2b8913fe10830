@_spi(Proof) import BullpenCore
import Testing

@Suite("Asking whose a log is")
struct AskingTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 1_000, wall: 1_000_000)
  private let connection = ConnectionID(raw: 1)

  @Test("a peer whose log is nobody's here is asked once, and again when a statement has come")
  func once() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    var bob = office.node(of: "bob", on: connection, at: now)
    func lists(_ effects: [Effect]) -> Int {
      effects.count { effect in
        if case .send(_, .statements) = effect { true } else { false }
      }
    }
    let refusal = ApplyOutcome(
      heads: [], rows: [:], statements: [], rejected: [(log: Office.log("stranger"), reason: .unknownDevice)])
    #expect(lists(bob.receive(.applied(connection, refusal), at: now)) == 1)
    #expect(lists(bob.receive(.applied(connection, refusal), at: now)) == 0)
    office.admit("carol", by: "ada", at: 20)
    _ = bob.receive(.admitted(office.statements.suffix(1), rows: [:]), at: now)
    #expect(lists(bob.receive(.applied(connection, refusal), at: now)) == 1)
    #expect(lists(bob.receive(.applied(connection, refusal), at: now)) == 0)
  }
}
