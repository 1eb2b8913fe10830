import BullpenCore
import BullpenStore

/// Who takes the owner's place when the owner is gone for good.
extension WorkspaceHandle {
  func setSuccessor(_ member: MemberID, named: Bool) async throws -> MemberView {
    let own = node.own
    _ = try await self.member()
    let membership = await node.look { machine, _ in machine.membership }
    let target = try present(member, in: membership)
    guard membership.isOwned(by: own) else {
      throw NodeError(.forbidden, "Only the owner names a successor.", hint: "Ask the owner.")
    }
    guard member != membership.owner else {
      throw NodeError(.conflict, "You are the owner.", hint: "Name somebody else.")
    }
    let isNamed = membership.successors.contains(member)
    if named {
      guard target.role > .guest else {
        throw NodeError(.conflict, "A guest does not take over.", hint: "Make them a member first.")
      }
      for claim in membership.claims(naming: member) { _ = try await node.claim(claim) }
    } else if isNamed {
      for claim in membership.claims(naming: nil) { _ = try await node.claim(claim) }
    }
    guard let made = try await members().first(where: { $0.id == member }) else { throw unknown(member) }
    return made
  }

  func takeover() async throws -> TakeoverView { try await prepared().view }

  func takeOver() async throws -> TakeoverView {
    let prepared = try await prepared()
    _ = try await node.claim(prepared.claim)
    return prepared.view
  }

  private func prepared() async throws -> (claim: Statement.Claim, view: TakeoverView) {
    let own = node.own
    let me = try await member()
    let wall = await wall()
    // In one go, between two commits: a naming that another replaces meanwhile would not hold.
    let tried = try await ask { store in
      let before = store.membership()
      guard let owner = before.owner, me != owner else { throw NodeError(.conflict, "You are the owner already.") }
      let devices = before.devicesEver(of: owner)
      let (held, kept) = (try store.logs(of: devices), try store.entries(of: devices))
      guard let claim = before.claim(takingOverBy: own, holding: held) else {
        throw NodeError(
          .forbidden, "The owner has not named you to take over.",
          hint: "Ask the owner to, while they can. Without an owner who can, found a new workspace.")
      }
      let after = try store.membership(afterStating: [claim], wall: wall)
      return (owner: owner, claim: claim, kept: kept, losses: before.losses(in: after), holds: after.owner == me)
    }
    let shown = await node.look { machine, now in machine.shown(tried.owner, at: now) }
    // It is tried where nothing of the owner's counts but what is kept, and nothing that oneself says as an admin.
    guard tried.holds else {
      throw NodeError(
        .conflict, "The takeover would not hold: this device, or your place, rests on what would not count in it.",
        hint: "Try from another laptop of yours, or ask the owner to name you again.")
    }
    let view = TakeoverView(
      owner: tried.owner, kept: tried.kept, alsoRemoved: tried.losses.members,
      alsoDemoted: tried.losses.demoted.filter { $0 != tried.owner }, lastHeard: shown?.lastSeen)
    return (tried.claim, view)
  }
}
