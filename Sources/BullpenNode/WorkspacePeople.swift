import BullpenCore
import BullpenStore

/// Who belongs to the workspace, under which names and with which roles.
extension WorkspaceHandle {
  func me() async throws -> MemberView {
    let me = try await member()
    guard let view = try await members().first(where: { $0.id == me }) else { throw await removed() }
    return view
  }

  func members() async throws -> [MemberView] {
    let own = node.own
    let membership = await node.look { machine, _ in machine.membership }
    let names = try await ask { try $0.displayNames() }
    let me = membership.device(own)?.member
    let isAdmin = (membership.device(own)?.role ?? .guest) >= .admin
    return membership.members.values.sorted { $0.id < $1.id }.map { member in
      MemberView(
        id: member.id, name: names[member.id] ?? "", role: member.role, devices: member.devices,
        isSelf: member.id == me, colour: Palette.colour(of: member.id, in: membership),
        assignableRoles: membership.roles(for: member.id, by: own),
        isRemovable: membership.mayRemove(member.id, by: own), isSuccessor: membership.successors.contains(member.id),
        isNameable: membership.mayName(member.id, by: own), isFormer: member.devices.isEmpty,
        isSurplus: isAdmin && membership.excess.contains(member.id))
    }
  }

  func rename(to name: String) async throws -> MemberView {
    let name = try Text.name(name)
    let me = try await member()
    _ = try await node.write(Draft([RowDraft(Tables.members, .member(me), cells: ["display_name": .text(name)])]))
    return try await self.me()
  }

  /// This node's member. Throws `unavailable` while nothing says whose this device is, `removed` when it is nobody's.
  func member() async throws -> MemberID {
    let own = node.own
    let (member, waits) = await node.look { machine, _ in
      (machine.membership.device(own)?.member, machine.waitsForStatements)
    }
    if let member { return member }
    throw waits ? .awaitsStatements : await removed()
  }

  /// Why this device is no member's any more, in words.
  func removed() async -> NodeError {
    let own = node.own
    let (membership, cut) = await node.look { machine, _ in
      (machine.membership, machine.membership.exclusion(of: own).first)
    }
    let name = await view().name
    let names = (try? await ask { try $0.displayNames() }) ?? [:]
    let who = cut.flatMap { membership.author($0.statement.signer) }.flatMap { names[$0] } ?? "An admin"
    let back = "To come back, erase it here with `bullpen leave`, start the node again, and join with a new invite."
    guard case .cut(let claim)? = cut?.statement.claim, claim.device != own else {
      return NodeError(
        .removed, "\(who) removed this device from “\(name)”.", hint: "Ask them if that was meant. \(back)")
    }
    let admitter = membership.author(claim.device).flatMap { names[$0] } ?? "whoever let you in"
    return NodeError(
      .removed,
      "\(who) removed the device of \(admitter) from “\(name)”. What it did last counts no more, and by that you had come in: so "
        + "you are out too.",
      hint: "You may not be meant: ask \(who) for a new invite. \(back)")
  }

  // MARK: - Roles

  func setRole(of member: MemberID, to role: Role) async throws -> MemberView {
    let own = node.own
    let me = try await self.member()
    let membership = await node.look { machine, _ in machine.membership }
    let target = try present(member, in: membership)
    guard role < .owner else {
      throw NodeError(.invalid, "There is one owner.", hint: "Make them an admin, a member or a guest.")
    }
    if target.role != role {
      guard target.role < .owner else { throw NodeError(.conflict, "The owner's role stays.") }
      guard membership.roles(for: member, by: own).contains(role) else {
        throw await forbidden(me, target, membership, "change the role of")
      }
      let held = try await ask { try $0.logs(of: membership.devicesEver(of: member)) }
      for claim in membership.claims(giving: role, to: member, holding: held) { _ = try await node.claim(claim) }
    }
    guard let made = try await members().first(where: { $0.id == member }) else { throw unknown(member) }
    return made
  }

  // MARK: - Removal

  func removal(of leaver: Leaver) async throws -> RemovalView {
    let (devices, target) = try await leaving(leaver)
    let (membership, heads, shown) = await node.look { machine, now in
      (machine.membership, machine.heads, machine.shown(target.id, at: now))
    }
    let wall = await wall()
    let held = try await ask { try $0.logs(of: devices) }
    let claims = devices.map { Statement.Claim.cut(membership.cut(of: $0, holding: held)) }
    let after = try await ask { try $0.membership(afterStating: claims, wall: wall) }
    let losses = membership.losses(in: after)
    let alsoRemoved = losses.members.filter { $0 != target.id }
    let named = Set(devices + alsoRemoved.flatMap { membership.members[$0]?.devices ?? [] })
    return RemovalView(
      member: target.id, devices: devices, isLast: losses.members.contains(target.id),
      kept: heads.byLog.filter { devices.contains($0.key.device) }.reduce(0) { $0 + $1.value.sequence },
      alsoCut: losses.devices.filter { !named.contains($0) }, alsoRemoved: alsoRemoved, alsoDemoted: losses.demoted,
      endedInvites: membership.invites(endingIn: after, at: wall).count, lastHeard: shown?.lastSeen)
  }

  func remove(_ leaver: Leaver) async throws -> RemovalView {
    let removal = try await removal(of: leaver)
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
        throw NodeError(.conflict, "You cannot remove yourself.", hint: "Ask an admin.")
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

  // MARK: - The workspace's name

  func view() async -> WorkspaceView { await node.view() }

  func renameWorkspace(to name: String) async throws -> WorkspaceView {
    let name = try Text.name(name)
    let me = try await member()
    let role = await node.look { machine, _ in machine.membership.members[me]?.role }
    guard let role, role >= .admin else {
      throw NodeError(.forbidden, "Only the owner and admins rename the workspace.", hint: "Ask one of them.")
    }
    guard let key = RowKey.named(me, Store.nameSetting) else { throw NodeError(.invalid, "This cannot be named.") }
    _ = try await node.write(Draft([RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(name)])]))
    return await view()
  }
}
