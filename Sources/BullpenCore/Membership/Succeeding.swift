/// What one device may state about who takes the owner's place, as evaluation will judge it, and the statements that
/// do it.
extension Membership {
  /// Whether this device can name the member as successor: a device of the owner's, of another who is no guest.
  public func mayName(_ target: MemberID, by device: DeviceID) -> Bool {
    guard isOwned(by: device), target != owner, let found = members[target] else { return false }
    return found.role > .guest && !found.devices.isEmpty
  }

  /// Whether a member's device can take the owner's place now.
  public func mayTakeOver(_ device: DeviceID) -> Bool {
    self.device(device).map { successors.contains($0.member) } ?? false
  }

  /// Whether this is a device of the owner's.
  public func isOwned(by device: DeviceID) -> Bool { owner != nil && self.device(device)?.member == owner }

  /// The statements that name a member, or nobody, in place of whoever is named; empty where that is so already.
  ///
  /// What others cut of a successor's devices or powers counts no longer, since only the owner reaches one who is
  /// named: so the owner first says the same.
  public func claims(naming target: MemberID?) -> [Statement.Claim] {
    let named = namings.compactMap { proved -> MemberID? in
      guard case .succession(let succession) = proved.statement.claim else { return nil }
      return succession.member
    }
    guard named != [target].compactMap(\.self) else { return [] }
    let naming = Succession(
      member: target, replaced: namings.map(\.id).sorted().prefix(Limits.replacedNamings).map(\.self))
    return (target.map(repeated) ?? []) + [.succession(naming)]
  }

  /// What others than the owner and the member itself took of a member, in the order in which it counts. What a member
  /// cut of its own devices counts for one who is named as well, and for the owner.
  private func repeated(_ target: MemberID) -> [Statement.Claim] {
    var byOthers: Set<Statement.Claim> = []
    var byOwner: Set<Statement.Claim> = []
    for proved in statements.map(\.value) {
      let signer = author(proved.statement.signer)
      if signer == owner { byOwner.insert(proved.statement.claim) }
      if signer != target { byOthers.insert(proved.statement.claim) }
    }
    let cuts = cutBy.filter { memberOf[$0.key] == target }.sorted { $0.key < $1.key }.flatMap(\.value)
      .filter { author($0.statement.signer) != target }.map(\.statement.claim)
    let demoted = (demotions[target] ?? []).compactMap(\.demotion).map(Statement.Claim.demotion)
      .filter(byOthers.contains)
    return (cuts + demoted).filter { !byOwner.contains($0) }
  }

  /// The statement by which the member of this device becomes the owner; nil for one who is not named.
  ///
  /// - Parameter held: the logs of the owner's devices as far as they are here, each with the last statement that is an
  ///   entry of it. What was stated up to there stands.
  public func claim(takingOverBy device: DeviceID, holding held: [KeptLog]) -> Statement.Claim? {
    guard let member = self.device(device)?.member, let owner, mayTakeOver(device) else { return nil }
    let naming = namings.last { proved in
      guard case .succession(let succession) = proved.statement.claim else { return false }
      return succession.member == member
    }
    guard let naming else { return nil }
    let kept = known(held, of: devicesEver(of: owner), atMost: Limits.demotionLogs, restingOn: naming)
    return .takeover(Takeover(succession: naming.id, kept: kept))
  }

  /// Whether a naming is the owner's, and no other replaces it.
  public func counts(naming statement: StatementID) -> Bool { namings.contains { $0.id == statement } }

  /// Whether somebody became the owner by a takeover, now or once.
  public func counts(takeover statement: StatementID) -> Bool {
    ownership.steps.contains { $0.takeover.id == statement }
  }
}
