// A stranger with an invite becomes a member, and one of them lets it in.
extension Greeting {
  mutating func checkInvite(
    _ proof: InviteProof, _ workspace: WorkspaceID, _ direction: GreetingDirection,
    _ workspaces: [WorkspaceID: Membership], _ link: OwnDeviceInvites.Open?, _ prover: any Prover, _ wall: Int64
  ) -> [GreetingEffect] {
    guard let membership = workspaces[workspace],
      prover.checkJoin(proof, workspace: workspace, direction: direction)
    else { return refuse(.unknown) }
    if let link {
      guard link.expiry >= wall else { return refuse(.inviteExpired, wall: wall) }
      // Whose answer was lost on the way asks again.
      guard link.usedBy == nil || link.usedBy == peer else { return refuse(.inviteSpent, wall: wall) }
      state = .awaitingDetails(workspace, proof)
      return tellChain(membership)
    }
    // Who holds the invite may know our clock: one of the two may be wrong.
    guard let invite = membership.invite(proof.invite) else { return refuse(.inviteUnknown, wall: wall) }
    guard membership.mayAdmit(own) else { return refuse(.notAdmitter, wall: wall) }
    if membership.device(peer) == nil {
      guard invite.expiry >= wall, membership.isBacked(proof.invite) else {
        return refuse(.inviteExpired, wall: wall)
      }
      guard membership.uses(of: proof.invite) < Int(invite.uses) else { return refuse(.inviteSpent, wall: wall) }
    }
    state = .awaitingDetails(workspace, proof)
    return tellChain(membership)
  }

  /// This side's chain: that it is a member who may let others in.
  private func tellChain(_ membership: Membership) -> [GreetingEffect] {
    let role: Role = membership.mayAdmit(own) ? .member : .guest
    return Ground.messages(membership.chain(to: own, as: role).map(\.signed)) { .join(.chain($0)) }.map { .send($0) }
  }

  /// Reads a part of what the admitter shows. Returns how the greeting ends where it does not hold.
  mutating func hear(
    _ part: [SignedStatement], _ request: JoinRequest, _ prover: any Prover
  ) -> [GreetingEffect]? {
    ground.read(part, in: request.workspace, knowing: nil, isStranger: true, prover)
    guard ground.hasEnded else { return nil }
    if case .awaitingChain = state { return refuse(.notAdmitter) }
    return refuse(.unknown)
  }

  mutating func checkAdmitter(
    _ request: JoinRequest, _ statements: [SignedStatement], _ prover: any Prover
  ) -> [GreetingEffect] {
    if let refusal = hear(statements, request, prover) { return refusal }
    let membership = Membership.evaluate(ground.proved, in: request.workspace, prover: prover)
    guard membership.workspace == request.workspace,
      let consent = consent(request, to: membership, prover)
    else { return refuse(.notAdmitter) }
    state = .awaitingWelcome
    ground.goOn()
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

  mutating func admit(
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

  mutating func joined(
    _ request: JoinRequest, _ statements: [SignedStatement], _ prover: any Prover
  ) -> [GreetingEffect] {
    if let refusal = hear(statements, request, prover) { return refusal }
    let membership = Membership.evaluate(ground.proved, in: request.workspace, prover: prover)
    guard request.member == nil, membership.workspace == request.workspace,
      let member = membership.device(own)?.member
    else { return refuse(.unknown) }
    // The admitter must have written the key that we gave it, or it could read what is sealed to us. Where the device
    // was a member before, another key stands, and nobody can open with it any more.
    guard membership.memberKey(of: member) == request.memberKey else { return refuse(.duplicate) }
    return finish(.joined(request.workspace, ground.proved)) + [.close]
  }

  mutating func linked(
    _ request: JoinRequest, _ statements: [SignedStatement], _ sealed: [UInt8], _ prover: any Prover
  ) -> [GreetingEffect] {
    if let refusal = hear(statements, request, prover) { return refusal }
    let membership = Membership.evaluate(ground.proved, in: request.workspace, prover: prover)
    guard membership.workspace == request.workspace, let member = request.member,
      membership.device(own)?.member == member, membership.device(peer)?.member == member
    else { return refuse(.unknown) }
    return finish(.linked(request.workspace, ground.proved, sealed: sealed)) + [.close]
  }
}
