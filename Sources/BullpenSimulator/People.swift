import BullpenCore
import BullpenStore

// What people decide about who belongs to the office, as the command and the view would do it: only what is offered.
// Nodes are numbered in the order in which they came.
extension Simulation {
  /// The member who owns the workspace, as a node knows it.
  public func owner(_ node: Int) -> MemberID? { nodes[node].run?.machine.membership.owner }

  /// Whose first device a node is, or which member it was linked to.
  public func member(_ node: Int) -> MemberID? { nodes[node].member }

  /// Whether a node knows that it is out.
  public func isOut(_ node: Int) -> Bool { nodes[node].run?.machine.isMember == false }

  /// The role of one node's device, as another knows it; nil for one that is out.
  public func role(_ node: Int, of other: Int) -> Role? {
    nodes[node].run?.machine.membership.device(nodes[other].device)?.role
  }

  public func give(_ node: Int, _ role: Role, to other: Int) {
    guard let member = nodes[other].member else { return }
    decide(machines[node]) { store, membership in
      guard membership.roles(for: member, by: store.device).contains(role) else { return [] }
      return membership.claims(
        giving: role, to: member, holding: try store.logs(of: membership.devicesEver(of: member)))
    }
  }

  /// Takes a device out.
  public func remove(_ node: Int, _ other: Int) {
    let device = nodes[other].device
    decide(machines[node]) { store, membership in
      guard membership.mayCut(device, by: store.device) else { return [] }
      return [.cut(membership.cut(of: device, holding: try store.logs(of: [device])))]
    }
  }

  /// Names the member of another node as the owner's successor.
  public func name(_ node: Int, successor other: Int) {
    guard let member = nodes[other].member else { return }
    decide(machines[node]) { store, membership in
      membership.mayName(member, by: store.device) ? membership.claims(naming: member) : []
    }
  }

  public func takeOver(_ node: Int) {
    decide(machines[node]) { store, membership in
      guard let owner = membership.owner else { return [] }
      let held = try store.logs(of: membership.devicesEver(of: owner))
      return [membership.claim(takingOverBy: store.device, holding: held)].compactMap { $0 }
    }
  }

  /// Voids the first change that waits for its time, if the person may and knows the time.
  public func void(_ node: Int) {
    let machine = machines[node].run?.machine
    decide(machines[node]) { store, membership in
      guard machine?.isTimeAgreed == true, let change = try store.waitingChanges().first,
        case .waiting(let digest) = change.doubt, membership.mayVoid(change.log, by: store.device)
      else { return [] }
      return [.voiding(LogHead(log: change.log, head: Head(sequence: change.sequence, digest: digest)))]
    }
  }

  private func decide(_ node: SimulatedNode, _ claims: (Store, Membership) throws -> [Statement.Claim]) {
    guard node.isUp, let store = node.store, let membership = node.run?.machine.membership else { return }
    for claim in (try? claims(store, membership)) ?? [] { node.claim(claim) { _ in } }
  }
}
