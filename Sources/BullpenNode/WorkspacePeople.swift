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
    func admitter(_ member: MemberID?) -> String { member.flatMap { names[$0] } ?? "whoever let you in" }
    let deed: String
    switch cut?.statement.claim {
    case .cut(let cut) where cut.device != own:
      deed =
        "removed the device of \(admitter(membership.author(cut.device))) from “\(name)”. What it did last counts no more"
    case .demotion(let demotion):
      deed =
        "took a role from \(admitter(demotion.member)) in “\(name)”. What they did last with it, and nobody had heard, counts "
        + "no more"
    default:
      return NodeError(
        .removed, "\(who) removed this device from “\(name)”.", hint: "Ask them if that was meant. \(back)")
    }
    return NodeError(
      .removed, "\(who) \(deed), and by that you had come in: so you are out too.",
      hint: "You may not be meant: ask \(who) for a new invite. \(back)")
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
