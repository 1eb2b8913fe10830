import BullpenCore
import BullpenStore

/// Which place people have here: roles, and who is to go. What one of them loses takes along what stands on it, so that is
/// told before it is done.
extension WorkspaceHandle {
  // MARK: - Roles

  func demotion(of member: MemberID, to role: Role) async throws -> DemotionView {
    let (target, membership) = try await changing(member, to: role)
    guard role < target.role else {
      throw NodeError(.conflict, "This role takes nothing away from them.", hint: "It can be given as it is.")
    }
    let shown = await node.look { machine, now in machine.shown(member, at: now) }
    let held = try await ask { try $0.logs(of: membership.devicesEver(of: member)) }
    let toll = try await toll(of: membership.claims(giving: role, to: member, holding: held))
    return DemotionView(
      member: member, from: target.role, role: role, alsoCut: toll.losses.devices, alsoRemoved: toll.losses.members,
      alsoDemoted: toll.losses.demoted.filter { $0 != member }, endedInvites: toll.endedInvites,
      lastHeard: shown?.lastSeen)
  }

  func setRole(of member: MemberID, to role: Role, ifDigest digest: String?) async throws -> MemberView {
    let (target, membership) = try await changing(member, to: role)
    if target.role != role {
      if let digest {
        let isSame = role < target.role ? try await demotion(of: member, to: role).digest == digest : false
        guard isSame else { throw NodeError.changed }
      }
      let held = try await ask { try $0.logs(of: membership.devicesEver(of: member)) }
      for claim in membership.claims(giving: role, to: member, holding: held) { _ = try await node.claim(claim) }
    }
    guard let made = try await members().first(where: { $0.id == member }) else { throw unknown(member) }
    return made
  }

  /// Who is to have a role, where this node's person may give it; also where they have it already.
  private func changing(
    _ member: MemberID, to role: Role
  ) async throws -> (target: Membership.Member, membership: Membership) {
    let own = node.own
    let me = try await self.member()
    let membership = await node.look { machine, _ in machine.membership }
    let target = try present(member, in: membership)
    guard role < .owner else {
      throw NodeError(.invalid, "There is one owner.", hint: "Make them an admin, a member or a guest.")
    }
    guard target.role != role else { return (target, membership) }
    guard target.role < .owner else { throw NodeError(.conflict, "The owner's role stays.") }
    guard membership.roles(for: member, by: own).contains(role) else {
      throw await forbidden(me, target, membership, "change the role of")
    }
    return (target, membership)
  }

  // MARK: - Removal

  func removal(of leaver: Leaver) async throws -> RemovalView {
    let (devices, target) = try await leaving(leaver)
    let (membership, shown) = await node.look { machine, now in
      (machine.membership, machine.shown(target.id, at: now))
    }
    let (held, kept) = try await ask { (try $0.logs(of: devices), try $0.entries(of: devices)) }
    let toll = try await toll(of: devices.map { .cut(membership.cut(of: $0, holding: held)) })
    let alsoRemoved = toll.losses.members.filter { $0 != target.id }
    let named = Set(devices + alsoRemoved.flatMap { membership.members[$0]?.devices ?? [] })
    return RemovalView(
      member: target.id, devices: devices, isLast: toll.losses.members.contains(target.id),
      kept: kept,
      alsoCut: toll.losses.devices.filter { !named.contains($0) }, alsoRemoved: alsoRemoved,
      alsoDemoted: toll.losses.demoted, endedInvites: toll.endedInvites, lastHeard: shown?.lastSeen)
  }

  func remove(_ leaver: Leaver, ifDigest digest: String?) async throws -> RemovalView {
    let removal = try await removal(of: leaver)
    guard digest == nil || digest == removal.digest else { throw NodeError.changed }
    for device in removal.devices {
      let membership = await node.look { machine, _ in machine.membership }
      let held = try await ask { try $0.logs(of: [device]) }
      _ = try await node.claim(.cut(membership.cut(of: device, holding: held)))
    }
    return removal
  }

  /// The devices that are to go and whose they are, where this node's person may send them away.
  private func leaving(_ leaver: Leaver) async throws -> ([DeviceID], Membership.Member) {
    let own = node.own
    let me = try await member()
    let membership = await node.look { machine, _ in machine.membership }
    switch leaver {
    case .member(let id):
      let target = try present(id, in: membership)
      guard id != me else {
        throw NodeError(.conflict, "You cannot remove yourself.", hint: "`bullpen leave` leaves the workspace.")
      }
      guard target.role < .owner else { throw NodeError(.conflict, "Nobody removes the owner.") }
      guard membership.mayRemove(id, by: own) else { throw await forbidden(me, target, membership, "remove") }
      return (target.devices, target)
    case .device(let device):
      guard let id = membership.device(device)?.member else {
        throw NodeError(.notFound, "No member's device has this id.", hint: "`bullpen members --json` lists them.")
      }
      let target = try present(id, in: membership)
      guard device != own else {
        throw NodeError(.conflict, "A device does not cut itself.", hint: "Do it from another one.")
      }
      guard membership.mayCut(device, by: own) else {
        throw await forbidden(me, target, membership, "cut a device of")
      }
      return ([device], target)
    }
  }

  func present(_ id: MemberID, in membership: Membership) throws -> Membership.Member {
    guard let member = membership.members[id], !member.devices.isEmpty else { throw unknown(id) }
    return member
  }

  func unknown(_ id: MemberID) -> NodeError {
    NodeError(.notFound, "Nobody of the workspace has the id \(id).", hint: "`bullpen members` lists who has which.")
  }

  /// Why not, in words.
  private func forbidden(
    _ me: MemberID, _ target: Membership.Member, _ membership: Membership, _ deed: String
  ) async -> NodeError {
    let name = (try? await ask { try $0.displayNames() })?[target.id] ?? "this member"
    guard membership.members[me]?.role ?? .guest >= .admin || target.id == me else {
      return NodeError(.forbidden, "Only the owner and admins \(deed) others.", hint: "Ask one of them.")
    }
    guard target.id != me else { return NodeError(.forbidden, "Nobody gives themselves a greater role.") }
    guard !membership.successors.contains(target.id) else {
      return NodeError(
        .forbidden, "\(name) is named to take the owner's place, so only the owner may \(deed) them.",
        hint: "Ask the owner.")
    }
    return NodeError(
      .forbidden, "\(name) was an admin before you, and admins do not \(deed) their seniors.",
      hint: "Ask the owner, or an admin who came before both of you.")
  }

  /// What goes by statements that this node would make now.
  private func toll(of claims: [Statement.Claim]) async throws -> (losses: MembershipLoss, endedInvites: Int) {
    let wall = await wall()
    return try await ask { store in
      let before = store.membership()
      let after = try store.membership(afterStating: claims, wall: wall)
      return (before.losses(in: after), before.invites(endingIn: after, at: wall).count)
    }
  }
}
