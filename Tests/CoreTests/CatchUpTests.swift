@_spi(Proof) import BullpenCore
import Testing

@Suite("How far a newcomer is")
struct CatchUpTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 1_000, wall: 1_000_000)
  private let connection = ConnectionID(raw: 1)

  /// Bob's node, with all of Ada's history, just connected to Ada's.
  private func bob() -> Workspace {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let heads = Heads([Office.log("ada"): Head(sequence: 40, digest: .zero)])
    return office.node(of: "bob", heads: heads, on: connection, at: now)
  }

  @Test("a peer that had all that we said when we met has shown how far it is, though we have written since")
  func writtenSince() {
    var bob = bob()
    let same = Have(digest: Office.prover.digest(of: bob.heads), heads: nil)
    #expect(bob.catchUp.total == nil)
    let own = LogHead(log: Office.log("bob"), head: Head(sequence: 1, digest: .zero))
    _ = bob.receive(
      .committed(RequestID(raw: 1), .success(CommitOutcome(heads: [own], rows: [:]))), at: now)
    _ = bob.receive(.received(connection, .have(same)), at: now)
    #expect((bob.catchUp.have, bob.catchUp.total) == (40, 40))
  }

  @Test("a peer with other heads is asked to show them before it counts")
  func others() {
    var bob = bob()
    let other = Have(digest: Office.prover.digest(of: Heads()), heads: nil)
    let effects = bob.receive(.received(connection, .have(other)), at: now)
    #expect(bob.catchUp.total == nil)
    let shown = effects.contains { effect in
      if case .send(_, .have(let have)) = effect { have.heads != nil } else { false }
    }
    #expect(shown)
  }
}
