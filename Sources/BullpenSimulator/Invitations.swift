import BullpenCore
import BullpenCrypto

// Invites that are made amid the storm, and whether every door honours them as it should.
extension Simulation {
  /// Somebody who may makes an invite, and those who are outside are given it once it is on disk.
  ///
  /// - Parameter lifetime: in milliseconds.
  func invite(_ guests: [Int], by index: Int, uses: Int, lifetime: Int64) {
    let node = nodes[index]
    guard node.isUp, let machine = node.run?.machine,
      machine.membership.device(node.device)?.role ?? .guest >= .admin
    else { return }
    let secret = InviteKey(using: &random)
    let invite = Invite(
      invite: secret.invite, role: .member, uses: UInt32(uses), expiry: machine.corrected(node.instant) + lifetime)
    node.claim(.invite(invite)) { [unowned self] result in
      guard case .success = result else { return }
      for guest in guests where nodes[guest].member == nil { nodes[guest].invitation = secret }
    }
  }

  /// What a newcomer shows at the door: the newest invite that it was given, else the office's, unless it waits for one of
  /// its own.
  func invitation(of newcomer: SimulatedNode) -> InviteKey? {
    newcomer.invitation ?? (plan.isInvited(newcomer.index) ? nil : secret)
  }

  /// Whether an invite that a newcomer shows is good at a door at this moment, as that door knows it.
  ///
  /// - Parameter margin: for so many milliseconds yet.
  func isGood(_ invite: InviteID, at door: SimulatedNode, for margin: Int64 = 0) -> Bool {
    guard let membership = door.run?.greeted, let stated = membership.invite(invite) else { return false }
    return membership.mayAdmit(door.device) && membership.isOpen(invite)
      && stated.expiry >= door.corrected + margin
  }

  /// A door has refused somebody, and said why.
  func judge(_ refusal: Refusal, of end: LinkEnd, at door: SimulatedNode) {
    guard [.inviteUnknown, .inviteExpired, .inviteSpent, .notAdmitter].contains(refusal), let invite = end.invite,
      isGood(invite, at: door)
    else { return }
    findings.append("\(door.name) turns \(end.node.name) away, whose invite is good")
  }

  /// Who came in by an invite that was over, or beyond what it is good for, and nobody is told.
  func uninvited() -> [String] {
    staying.filter(\.isUp).flatMap { node -> [String] in
      guard let membership = node.run?.machine.membership else { return [] }
      var found: [String] = []
      var doors: [InviteID: [LogID: Set<DeviceID>]] = [:]
      for proved in membership.statements.map(\.value) {
        guard case .credential(let credential) = proved.statement.claim,
          let invite = credential.invite.flatMap({ membership.invite($0.invite) }),
          membership.device(credential.device) != nil
        else { continue }
        doors[invite.invite, default: [:]][proved.statement.log, default: []].insert(credential.device)
        if proved.statement.time.milliseconds > invite.expiry {
          found.append("\(node.name) counts somebody in who came by an invite that was over")
        }
      }
      for (id, byDoor) in doors.sorted(by: { $0.key < $1.key }) {
        guard let uses = membership.invite(id).map({ Int($0.uses) }) else { continue }
        if byDoor.values.contains(where: { $0.count > uses }) {
          found.append("one door let in more than \(uses) by an invite")
        }
        if membership.uses(of: id) > uses, membership.excess.isEmpty {
          found.append("\(node.name) is not told that more than \(uses) came in by an invite")
        }
      }
      return found
    }
  }
}
