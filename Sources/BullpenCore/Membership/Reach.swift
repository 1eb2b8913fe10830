/// What one device may state about a member's place, as evaluation will judge it, and the statements that do it.
extension Membership {
  /// The owner reaches everybody, an admin itself, members, guests and admins who are junior; but not whom the owner
  /// has named, or an admin could undo a takeover by a cut that is dated back.
  func reaches(_ judge: Member, _ target: Member, whoseRoleIs role: Role) -> Bool {
    if target.id == judge.id || judge.id == owner { return true }
    guard target.id != owner, !isShielded(target.id) else { return false }
    return role < .admin || role == .admin && judge.since < target.since
  }

  private func reaches(_ device: DeviceID, _ target: MemberID) -> Bool {
    guard let own = self.device(device), own.role >= .admin, let judge = members[own.member],
      let found = members[target], !found.devices.isEmpty
    else { return false }
    return reaches(judge, found, whoseRoleIs: found.role)
  }

  /// The roles that a statement by this device gives a member in place of the one it has, in ascending order.
  public func roles(for target: MemberID, by device: DeviceID) -> [Role] {
    guard let found = members[target], found.role < .owner, !found.devices.isEmpty,
      let own = self.device(device), own.role >= .admin
    else { return [] }
    return Role.allCases.filter { role in
      guard role < .owner, role != found.role else { return false }
      // Nobody gives to themselves: a credential by one's own device is a link to a further one.
      return role > found.role ? own.member != target : reaches(device, target)
    }
  }

  /// Whether a cut by this device takes another one out.
  public func mayCut(_ target: DeviceID, by device: DeviceID) -> Bool {
    guard target != device, let own = self.device(device)?.member, let member = self.device(target)?.member,
      let found = members[member]
    else { return false }
    return (own == member || reaches(device, member)) && (found.role < .owner || found.devices.count > 1)
  }

  /// Whether this device can take a member out: another, who is not the owner.
  public func mayRemove(_ target: MemberID, by device: DeviceID) -> Bool {
    guard let found = members[target], found.role < .owner, self.device(device)?.member != target else { return false }
    return reaches(device, target)
  }

  /// Cuts a device where it is known to stand: all that was heard of it remains.
  ///
  /// - Parameter held: the device's logs as far as they are here, each with the last statement that is an entry of it.
  public func cut(of device: DeviceID, holding held: [KeptLog]) -> Cut {
    Cut(device: device, kept: known(held, of: [device], atMost: Limits.cutLogs))
  }

  /// The statements that give a member a role in place of the one it has; empty where it has it.
  ///
  /// - Parameter held: the logs of the member's devices as far as they are here, each with the last statement that is
  ///   an entry of it. What the member did up to there stands.
  public func claims(giving role: Role, to target: MemberID, holding held: [KeptLog]) -> [Statement.Claim] {
    guard let found = members[target], let device = root(of: found), role != found.role else { return [] }
    guard role < found.role else {
      return [
        .credential(Credential(device: device, member: target, memberKey: found.key, role: role, invite: nil))
      ]
    }
    let cuts = demotions[target] ?? []
    let more = (given[target] ?? []).filter { given in
      cuts.reduce(given.role) { $1.ended.contains(given.statement) ? min($0, $1.role) : $0 } > role
    }.map(\.statement).sorted()
    let kept = known(held, of: devicesEver(of: target), atMost: Limits.demotionLogs)
    return stride(from: 0, to: more.count, by: Limits.demotionEnds).map { start in
      let ended = Array(more[start..<min(start + Limits.demotionEnds, more.count)])
      return .demotion(Demotion(member: target, role: role, ended: ended, kept: kept))
    }
  }

  /// A member's devices, also those that were cut: others may stand on what these did.
  public func devicesEver(of member: MemberID) -> Set<DeviceID> { Set(memberOf.filter { $0.value == member }.keys) }

  /// The device that a role is given to: the member's first, as long as it is not cut, since a link may be voided.
  private func root(of member: Member) -> DeviceID? {
    member.devices.first { linker(of: $0) == nil } ?? member.devices.first
  }

  /// What is lost on the way from this membership to another, in ascending order of id.
  public func losses(in after: Membership) -> MembershipLoss {
    let gone = devices.filter { after.device($0) == nil }
    return MembershipLoss(
      devices: gone,
      members: sortedMembers.map(\.id).filter { after.members[$0]?.devices.isEmpty != false },
      demoted: sortedMembers.filter { before in
        after.members[before.id].map { !$0.devices.isEmpty && $0.role < before.role } ?? false
      }.map(\.id))
  }

  /// Invites that let people in by now and would not after, in ascending order.
  /// - Parameter wall: Unix milliseconds.
  public func invites(endingIn after: Membership, at wall: Int64) -> [Invite] {
    invites.keys.compactMap(invite).filter { invite in
      invite.expiry >= wall && uses(of: invite.invite) < Int(invite.uses) && isBacked(invite.invite)
        && !after.isBacked(invite.invite)
    }.sorted { $0.invite < $1.invite }
  }
}

/// What a statement takes away.
public struct MembershipLoss: Hashable, Sendable {
  public var devices: [DeviceID]
  /// Members without a device any more.
  public var members: [MemberID]
  /// Members who stay, with less.
  public var demoted: [MemberID]

  public init(devices: [DeviceID], members: [MemberID], demoted: [MemberID]) {
    self.devices = devices
    self.members = members
    self.demoted = demoted
  }
}
