@_spi(Proof) import BullpenCore

/// The proofs that Core asks for, by libsodium.
public struct SodiumProver: Prover {
  private let decode: @Sendable ([UInt8]) -> Statement?

  /// - Parameter decode: reads a statement's bytes; nil for what is none.
  public init(decode: @escaping @Sendable ([UInt8]) -> Statement?) { self.decode = decode }

  /// A statement's id is the digest of its bytes; that of a genesis is the workspace's id too.
  public static func id(of body: [UInt8]) -> StatementID {
    StatementID(Blake2b.digest("statement".domain, body).raw)
  }

  public func prove(_ signed: SignedStatement) -> Verified<ProvedStatement>? {
    guard signed.body.count <= Limits.statementBytes, let statement = decode(signed.body),
      statement.signer.verifies(signed.signature, over: signed.body, .statement)
    else { return nil }
    let id = Self.id(of: signed.body)
    switch statement.claim {
    case .genesis: guard statement.workspace == nil else { return nil }
    case .credential, .invite, .cut, .demotion, .succession, .takeover, .generation, .voiding, .unknown:
      guard statement.workspace != nil else { return nil }
    }
    if case .credential(let credential) = statement.claim, let workspace = statement.workspace {
      if let proof = credential.invite,
        !checkCredential(proof, workspace: workspace, joiner: credential.device, admitter: statement.signer)
      {
        return nil
      }
      if let consent = credential.consent,
        !checkConsent(
          consent, workspace: workspace, device: credential.device, member: credential.member,
          memberKey: credential.memberKey)
      {
        return nil
      }
    }
    return Verified(ProvedStatement(id: id, statement: statement, signed: signed))
  }

  public func id(of body: [UInt8]) -> StatementID { Self.id(of: body) }

  public func tag(_ workspace: WorkspaceID, _ direction: GreetingDirection) -> Digest {
    Blake2b.keyed(workspace.bytes, "greeting".domain, direction.bound(to: workspace))
  }

  public func checkJoin(_ proof: InviteProof, workspace: WorkspaceID, direction: GreetingDirection) -> Bool {
    proof.holds(over: direction.bound(to: workspace), .inviteJoin)
  }

  public func checkCredential(
    _ proof: InviteProof, workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID
  ) -> Bool {
    proof.holds(over: workspace.bytes + joiner.bytes + admitter.bytes, .inviteCredential)
  }

  public func checkConsent(
    _ consent: Signature, workspace: WorkspaceID, device: DeviceID, member: MemberID, memberKey: MemberKey
  ) -> Bool {
    let said = Consent(of: device, to: member, key: memberKey, in: workspace)
    return device.verifies(consent, over: said.message, said.domain)
  }

  public func member(of workspace: WorkspaceID, firstDevice: DeviceID) -> MemberID {
    MemberID(of: workspace, firstDevice: firstDevice)
  }

  public func digest(of heads: Heads) -> Digest {
    let hash = Blake2b()
    hash.update("heads".domain)
    for (log, head) in heads.sorted {
      hash.update(log.bytes + head.sequence.bigEndianBytes + head.digest.bytes)
    }
    return hash.finish()
  }
}
