import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import BullpenWire

/// The second door: becoming a member by an invite.
extension Node {
  public func join(
    code text: String, memberName: String, progress: (@Sendable (JoinProgress) -> Void)?
  ) async throws -> JoinedView {
    let memberName = try Text.name(memberName)
    let code: InviteCode
    do {
      code = try InviteCodec.decode(text)
    } catch {
      throw NodeError(.inviteMalformed, error.description)
    }
    if let why = shut[code.workspace] {
      throw NodeError(
        .conflict, "That workspace is in this home already, and cannot be opened: \(why.message)", hint: why.hint)
    }
    if let known = nodes[code.workspace] {
      guard await known.view().isRemoved else {
        throw NodeError(.conflict, "This node is a member of that workspace already.")
      }
      throw NodeError(
        .removed, "This device was removed from that workspace, and a device that was removed does not come back.",
        hint: "Erase it here with `bullpen leave`, start the node again, and join with the invite then.")
    }
    var random = SystemRandomness()
    // A further device gets its member's secret in the end, and agrees to no key of its own.
    let isFirst = code.member == nil && !home.hasJoiningSecret(for: code.workspace)
    let agreeing = AgreeingDevice(home.device)
    let fresh =
      code.member == nil ? try home.joiningSecret(for: code.workspace) : MemberSecret(using: &random)
    let request = Greeting.JoinRequest(
      workspace: code.workspace, secret: InviteKey(secret: code.secret), name: memberName, memberKey: fresh.key,
      member: code.member, device: agreeing)
    // An invite that has expired by this clock is tried all the same: it may be this clock that is wrong.
    let joining = Joining(
      sockets: sockets, finder: finder, request: request, expiry: code.expiry,
      story: Joining.Story(progress ?? { _ in }))
    let admission: Joining.Admission
    do {
      admission = try await joining.run([(.invite, code.addresses), (.given, await given())])
    } catch {
      // A key that nobody has the device's word on is of no use later, nor is one beside which another stands.
      let isLost = (error as? NodeError)?.report?.summary.cause == .wasMember
      if isLost || isFirst && !agreeing.hasAgreed { home.forgetJoining(code.workspace) }
      throw error
    }
    guard nodes[code.workspace] == nil else { throw NodeError(.conflict, "Another tab has joined meanwhile.") }
    let secret = try Self.secret(admission, fresh)
    do {
      try home.keepKey()
      if admission.sealed != nil { try home.keep(secret, for: code.workspace) }
      try home.raise(code.workspace) { place in
        let store = try Store.join(
          at: .file(place), author: Author(device: home.device, secret: secret), workspace: code.workspace,
          statements: admission.statements, memberName: admission.sealed == nil ? memberName : nil,
          surroundings: Surroundings(machine: Home.machine), prover: prover, random: random, wall: Clocks.now().wall)
        // Whoever let us in is found again, though this process should end right now.
        // It is a hint, and no reason to fail.
        try? store.remember(admission.device, at: admission.endpoint, wall: Clocks.now().wall)
        // How the person wants to be seen may be known to the other devices alone.
        if admission.sealed != nil { try store.awaitPresenceSettings() }
        try store.close()
      }
      try open(code.workspace)
    } catch let error as StoreError {
      throw NodeError(error)
    }
    guard let node = nodes[code.workspace] else { throw NodeError(.storage, "The workspace could not be opened.") }
    for endpoint in code.addresses { node.tell(.hint(nil, [endpoint], .given)) }
    start(node)
    if let progress { await Self.follow(node, progress) }
    let own = device
    let (clock, member) = await node.look { machine, _ in (machine.clock, machine.membership.device(own)?.member) }
    var notices = [JoinReport.notice(clock)].compactMap { $0 }
    if admission.sealed != nil {
      let names = try? await node.storage.ask { try $0.displayNames() }
      let name = member.flatMap { names?[$0] } ?? "whoever made the code"
      notices.insert("This device belongs to \(name) now, like the one that let it in.", at: 0)
    }
    return JoinedView(
      workspace: await node.view(), notice: notices.isEmpty ? nil : notices.joined(separator: " "))
  }

  /// The member's secret on this device: its own, or that of who let it in as a further one.
  private static func secret(_ admission: Joining.Admission, _ fresh: MemberSecret) throws -> MemberSecret {
    guard let sealed = admission.sealed else { return fresh }
    guard let secret = fresh.openSecret(sealed) else {
      throw NodeError(
        .inviteRefused, "The other device sent a key that does not open.", hint: "Make a new invite there.")
    }
    return secret
  }

  /// Tells how far history has come, until it is here or stands still.
  private static func follow(_ node: WorkspaceNode, _ progress: @Sendable (JoinProgress) -> Void) async {
    var last: Workspace.CatchUp?
    var moved = Clocks.now().boot
    while !Task.isCancelled {
      let now = await node.look { machine, _ in machine.catchUp }
      if now != last {
        (last, moved) = (now, Clocks.now().boot)
        progress(.fetching(have: now.have, total: now.total))
      }
      let patience = now.total == nil ? Limits.historyStart : Limits.historyPatience
      if now.isDone || Clocks.now().boot - moved > patience { return }
      try? await Task.sleep(for: .milliseconds(Limits.historyPulse))
    }
  }
}
