import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("Proofs")
struct ProverTests {
  /// Reads one body as one statement; the codec has tests of its own.
  static func prover(_ body: [UInt8] = [], _ statement: Statement? = nil) -> SodiumProver {
    SodiumProver { $0 == body ? statement : nil }
  }

  static func statement(
    _ claim: Statement.Claim, in workspace: WorkspaceID? = Samples.workspace, by signer: DeviceKey = Samples.ada
  ) -> Statement {
    Statement(
      workspace: workspace, signer: signer.id, incarnation: Samples.log().incarnation, sequence: 1, previous: nil,
      time: .zero, claim: claim)
  }

  static let genesis = Statement.Claim.genesis(
    Genesis(name: "Office", member: MemberKey(Samples.bytes32(3)), nonce: Nonce(Samples.bytes32(4))))

  static func signed(_ body: [UInt8], by key: DeviceKey = Samples.ada) -> SignedStatement {
    SignedStatement(body: body, signature: key.sign(body, .statement))
  }

  @Test("a genesis that its founder signed is proved, and its id is the digest of its bytes")
  func proves() throws {
    let statement = Self.statement(Self.genesis, in: nil)
    let proved = try #require(Self.prover([7, 7], statement).prove(Self.signed([7, 7]))).value
    #expect(proved.statement == statement)
    #expect(proved.id.raw == Blake2b.digest(Array("bullpen v1 statement".utf8) + [0, 7, 7]).raw)
    #expect(proved.signed.body == [7, 7])
  }

  @Test("a statement is not proved when its bytes, its signer or its place is wrong")
  func refuses() {
    let statement = Self.statement(Self.genesis, in: nil)
    let prover = Self.prover([7], statement)
    #expect(prover.prove(Self.signed([7], by: Samples.bob)) == nil, "another's signature")
    #expect(prover.prove(SignedStatement(body: [7], signature: Samples.ada.sign([8], .statement))) == nil)
    #expect(prover.prove(SignedStatement(body: [7], signature: Samples.ada.sign([7], .log))) == nil, "purpose")
    #expect(prover.prove(Self.signed([8])) == nil, "not a statement")
    #expect(Self.prover([7], Self.statement(Self.genesis)).prove(Self.signed([7])) == nil, "genesis in a workspace")
    let cut = Self.statement(.cut(Cut(device: Samples.bob.id, kept: [])), in: nil)
    #expect(Self.prover([7], cut).prove(Self.signed([7])) == nil, "a cut of no workspace")
    let long = [UInt8](repeating: 1, count: Limits.statementBytes + 1)
    #expect(Self.prover(long, statement).prove(Self.signed(long)) == nil, "too long")
  }

  @Test("a credential carries a proof by the invite's key for this joiner, admitter and workspace")
  func credential() {
    let invite = InviteKey(secret: .zero)
    func proves(_ proof: InviteProof) -> Bool {
      let credential = Credential(
        device: Samples.bob.id, member: MemberID(.zero), memberKey: MemberKey(Samples.bytes32(3)), role: .member,
        invite: proof)
      return Self.prover([1], Self.statement(.credential(credential))).prove(Self.signed([1])) != nil
    }
    let (joiner, admitter) = (Samples.bob.id, Samples.ada.id)
    let good = invite.proveCredential(workspace: Samples.workspace, joiner: joiner, admitter: admitter)
    #expect(proves(good))
    #expect(!proves(invite.proveCredential(workspace: Samples.otherWorkspace, joiner: joiner, admitter: admitter)))
    #expect(!proves(invite.proveCredential(workspace: Samples.workspace, joiner: admitter, admitter: joiner)))
    #expect(!proves(invite.proveJoin(workspace: Samples.workspace, direction: Samples.direction)))
    let another = InviteKey(secret: Bytes16([UInt8](repeating: 1, count: 16))!)
    #expect(!proves(InviteProof(invite: another.invite, signature: good.signature)))
  }

  @Test(
    "a credential carries the device's own consent to this member and key in this workspace",
    arguments: [MemberID(.zero), prover().member(of: Samples.workspace, firstDevice: Samples.bob.id)])
  func consent(to member: MemberID) {
    let key = MemberKey(Samples.bytes32(3))
    func proves(_ consent: Signature) -> Bool {
      let credential = Credential(
        device: Samples.bob.id, member: member, memberKey: key, role: .member, invite: nil, consent: consent)
      return Self.prover([1], Self.statement(.credential(credential))).prove(Self.signed([1])) != nil
    }
    #expect(proves(Samples.bob.consent(to: member, key: key, in: Samples.workspace)))
    #expect(!proves(Samples.ada.consent(to: member, key: key, in: Samples.workspace)), "another's")
    #expect(!proves(Samples.bob.consent(to: member, key: key, in: Samples.otherWorkspace)))
    #expect(!proves(Samples.bob.consent(to: member, key: MemberKey(Samples.bytes32(4)), in: Samples.workspace)))
    let other = MemberID(Bytes16([UInt8](repeating: 1, count: 16))!)
    #expect(!proves(Samples.bob.consent(to: other, key: key, in: Samples.workspace)))
  }

  @Test("a member's first device signs its key, and nothing that could be read as another member's")
  func consentOfTheFirst() {
    let (prover, bob) = (Self.prover(), Samples.bob)
    let (key, own) = (MemberKey(Samples.bytes32(3)), prover.member(of: Samples.workspace, firstDevice: bob.id))
    let consent = bob.consent(to: own, key: key, in: Samples.workspace)
    #expect(consent == bob.sign(Samples.workspace.bytes + key.bytes, .memberKey))
    // A key is 32 bytes and an id 16: the message of a further device's consent, cut anew, is none of this kind.
    #expect(
      !prover.checkConsent(
        consent, workspace: Samples.workspace, device: bob.id, member: MemberID(.zero), memberKey: key))
  }

  @Test("a join is proved for one greeting and one side of it")
  func join() {
    let prover = Self.prover()
    let invite = InviteKey(secret: .zero)
    let (workspace, direction) = (Samples.workspace, Samples.direction)
    let proof = invite.proveJoin(workspace: workspace, direction: direction)
    #expect(prover.checkJoin(proof, workspace: workspace, direction: direction))
    #expect(!prover.checkJoin(proof, workspace: workspace, direction: direction.reversed))
    #expect(!prover.checkJoin(proof, workspace: Samples.otherWorkspace, direction: direction))
    let later = GreetingDirection(
      speaker: direction.speaker, listener: direction.listener, speakerNonce: direction.speakerNonce,
      listenerNonce: Nonce(Samples.bytes32(9)))
    #expect(!prover.checkJoin(proof, workspace: workspace, direction: later), "a recorded proof")
  }

  @Test("a tag differs by workspace, side, nonce and device")
  func tag() {
    let prover = Self.prover()
    let direction = Samples.direction
    let fresh = GreetingDirection(
      speaker: direction.speaker, listener: direction.listener, speakerNonce: Nonce(Samples.bytes32(8)),
      listenerNonce: direction.listenerNonce)
    let stranger = GreetingDirection(
      speaker: DeviceID(Samples.bytes32(6)), listener: direction.listener, speakerNonce: direction.speakerNonce,
      listenerNonce: direction.listenerNonce)
    let tags = [
      prover.tag(Samples.workspace, direction), prover.tag(Samples.otherWorkspace, direction),
      prover.tag(Samples.workspace, direction.reversed), prover.tag(Samples.workspace, fresh),
      prover.tag(Samples.workspace, stranger),
    ]
    #expect(Set(tags).count == tags.count)
    #expect(prover.tag(Samples.workspace, direction) == tags[0])
  }

  @Test("an invite's secret makes one key pair, and a member's id its first device")
  func ids() {
    #expect(InviteKey(secret: .zero).invite == InviteKey(secret: .zero).invite)
    var random = Samples.random()
    #expect(InviteKey(using: &random).invite != InviteKey(secret: .zero).invite)
    let prover = Self.prover()
    let expected = Blake2b.digest(
      Array("bullpen v1 member".utf8) + [0] + Samples.workspace.bytes + Samples.ada.id.bytes)
    #expect(prover.member(of: Samples.workspace, firstDevice: Samples.ada.id).bytes == Array(expected.bytes.prefix(16)))
    let ids = [Samples.workspace, Samples.otherWorkspace].flatMap { workspace in
      [Samples.ada, Samples.bob].map { prover.member(of: workspace, firstDevice: $0.id) }
    }
    #expect(Set(ids).count == 4)
  }

  @Test("the digest of heads is one, in whatever order they were learned, and tells every difference")
  func heads() {
    let prover = Self.prover()
    let logs = [Samples.log(), Samples.log(Samples.bob), Samples.log(Samples.ada, kind: .passing)]
    var (forward, backward) = (Heads(), Heads())
    for log in logs { forward[log] = Head(sequence: 2, digest: Digest(Samples.bytes32(5))) }
    for log in logs.reversed() { backward[log] = Head(sequence: 2, digest: Digest(Samples.bytes32(5))) }
    #expect(prover.digest(of: forward) == prover.digest(of: backward))
    backward[logs[1]] = Head(sequence: 3, digest: Digest(Samples.bytes32(5)))
    #expect(prover.digest(of: forward) != prover.digest(of: backward))
    #expect(prover.digest(of: Heads()) != prover.digest(of: forward))
  }
}
