@_spi(Proof) import BullpenCore
import Testing

@Suite("What a greeting taught, and the disk does not keep")
struct TakingBackTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 1_000, wall: 1_000_000)

  @Test("who was met by statements that there is no room for is no member any more, and is shown the door")
  func surplus() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    var bob = office.node(of: "bob", on: ConnectionID(raw: 1), at: now)
    office.admit("puppet", by: "ada", at: 20)
    let chain = Array(office.statements.suffix(1))
    let endpoint = try #require(Endpoint(address: [127, 0, 0, 1], port: 1))
    let connection = ConnectionID(raw: 2)
    _ = bob.receive(.met(connection, Office.device("puppet"), endpoint, isOutbound: false, chain), at: now)
    #expect(bob.membership.device(Office.device("puppet")) != nil)
    let effects = bob.receive(.admitted([], dropped: chain.map(\.value.id), rows: [:]), at: now)
    #expect(bob.membership.device(Office.device("puppet")) == nil)
    #expect(effects.contains { if case .close(connection) = $0 { true } else { false } })
    #expect(bob.membership.device(Office.device("ada")) != nil)
    // What was never known is nothing to take back.
    let before = bob.membership.statements.map(\.value.id)
    _ = bob.receive(.admitted([], dropped: chain.map(\.value.id), rows: [:]), at: now)
    #expect(bob.membership.statements.map(\.value.id) == before)
  }
}
