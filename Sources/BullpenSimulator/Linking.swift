import BullpenCore
import BullpenCrypto
import BullpenStore

// A further device of a person, and the one that lets it in.
extension SimulatedNode {
  /// This process honours a code for one device more of its own person.
  func openLink(_ code: InviteID) {
    guard let run else { return }
    run.links.open(code, until: run.machine.corrected(instant) + Limits.linkLifetime)
  }

  /// Makes a device one of its own person's, as it has agreed to, and tells it the person's secret.
  func link(_ device: DeviceID, by code: InviteID, consent: Signature, sealTo key: MemberKey, on end: LinkEnd) {
    guard let run = end.run, run.links.use(code, for: device), let member,
      let memberKey = run.machine.membership.memberKey(of: member),
      let sealed = key.sealSecret(author.secret, using: &random)
    else { return answer(end) { $0.notAdmitted(.unknown) } }
    func welcome() -> [SignedStatement] { run.machine.membership.chain(to: device).map(\.signed) }
    guard run.machine.membership.device(device) == nil else {
      return answer(end) { $0.linked(welcome(), sealed: sealed) }
    }
    let credential = Credential(
      device: device, member: member, memberKey: memberKey, role: .member, invite: nil, consent: consent)
    claim(.credential(credential)) { [weak self] result in
      if case .success = result {
        self?.answer(end) { $0.linked(welcome(), sealed: sealed) }
      } else {
        self?.answer(end) { $0.notAdmitted(.unknown) }
      }
    }
  }

  /// Another device of the person has let this one in, and has sent the person's secret.
  func linked(_ workspace: WorkspaceID, _ statements: [Verified<ProvedStatement>], sealed: [UInt8]) {
    guard store == nil else { return }
    guard let secret = author.secret.openSecret(sealed) else {
      return simulation.findings.append("\(name) was sent a key that does not open")
    }
    author = Author(device: author.device, secret: secret)
    joined(workspace, statements, isFurther: true)
    // What the person decided about who may hear of them is decided for this device, too.
    let others = simulation.nodes.filter { $0 !== self && $0.member == member }
    if let other = others.first { privacy = other.privacy }
    start()
  }
}
