@_spi(Proof) @testable import BullpenCore
import Synchronization
import Testing

/// Counts the signatures that it is asked to check.
struct CountingProver: Prover {
  final class Tally: Sendable {
    let proofs = Mutex(0)
  }

  let base: FakeProver
  let tally = Tally()

  func prove(_ signed: SignedStatement) -> Verified<ProvedStatement>? {
    tally.proofs.withLock { $0 += 1 }
    return base.prove(signed)
  }
  func id(of body: [UInt8]) -> StatementID { base.id(of: body) }
  func tag(_ workspace: WorkspaceID, _ direction: GreetingDirection) -> Digest { base.tag(workspace, direction) }
  func checkJoin(_ proof: InviteProof, workspace: WorkspaceID, direction: GreetingDirection) -> Bool { true }
  func checkCredential(
    _ proof: InviteProof, workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID
  ) -> Bool { true }
  func checkConsent(
    _ consent: Signature, workspace: WorkspaceID, device: DeviceID, member: MemberID, memberKey: MemberKey
  ) -> Bool { true }
  func member(of workspace: WorkspaceID, firstDevice: DeviceID) -> MemberID {
    base.member(of: workspace, firstDevice: firstDevice)
  }
  func digest(of heads: Heads) -> Digest { base.digest(of: heads) }
}

@Suite("Showing who one is, however long that takes")
struct GroundTests {
  typealias Office = MembershipOffice

  /// A greeting in which a device has been recognised.
  private func recognised(
    _ peer: String, on own: String, _ purpose: Greeting.Purpose, in workspace: WorkspaceID, knowing known: Membership?,
    _ prover: any Prover
  ) -> Greeting {
    let (own, peer) = (Office.device(own), Office.device(peer))
    let (ours, theirs) = (Nonce(Scramble.bytes("ours")), Nonce(Scramble.bytes("theirs")))
    var greeting = Greeting(purpose, own: own, peer: peer, nonce: ours)
    let toUs = GreetingDirection(speaker: peer, listener: own, speakerNonce: theirs, listenerNonce: ours)
    for message in [
      PeerMessage.hello(Hello(version: 1, nonce: theirs)), .recognise(Recognition(tag: prover.tag(workspace, toUs))),
    ] {
      _ = greeting.receive(message, in: known.map { [workspace: $0] } ?? [:], prover: prover, wall: { _ in 0 })
    }
    return greeting
  }

  private func introduced(
    _ peer: String, by chain: [ProvedStatement], to known: Membership, _ prover: any Prover
  ) throws -> [GreetingEffect] {
    let workspace = try #require(known.workspace)
    var greeting = recognised(peer, on: "listener", .answer, in: workspace, knowing: known, prover)
    return Ground.messages(chain.map(\.signed)) { .introduce($0) }.flatMap {
      greeting.receive($0, in: [workspace: known], prover: prover, wall: { _ in 0 })
    }
  }

  private func isMet(_ effects: [GreetingEffect]) -> Bool {
    effects.contains { if case .met = $0 { true } else { false } }
  }

  /// Each lets in the next as an admin.
  private func pyramid(_ height: Int, under root: String, at time: Int64, in office: inout Office) -> String {
    for step in 0..<height {
      office.admit(
        "\(root)-\(step)", as: .admin, by: step == 0 ? root : "\(root)-\(step - 1)", at: time + Int64(step))
    }
    return "\(root)-\(height - 1)"
  }

  @Test("nobody makes another's chain longer, by roles, by admitting them again, or by stating their invite again")
  func short() {
    var office = Office()
    office.admit("mallory", as: .admin, by: "ada", at: 1)
    office.offer("door", by: "ada", at: 1_000)
    office.admit("bob", by: "ada", at: 1_000, invite: "door")
    office.admit("carol", as: .member, by: "ada", at: 1_000)
    let puppet = pyramid(80, under: "mallory", at: 2, in: &office)
    office.admit("bob", as: .admin, by: puppet, at: 100)
    office.admit("carol", as: .member, by: puppet, at: 100)
    office.offer("door", by: puppet, at: 100)
    office.admit("dave", by: "bob", at: 2_000)
    office.admit("bob phone", as: .member, of: "bob", by: "bob", at: 2_000)
    let membership = office.membership
    for (device, length) in [("bob", 3), ("carol", 2), ("bob phone", 4)] {
      let chain = membership.chain(to: Office.device(device), as: .member)
      #expect(chain.count == length, "\(device)")
      let alone = Membership.evaluate(chain.map { Verified($0) }, prover: Office.prover)
      #expect(alone.mayAdmit(Office.device(device)))
    }
    // What really rests on the puppets is shown with them.
    #expect(membership.chain(to: Office.device("dave")).count > 80)
  }

  @Test("a chain of whoever it is shows a member to who knows nothing, whatever was cut", arguments: 1...40)
  func anything(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    let membership = MembershipPropertyTests().babel(&random, count: 60, cuts: false).membership
    for device in membership.devices {
      let chain = membership.chain(to: device, as: .guest)
      let alone = Membership.evaluate(chain.map { Verified($0) }, prover: Office.prover)
      #expect(alone.device(device)?.member == membership.device(device)?.member)
      #expect(chain.count <= membership.chain(to: device).count)
      var shown: Set<DeviceID> = []
      for proved in chain {
        #expect(proved.isGenesis || shown.contains(proved.statement.signer), "each behind what admits its signer")
        shown.formUnion([proved.isGenesis ? proved.statement.signer : nil, proved.admitted].compactMap { $0 })
      }
    }
  }

  @Test("who was let in by the four hundredth of a row shows it in several messages, and is met")
  func deep() throws {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 1)
    let known = office.membership
    let last = pyramid(400, under: "bob", at: 2, in: &office)
    let chain = office.membership.chain(to: Office.device(last))
    #expect(Ground.messages(chain.map(\.signed)) { .introduce($0) }.count > 6)
    #expect(try isMet(introduced(last, by: chain, to: known, office.reader)))
    #expect(try isMet(introduced(last, by: chain, to: Office().membership, office.reader)))
    // Longer than anybody listens to is no member.
    var endless = office
    let beyond = pyramid(Limits.groundStatements, under: last, at: 1_000, in: &endless)
    let effects = try introduced(
      beyond, by: endless.membership.chain(to: Office.device(beyond)), to: known, endless.reader)
    #expect(!isMet(effects))
  }

  @Test("a newcomer is welcomed by the four hundredth of a row")
  func welcome() throws {
    var office = Office()
    let admitter = pyramid(400, under: "ada", at: 2, in: &office)
    let before = office.membership
    office.offer("door", by: "ada", at: 1_000)
    office.admit("eve", by: admitter, at: 1_001, invite: "door")
    let prover = office.reader
    let request = Greeting.JoinRequest(
      workspace: office.workspace, secret: FakeSecret(invite: Office.invite("door")), name: "Eve",
      memberKey: Office.key("eve"), member: nil, device: FakeJoiner())
    var greeting = recognised(admitter, on: "eve", .join(request), in: office.workspace, knowing: nil, prover)
    let chain = before.chain(to: Office.device(admitter), as: .member).map(\.signed)
    let welcome = office.membership.chain(to: Office.device("eve")).map(\.signed)
    let said =
      Ground.messages(chain) { .join(.chain($0)) } + Ground.messages(welcome) { .join(.welcome($0)) }
    let effects = said.flatMap { greeting.receive($0, in: [:], prover: prover, wall: { _ in 0 }) }
    let joined = effects.contains { if case .joined(_, let statements) = $0 { statements.count > 400 } else { false } }
    #expect(joined)
  }

  @Test("a stranger makes a node check one signature in vain, and keeps it busy with no more than a chain")
  func cost() throws {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 1)
    let known = office.membership
    var forged = office
    for index in 0..<300 { forged.admit("puppet \(index)", by: "nobody", at: 10 + Int64(index)) }
    let prover = CountingProver(base: forged.reader)
    let junk = forged.statements.map(\.value)
    #expect(try !isMet(introduced("puppet 299", by: junk, to: known, prover)))
    #expect(prover.tally.proofs.withLock { $0 } == 1, "what is known here needs no proof, and the next does not hold")

    let insider = pyramid(3_000, under: "bob", at: 10, in: &office)
    let endless = CountingProver(base: office.reader)
    let workspace = try #require(known.workspace)
    var greeting = recognised(insider, on: "listener", .answer, in: workspace, knowing: known, endless)
    let chain = office.statements.map(\.value.signed)
    for start in stride(from: 0, to: chain.count, by: Limits.chain) {
      let part = Array(chain[start..<min(start + Limits.chain, chain.count)])
      _ = greeting.receive(.ground(part), in: [workspace: known], prover: endless, wall: { _ in 0 })
    }
    #expect(endless.tally.proofs.withLock { $0 } <= Limits.groundStatements)
  }
}

private struct FakeSecret: InviteSecret {
  let invite: InviteID
  func proveJoin(workspace: WorkspaceID, direction: GreetingDirection) -> InviteProof {
    InviteProof(invite: invite, signature: MembershipOffice.proof)
  }
  func proveCredential(workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID) -> InviteProof {
    InviteProof(invite: invite, signature: MembershipOffice.proof)
  }
}

private struct FakeJoiner: JoiningDevice {
  func consent(to member: MemberID, key: MemberKey, in workspace: WorkspaceID) -> Signature { MembershipOffice.proof }
}
