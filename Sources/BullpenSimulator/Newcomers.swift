import BullpenCore
import BullpenCrypto

// Who is not in when the office opens comes later, amid all that goes wrong.
extension Simulation {
  /// A node that belongs to nobody yet asks another to let it in, with an invite.
  func ask(_ node: SimulatedNode, toLetIn newcomer: SimulatedNode) {
    guard let workspace, let secret = invitation(of: newcomer) else { return }
    let request = Greeting.JoinRequest(
      workspace: workspace, secret: secret, name: newcomer.name, memberKey: newcomer.author.secret.key, member: nil,
      device: newcomer.author.device)
    newcomer.join(request, through: node)
  }

  /// Whoever is not in yet asks one of those who run. It may be refused, or hear nothing.
  func arrive(_ newcomer: SimulatedNode) {
    let doors = doors(for: newcomer)
    guard !doors.isEmpty else { return }
    giveUp(newcomer)
    ask(random.pick(doors), toLetIn: newcomer)
  }

  /// At a running device of a person a code for one device more is made, and a laptop that belongs to nobody yet comes with
  /// it.
  func link(_ newcomer: SimulatedNode, to person: SimulatedNode) {
    guard let workspace, let member = person.member else { return }
    let doors = doors(for: newcomer).filter { mayLink($0, to: member) }
    guard !doors.isEmpty else { return }
    let door = random.pick(doors)
    let code = InviteKey(using: &random)
    giveUp(newcomer)
    door.openLink(code.invite)
    let request = Greeting.JoinRequest(
      workspace: workspace, secret: code, name: newcomer.name, memberKey: newcomer.author.secret.key, member: member,
      device: newcomer.author.device)
    newcomer.join(request, through: door)
  }

  /// Whoever waits for an answer asks anew.
  private func giveUp(_ newcomer: SimulatedNode) {
    for end in links where end.node === newcomer && end.isOpen { close(end) }
  }

  private func doors(for newcomer: SimulatedNode) -> [SimulatedNode] {
    guard newcomer.member == nil else { return [] }
    return nodes.filter { $0.isUp && $0 !== newcomer && reaches($0, newcomer) }
  }

  // MARK: - When all is mended

  /// Who is still outside asks again, as at the last moment of the plan.
  func comeAgain() {
    for (newcomer, arrival) in plan.arrivals where nodes[newcomer].member == nil { bring(arrival) }
  }

  /// Those who have a right to be in, and are not.
  func shutOut() -> [String] {
    plan.arrivals.compactMap { index, arrival in
      let newcomer = nodes[index]
      let mayCome = doors(for: newcomer).contains { door in
        if case .link(_, let person) = arrival { return nodes[person].member.map { mayLink(door, to: $0) } ?? false }
        // Good for long enough, also where a clock is a little ahead.
        return invitation(of: newcomer).map { isGood($0.invite, at: door, for: 2 * Limits.clockBound) } ?? false
      }
      return mayCome ? "\(newcomer.name) may come in, and is outside" : nil
    }
  }

  /// Whether a person is offered a code for one device more here. A guest has one device.
  private func mayLink(_ door: SimulatedNode, to member: MemberID) -> Bool {
    guard let own = door.run?.machine.membership.device(door.device) else { return false }
    return own.member == member && own.role > .guest
  }
}
