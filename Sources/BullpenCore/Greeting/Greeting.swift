/// The first words on a connection, in which neither side says more than the other has earned.
///
///     dialer                                   listener
///     hello(nonce)                   ⇄         hello(nonce)
///     recognise(tag)                 →
///                                    ←         recognise(tag), or refuse(unknown)
///     introduce(own chain)           →
///                                    ←         introduce(own chain), or refuse(unknown)
///
/// A joiner has no chain. It proves that it holds an invite, checks who admits it, and only then gives a name:
///
///     join(prove)                    →
///                                    ←         join(chain), or refuse(why)
///     join(details)                  →
///                                    ←         join(welcome), or join(linked) for a device of the admitter's own member
///
/// The tag is keyed by the workspace's id, both nonces and both device keys: a stranger learns a device key
/// and a port, which TLS and the address have told it already.
public struct Greeting: Sendable {
  /// Why this connection exists, as its own side knows it.
  public enum Purpose: Sendable {
    /// Somebody dialed us.
    case answer
    /// We dial a member of this workspace.
    case meet(WorkspaceID)
    /// We want to become a member.
    case join(JoinRequest)
  }

  public struct JoinRequest: Sendable {
    public var workspace: WorkspaceID
    public var secret: any InviteSecret
    public var name: String
    /// The key of the member that this device is to be the first of. For a further device, the key to which the
    /// member's secret is sealed on its way.
    public var memberKey: MemberKey
    /// Whose further device this one is to be; nil for a new member.
    public var member: MemberID?
    public var device: any JoiningDevice
    public init(
      workspace: WorkspaceID, secret: any InviteSecret, name: String, memberKey: MemberKey, member: MemberID?,
      device: any JoiningDevice
    ) {
      self.workspace = workspace
      self.secret = secret
      self.name = name
      self.memberKey = memberKey
      self.member = member
      self.device = device
    }
  }

  private enum State: Sendable {
    case awaitingHello
    /// Dialer: our tag is out. Listener: waiting for the dialer's.
    case awaitingTag(GreetingDirection)
    /// The workspace is agreed.
    case awaitingIntroduction(WorkspaceID, GreetingDirection)
    case awaitingChain(GreetingDirection)
    case awaitingDetails(WorkspaceID, InviteProof)
    case awaitingAdmission(WorkspaceID)
    case awaitingLink(WorkspaceID)
    case awaitingWelcome
    case finished
  }

  public let own: DeviceID
  public let peer: DeviceID
  private let purpose: Purpose
  private let nonce: Nonce
  private var state = State.awaitingHello

  /// - Parameter nonce: fresh random bytes.
  public init(_ purpose: Purpose, own: DeviceID, peer: DeviceID, nonce: Nonce) {
    self.purpose = purpose
    self.own = own
    self.peer = peer
    self.nonce = nonce
  }

  /// The words to open with.
  public func start() -> [GreetingEffect] {
    [.send(.hello(Hello(version: Limits.protocolVersion, nonce: nonce)))]
  }

  /// - Parameter workspaces: those that this node takes part in.
  /// - Parameter links: invites by which this node lets in further devices of its own member, by their ids.
  /// - Parameter wall: corrected Unix milliseconds.
  public mutating func receive(
    _ message: PeerMessage, in workspaces: [WorkspaceID: Membership],
    links: [WorkspaceID: [InviteID: OwnDeviceInvite]] = [:],
    prover: any Prover, wall: Int64
  ) -> [GreetingEffect] {
    switch (state, purpose, message) {
    case (.finished, _, _): return []
    case (_, _, .refuse(let refusal, let theirs)): return finish(.refused(refusal, wall: theirs))
    case (.awaitingHello, _, .hello(let hello)): return greet(hello, prover)
    case (.awaitingTag(let direction), .answer, .recognise(let said)):
      return recognise(said, direction, workspaces, prover)
    case (.awaitingTag(let direction), .meet(let workspace), .recognise(let said)):
      guard said.tag == prover.tag(workspace, direction.reversed), let membership = workspaces[workspace] else {
        return refuse(.unknown)
      }
      state = .awaitingIntroduction(workspace, direction)
      return [.send(.introduce(Self.fitting(membership.chain(to: own))))]
    case (.awaitingTag(let direction), .join(let request), .recognise(let said)):
      guard said.tag == prover.tag(request.workspace, direction.reversed) else { return refuse(.unknown) }
      state = .awaitingChain(direction)
      return [.send(.join(.prove(request.secret.proveJoin(workspace: request.workspace, direction: direction))))]
    case (.awaitingIntroduction(let workspace, _), _, .introduce(let statements)):
      return meet(workspace, statements, workspaces, prover)
    case (.awaitingIntroduction(let workspace, let direction), .answer, .join(.prove(let proof))):
      return checkInvite(proof, workspace, direction, workspaces, links[workspace]?[proof.invite], prover, wall)
    case (.awaitingChain, .join(let request), .join(.chain(let statements))):
      return checkAdmitter(request, statements, prover)
    case (.awaitingDetails(let workspace, let proof), .answer, .join(.details(let details))):
      return admit(details, workspace, proof, workspaces, isLink: links[workspace]?[proof.invite] != nil, prover)
    case (.awaitingWelcome, .join(let request), .join(.welcome(let statements))):
      return joined(request, statements, prover)
    case (.awaitingWelcome, .join(let request), .join(.linked(let statements, let sealed))):
      return linked(request, statements, sealed, prover)
    default: return refuse(.unknown)
    }
  }

  /// The credential is on disk: the joiner hears the chain that ends in it. The rest comes by sync.
  public mutating func admitted(_ statements: [SignedStatement]) -> [GreetingEffect] {
    guard case .awaitingAdmission = state else { return [] }
    state = .finished
    return [.send(.join(.welcome(statements))), .close]
  }

  /// The joiner is a device of our own member now, and hears the chain and the member's secret.
  public mutating func linked(_ statements: [SignedStatement], sealed: [UInt8]) -> [GreetingEffect] {
    guard case .awaitingLink = state else { return [] }
    state = .finished
    return [.send(.join(.linked(statements, sealed: sealed))), .close]
  }

  /// The credential could not be written.
  public mutating func notAdmitted(_ refusal: Refusal) -> [GreetingEffect] {
    switch state {
    case .awaitingAdmission, .awaitingLink: return refuse(refusal)
    default: return []
    }
  }

  // MARK: - Steps

  private mutating func greet(_ hello: Hello, _ prover: any Prover) -> [GreetingEffect] {
    guard hello.version >= 1 else { return refuse(.version) }
    let direction: GreetingDirection
    switch purpose {
    case .answer:
      direction = GreetingDirection(
        speaker: peer, listener: own, speakerNonce: hello.nonce, listenerNonce: nonce)
      state = .awaitingTag(direction)
      return []
    case .meet(let workspace): return offer(workspace, hello, prover)
    case .join(let request): return offer(request.workspace, hello, prover)
    }
  }

  private mutating func offer(_ workspace: WorkspaceID, _ hello: Hello, _ prover: any Prover) -> [GreetingEffect] {
    let direction = GreetingDirection(speaker: own, listener: peer, speakerNonce: nonce, listenerNonce: hello.nonce)
    state = .awaitingTag(direction)
    return [.send(.recognise(Recognition(tag: prover.tag(workspace, direction))))]
  }

  private mutating func recognise(
    _ said: Recognition, _ direction: GreetingDirection, _ workspaces: [WorkspaceID: Membership], _ prover: any Prover
  ) -> [GreetingEffect] {
    guard let workspace = workspaces.keys.sorted().first(where: { prover.tag($0, direction) == said.tag }) else {
      return refuse(.unknown)
    }
    state = .awaitingIntroduction(workspace, direction)
    return [.send(.recognise(Recognition(tag: prover.tag(workspace, direction.reversed))))]
  }

  private mutating func meet(
    _ workspace: WorkspaceID, _ statements: [SignedStatement], _ workspaces: [WorkspaceID: Membership],
    _ prover: any Prover
  ) -> [GreetingEffect] {
    guard let membership = workspaces[workspace] else { return refuse(.unknown) }
    if membership.isCut(peer) {
      // Who was one of us is shown why it is not any more, and nothing else.
      return [.send(.introduce(Self.fitting(membership.evidence(ofCutting: peer))))] + refuse(.unknown)
    }
    var learned: [Verified<ProvedStatement>] = []
    let isKnown = membership.device(peer) != nil
    // Of whom a stranger shows, whoever is cut here says nothing, whatever it would do to that cut.
    lazy var shown = statements.prefix(Limits.chain).compactMap(prover.prove)
      .filter { isKnown || !membership.voids($0.value) }
    if mayTellOfCut(membership), shown.contains(where: \.value.statement.isCut) {
      let widened = Membership.evaluate(membership.statements + shown, in: workspace, prover: prover)
      if widened.isCut(own), isKnown || widened.continues(membership) {
        return finish(.expelled(workspace, shown)) + [.close]
      }
    }
    if !isKnown {
      // Admitted by somebody whom we have not met since: the chain shows it.
      learned = shown.filter { $0.value.statement.isGround }
      let widened = Membership.evaluate(membership.statements + learned, in: workspace, prover: prover)
      guard widened.device(peer) != nil, widened.onlyAdds(to: membership) else { return refuse(.unknown) }
    }
    var effects: [GreetingEffect] = []
    if case .answer = purpose { effects.append(.send(.introduce(Self.fitting(membership.chain(to: own))))) }
    return effects + finish(.met(workspace, learned))
  }

  /// Whether whom we dialed may answer that this device is out.
  private func mayTellOfCut(_ membership: Membership) -> Bool {
    if case .meet = purpose { !membership.isCut(own) } else { false }
  }

  /// As many statements as one introduction holds. Who knows us already needs none of them.
  private static func fitting(_ statements: [ProvedStatement]) -> [SignedStatement] {
    var room = Limits.frameBytes - 1_024
    return statements.prefix(Limits.chain).map(\.signed).prefix { signed in
      // The signature, and what the encoding adds.
      room -= signed.body.count + 96
      return room >= 0
    }
  }

  private mutating func checkInvite(
    _ proof: InviteProof, _ workspace: WorkspaceID, _ direction: GreetingDirection,
    _ workspaces: [WorkspaceID: Membership], _ link: OwnDeviceInvite?, _ prover: any Prover, _ wall: Int64
  ) -> [GreetingEffect] {
    guard let membership = workspaces[workspace],
      prover.checkJoin(proof, workspace: workspace, direction: direction)
    else { return refuse(.unknown) }
    if let link {
      guard link.expiry >= wall else { return refuse(.inviteExpired, wall: wall) }
      // Whose answer was lost on the way asks again.
      guard link.usedBy == nil || link.usedBy == peer else { return refuse(.inviteSpent, wall: wall) }
      state = .awaitingDetails(workspace, proof)
      return [.send(.join(.chain(membership.chain(to: own).map(\.signed))))]
    }
    // Who holds the invite may know our clock: one of the two may be wrong.
    guard let invite = membership.invite(proof.invite) else { return refuse(.inviteUnknown, wall: wall) }
    guard membership.mayAdmit(own) else { return refuse(.notAdmitter, wall: wall) }
    if membership.device(peer) == nil {
      guard invite.expiry >= wall else { return refuse(.inviteExpired, wall: wall) }
      guard membership.uses(of: proof.invite) < Int(invite.uses) else { return refuse(.inviteSpent, wall: wall) }
    }
    state = .awaitingDetails(workspace, proof)
    return [.send(.join(.chain(membership.chain(to: own).map(\.signed))))]
  }

  private mutating func checkAdmitter(
    _ request: JoinRequest, _ statements: [SignedStatement], _ prover: any Prover
  ) -> [GreetingEffect] {
    let proved = statements.prefix(Limits.chain).compactMap(prover.prove)
    let membership = Membership.evaluate(proved, prover: prover)
    guard membership.workspace == request.workspace,
      let consent = consent(request, to: membership, prover)
    else { return refuse(.notAdmitter) }
    state = .awaitingWelcome
    let proof = request.secret.proveCredential(workspace: request.workspace, joiner: own, admitter: peer)
    let details = JoinDetails(name: request.name, memberKey: request.memberKey, proof: proof, consent: consent)
    return [.send(.join(.details(details)))]
  }

  /// Nil where the other side may not let this device in as what it is to be: then it agrees to nothing.
  private func consent(_ request: JoinRequest, to membership: Membership, _ prover: any Prover) -> Signature? {
    guard let wanted = request.member else {
      guard membership.mayAdmit(peer) else { return nil }
      let member = prover.member(of: request.workspace, firstDevice: own)
      return request.device.consent(to: member, key: request.memberKey, in: request.workspace)
    }
    guard membership.device(peer)?.member == wanted, let key = membership.memberKey(of: wanted) else { return nil }
    return request.device.consent(to: wanted, key: key, in: request.workspace)
  }

  private mutating func admit(
    _ details: JoinDetails, _ workspace: WorkspaceID, _ proof: InviteProof, _ workspaces: [WorkspaceID: Membership],
    isLink: Bool, _ prover: any Prover
  ) -> [GreetingEffect] {
    guard let membership = workspaces[workspace], details.proof.invite == proof.invite,
      prover.checkCredential(details.proof, workspace: workspace, joiner: peer, admitter: own)
    else { return refuse(.unknown) }
    func isAgreed(_ member: MemberID, _ key: MemberKey) -> Bool {
      prover.checkConsent(details.consent, workspace: workspace, device: peer, member: member, memberKey: key)
    }
    if isLink {
      // A device of somebody else's stays theirs.
      let theirs = membership.author(peer)
      guard !membership.isCut(peer), let member = membership.device(own)?.member, theirs == nil || theirs == member,
        let key = membership.memberKey(of: member), isAgreed(member, key)
      else { return refuse(.unknown) }
      state = .awaitingLink(workspace)
      return [.link(workspace, peer, by: proof.invite, consent: details.consent, sealTo: details.memberKey)]
    }
    let member = prover.member(of: workspace, firstDevice: peer)
    guard isAgreed(member, details.memberKey) else { return refuse(.unknown) }
    guard let invite = membership.invite(proof.invite) else { return refuse(.unknown) }
    state = .awaitingAdmission(workspace)
    if membership.device(peer) != nil {
      // Our welcome was lost on the way: the credential stands, so say it again.
      return admitted(membership.chain(to: peer).map(\.signed))
    }
    let credential = Credential(
      device: peer, member: member, memberKey: details.memberKey, role: invite.role, invite: details.proof,
      consent: details.consent)
    return [.admit(workspace, credential, name: details.name)]
  }

  private mutating func joined(
    _ request: JoinRequest, _ statements: [SignedStatement], _ prover: any Prover
  ) -> [GreetingEffect] {
    let proved = statements.prefix(Limits.statements).compactMap(prover.prove)
    let membership = Membership.evaluate(proved, prover: prover)
    guard request.member == nil, membership.workspace == request.workspace,
      let member = membership.device(own)?.member
    else { return refuse(.unknown) }
    // The admitter must have written the key that we gave it, or it could read what is sealed to us. Where the device
    // was a member before, another key stands, and nobody can open with it any more.
    guard membership.memberKey(of: member) == request.memberKey else { return refuse(.duplicate) }
    return finish(.joined(request.workspace, proved)) + [.close]
  }

  private mutating func linked(
    _ request: JoinRequest, _ statements: [SignedStatement], _ sealed: [UInt8], _ prover: any Prover
  ) -> [GreetingEffect] {
    let proved = statements.prefix(Limits.statements).compactMap(prover.prove)
    let membership = Membership.evaluate(proved, prover: prover)
    guard membership.workspace == request.workspace, let member = request.member,
      membership.device(own)?.member == member, membership.device(peer)?.member == member
    else { return refuse(.unknown) }
    return finish(.linked(request.workspace, proved, sealed: sealed)) + [.close]
  }

  private mutating func refuse(_ refusal: Refusal, wall: Int64? = nil) -> [GreetingEffect] {
    state = .finished
    return [.send(.refuse(refusal, wall: wall)), .refused(refusal), .close]
  }

  private mutating func finish(_ outcome: GreetingEffect) -> [GreetingEffect] {
    state = .finished
    if case .refused = outcome { return [outcome, .close] }
    return [outcome]
  }
}

public enum GreetingEffect: Sendable {
  case send(PeerMessage)
  case close
  /// Both are members of this workspace. The statements were new to us and prove it.
  case met(WorkspaceID, [Verified<ProvedStatement>])
  /// The other side has shown by these statements that we were cut.
  case expelled(WorkspaceID, [Verified<ProvedStatement>])
  /// Write this credential, then call `admitted` or `notAdmitted`.
  case admit(WorkspaceID, Credential, name: String)
  /// Link this device to our own member, as it has agreed to, seal the member's secret to the key, then call `linked`
  /// or `notAdmitted`.
  case link(WorkspaceID, DeviceID, by: InviteID, consent: Signature, sealTo: MemberKey)
  /// We are a further device of who let us in.
  case linked(WorkspaceID, [Verified<ProvedStatement>], sealed: [UInt8])
  /// We are a member now; these statements prove it.
  case joined(WorkspaceID, [Verified<ProvedStatement>])
  /// By us or by the other side, which may have told its wall clock, Unix milliseconds.
  case refused(Refusal, wall: Int64? = nil)
}
