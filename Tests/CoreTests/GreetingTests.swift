@_spi(Proof) import BullpenCore
import Testing

@Suite("The first words on a connection")
struct GreetingTests {
  typealias Office = MembershipOffice

  /// What Ada's node does when a device introduces itself.
  ///
  /// - Parameter known: what Ada has heard.
  private func introduced(
    _ peer: String, by statements: [ProvedStatement], to known: Membership, reading prover: FakeProver
  ) throws -> [GreetingEffect] {
    let (own, peer) = (Office.device("listener"), Office.device(peer))
    let (ours, theirs) = (Nonce(Scramble.bytes("ours")), Nonce(Scramble.bytes("theirs")))
    let workspace = try #require(known.workspace)
    var greeting = Greeting(.answer, own: own, peer: peer, nonce: ours)
    let toUs = GreetingDirection(speaker: peer, listener: own, speakerNonce: theirs, listenerNonce: ours)
    let said: [PeerMessage] = [
      .hello(Hello(version: 1, nonce: theirs)), .recognise(Recognition(tag: prover.tag(workspace, toUs))),
      .introduce(statements.map(\.signed)),
    ]
    return said.flatMap { greeting.receive($0, in: [workspace: known], prover: prover, wall: 0) }
  }

  private func learned(_ effects: [GreetingEffect]) -> [ProvedStatement]? {
    effects.compactMap { effect -> [ProvedStatement]? in
      guard case .met(_, let statements) = effect else { return nil }
      return statements.map(\.value)
    }.first
  }

  @Test("who was let in meanwhile shows why, and is met")
  func newcomer() throws {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    let known = office.membership
    let credential = office.admit("carol", by: "bob", at: 20)
    let chain = office.membership.chain(to: Office.device("carol"))
    let effects = try introduced("carol", by: chain, to: known, reading: office.reader)
    #expect(learned(effects)?.map(\.id).contains(credential) == true)
    #expect(try learned(introduced("mallory", by: chain, to: known, reading: office.reader)) == nil)
  }

  @Test("who is met for the first time takes nothing from anybody")
  func cut() throws {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("dave", by: "ada", at: 11)
    let known = office.membership
    office.admit("carol", by: "bob", at: 20)
    office.cut("dave", by: "bob", at: 12)
    let all = office.statements.map(\.value)
    let effects = try introduced("carol", by: all, to: known, reading: office.reader)
    let kept = try #require(learned(effects))
    #expect(!kept.contains { if case .cut = $0.statement.claim { true } else { false } })
  }

  @Test("a takeover that was heard of is not undone by who is met for the first time, whatever their chain says")
  func takeover() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("mallory", by: "ada", at: 11)
    let before = office
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    let known = office.membership
    #expect(known.owner == office.member("bob"))

    // The lost laptop of the former owner names a puppet, under an earlier time.
    let forged = office.name("mallory", by: "ada", at: 12)
    office.takeOver(forged, by: "mallory", at: 13)
    office.admit("puppet", as: .admin, by: "mallory", at: 14)
    let alone = Membership.evaluate(
      before.statements + office.statements.suffix(3), in: office.workspace, prover: Office.prover)
    let chain = alone.chain(to: Office.device("puppet"))
    #expect(alone.device(Office.device("puppet")) != nil)
    let effects = try introduced("puppet", by: chain, to: known, reading: office.reader)
    #expect(learned(effects) == nil)
    // Who has not heard of the other takeover cannot tell.
    #expect(try learned(introduced("puppet", by: chain, to: before.membership, reading: office.reader)) != nil)
  }

  @Test("who was let in under a new owner shows how it came to that")
  func newOwner() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let known = office.membership
    let naming = office.name("bob", by: "ada", at: 20)
    office.takeOver(naming, by: "bob", at: 30)
    office.admit("carol", as: .admin, by: "bob", at: 40)
    let chain = office.membership.chain(to: Office.device("carol"))
    let effects = try introduced("carol", by: chain, to: known, reading: office.reader)
    let statements = try #require(learned(effects)).map { Verified($0) }
    let widened = Membership.evaluate(known.statements + statements, in: office.workspace, prover: Office.prover)
    #expect(widened.owner == office.member("bob"))
  }
}
