@_spi(Proof) import BullpenCore
import Testing

@Suite("The first words on a connection")
struct GreetingTests {
  typealias Office = MembershipOffice

  /// What a node does when a device that has dialed it introduces itself.
  ///
  /// - Parameter known: what the node has heard.
  private func introduced(
    _ peer: String, by statements: [ProvedStatement], to known: Membership, reading prover: FakeProver
  ) throws -> [GreetingEffect] {
    try heard(statements, from: peer, on: "listener", .answer, knowing: known, reading: prover)
  }

  /// What a node does when it has dialed a device of its workspace, which then introduces itself.
  private func answered(
    _ own: String, by peer: String, with statements: [ProvedStatement], knowing known: Membership,
    reading prover: FakeProver
  ) throws -> [GreetingEffect] {
    let workspace = try #require(known.workspace)
    return try heard(statements, from: peer, on: own, .meet(workspace), knowing: known, reading: prover)
  }

  private func heard(
    _ statements: [ProvedStatement], from peer: String, on own: String, _ purpose: Greeting.Purpose,
    knowing known: Membership, reading prover: FakeProver
  ) throws -> [GreetingEffect] {
    let (own, peer) = (Office.device(own), Office.device(peer))
    let (ours, theirs) = (Nonce(Scramble.bytes("ours")), Nonce(Scramble.bytes("theirs")))
    let workspace = try #require(known.workspace)
    var greeting = Greeting(purpose, own: own, peer: peer, nonce: ours)
    let toUs = GreetingDirection(speaker: peer, listener: own, speakerNonce: theirs, listenerNonce: ours)
    let said: [PeerMessage] = [
      .hello(Hello(version: 1, nonce: theirs)), .recognise(Recognition(tag: prover.tag(workspace, toUs))),
      .introduce(statements.map(\.signed)),
    ]
    return said.flatMap { greeting.receive($0, in: [workspace: known], prover: prover, wall: { _ in 0 }) }
  }

  private func isExpelled(_ effects: [GreetingEffect]) -> Bool {
    effects.contains { if case .expelled = $0 { true } else { false } }
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

  @Test("a laptop of the owner's that was cut brings nobody in as the owner, through whomever it shows up")
  func lostLaptop() throws {
    var office = Office()
    office.admit("laptop", as: .owner, of: "ada", by: "ada", at: 10)
    let before = office.statements
    office.cut("laptop", keeping: 0, by: "ada", at: 40)
    let known = office.membership
    office.admit("puppet", as: .admin, by: "laptop", at: 20)
    let naming = office.name("puppet", by: "laptop", at: 21)
    office.takeOver(naming, from: ["ada", "laptop"], keeping: 2, by: "puppet", at: 22)
    #expect(office.owner == office.member("puppet"), "who believes everything believes this")
    let shown = (before + office.statements.suffix(3)).map(\.value)
    let effects = try introduced("puppet", by: shown, to: known, reading: office.reader)
    #expect(learned(effects) == nil)
  }

  @Test("a lost laptop of the successor's does not take over by the hand of one that it has linked")
  func lostSuccessor() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("laptop", of: "bob", by: "bob", at: 11)
    let naming = office.name("bob", by: "ada", at: 20)
    let before = office.statements
    office.cut("laptop", keeping: 0, by: "ada", at: 40)
    let known = office.membership
    office.admit("puppet", of: "bob", by: "laptop", at: 21)
    office.takeOver(naming, keeping: 3, by: "laptop", at: 22)
    let shown = (before + office.statements.suffix(2)).map(\.value)
    #expect(try learned(introduced("puppet", by: shown, to: known, reading: office.reader)) == nil)
  }

  @Test("who was cut is told so; but not by the laptop that it has cut itself")
  func expelled() throws {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    office.admit("lost", of: "bob", by: "bob", at: 11)
    var honest = office
    office.cut("lost", keeping: 0, by: "bob", at: 40)
    let known = office.membership
    office.admit("puppet", of: "bob", by: "lost", at: 20)
    office.cut("bob", keeping: 2, by: "lost", at: 30)
    let shown = office.statements.map(\.value)
    #expect(try !isExpelled(answered("bob", by: "puppet", with: shown, knowing: known, reading: office.reader)))

    let trusting = honest.membership
    honest.cut("bob", by: "ada", at: 50)
    let evidence = honest.membership.evidence(against: Office.device("bob"))
    #expect(
      try isExpelled(answered("bob", by: "ada", with: evidence, knowing: trusting, reading: honest.reader)))
    // What the lost laptop had linked goes with it, and hears why.
    let linked = Membership.evaluate(
      office.statements.filter { if case .cut = $0.value.statement.claim { false } else { true } },
      prover: Office.prover)
    let all = try Membership.evaluate(
      known.statements + [#require(office.statements.dropLast().last)], prover: Office.prover)
    #expect(all.isCut(Office.device("puppet")))
    let why = all.evidence(against: Office.device("puppet"))
    #expect(try isExpelled(answered("puppet", by: "ada", with: why, knowing: linked, reading: office.reader)))
  }

  @Test("a newcomer whose admitter was taken out before anybody heard of it is shown why it is out")
  func admittersCut() throws {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.cut("bob", keeping: 0, by: "ada", at: 30)
    let known = office.membership
    office.admit("carol", as: .admin, by: "bob", at: 20)
    office.admit("dave", by: "carol", at: 25)
    // As it is for those who have not heard of the cut.
    let elsewhere = Membership.evaluate(
      office.statements.filter { if case .cut = $0.value.statement.claim { false } else { true } },
      prover: Office.prover)
    let why = known.evidence(against: Office.device("bob"))
    // Whom the newcomer has let in is out by the same cut.
    for name in ["carol", "dave"] {
      let chain = elsewhere.chain(to: Office.device(name))
      let effects = try introduced(name, by: chain, to: known, reading: office.reader)
      #expect(learned(effects) == nil)
      #expect(Self.introduction(of: effects) == why.map(\.signed))
      #expect(try isExpelled(answered(name, by: "ada", with: why, knowing: elsewhere, reading: office.reader)))
    }
    // Who shows nothing that lets it in, or was let in by nobody, learns nothing.
    for nothing in [[], elsewhere.chain(to: Office.device("ada"))] {
      let effects = try introduced("eve", by: nothing, to: known, reading: office.reader)
      #expect(Self.introduction(of: effects) == nil)
    }
  }

  @Test("a newcomer whose admitter lost the power to before anybody heard of it is shown why it is out")
  func admittersDemotion() throws {
    var office = Office()
    let promotion = office.admit("bob", as: .admin, by: "ada", at: 10)
    office.demote("bob", ending: [promotion], keeping: 0, by: "ada", at: 30)
    let known = office.membership
    let demotion = try #require(office.statements.last).value.signed
    let adas = known.statements.map(\.value).filter { $0.statement.signer == Office.device("ada") }.map(\.signed)
    office.offer("door", by: "bob", at: 19)
    office.admit("carol", by: "bob", at: 20)
    office.admit("dave", by: "bob", at: 21, invite: "door")
    office.admit("eve", by: "carol", at: 22, invite: "door")
    let elsewhere = Membership.evaluate(
      office.statements.filter { if case .demotion = $0.value.statement.claim { false } else { true } },
      prover: Office.prover)
    for name in ["carol", "dave", "eve"] {
      #expect(elsewhere.device(Office.device(name)) != nil)
      let effects = try introduced(
        name, by: elsewhere.chain(to: Office.device(name)), to: known, reading: office.reader)
      #expect(learned(effects) == nil)
      let told = try #require(Self.introduction(of: effects))
      #expect(Set(told).isSubset(of: adas) && told.last == demotion, "the demotion, and nothing of what Bob said")
      let shown = known.statements.map(\.value).filter { told.contains($0.signed) }
      #expect(try isExpelled(answered(name, by: "ada", with: shown, knowing: elsewhere, reading: office.reader)))
    }
    // Whom a member may let in by another's invite stays.
    office.offer("gate", by: "ada", at: 18)
    office.admit("finn", by: "bob", at: 23, invite: "gate")
    #expect(office.membership.device(Office.device("finn")) != nil)
    #expect(office.membership.exclusion(of: Office.device("finn")) == [])
    #expect(office.membership.exclusion(of: Office.device("stranger")) == [])
  }

  /// What is shown in the introduction that was sent; nil where none was.
  private static func introduction(of effects: [GreetingEffect]) -> [SignedStatement]? {
    effects.compactMap { if case .send(.introduce(let statements)) = $0 { statements } else { nil } }.first
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
