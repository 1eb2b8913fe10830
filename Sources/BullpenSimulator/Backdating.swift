import BullpenCore
import BullpenCrypto
import BullpenWire

// A member's program that was changed to state, as if it had been while it might, what it may not any more.
extension Simulation {
  /// A node's device signs an invite, a cut or a promotion with an early time, under an early number of its log or in a log
  /// that nobody has heard of, and tells some of those who run.
  public func backdate(_ index: Int, luck: UInt64) {
    var dice = SeededRandomness(seed: luck)
    let liar = nodes[index]
    let others = nodes.filter { $0.member != liar.member && $0.member != nil }
    guard liar.isUp, let store = liar.store, !others.isEmpty else { return }
    let victim = dice.pick(others)
    let incarnation = dice.chance(500) ? store.incarnation : Incarnation(using: &dice)
    let time = HybridTime(milliseconds: wall - dice.pick([1_000, 4_000, 10_000, 86_400_000]), counter: 0)
    let statement = Statement(
      workspace: store.workspace, signer: liar.device, incarnation: incarnation, sequence: UInt64(1 + dice.below(4)),
      previous: nil, time: time, claim: claim(against: victim, &dice))
    let body = StatementCodec.encode(statement)
    let signed = SignedStatement(body: body, signature: liar.author.device.sign(body, .statement))
    guard let proved = prover.prove(signed) else { return }
    // Who is an admin now, and be it that only somebody far away has heard of it, may state it now as well.
    let books = nodes.compactMap { $0.store?.membership() }
    if !books.contains(where: { $0.device(liar.device)?.role ?? .guest >= .admin }) {
      ledger.backdated.append(
        Ledger.Backdated(node: liar.name, device: liar.device, statement: statement, id: proved.value.id))
    }
    for hearer in nodes where hearer.isUp && dice.chance(600) {
      guard let run = hearer.run else { continue }
      let wall = hearer.corrected
      hearer.ask(run) { disk in
        guard let admitted = try? disk.admit([proved], wall: wall) else { return nil }
        return .admitted(admitted.statements, dropped: admitted.dropped, rows: admitted.rows)
      }
    }
  }

  private func claim(against victim: SimulatedNode, _ dice: inout SeededRandomness) -> Statement.Claim {
    switch dice.below(3) {
    case 0:
      .invite(Invite(invite: InviteKey(using: &dice).invite, role: .member, uses: 9, expiry: wall + 86_400_000))
    case 1: .cut(Cut(device: victim.device, kept: []))
    default:
      .credential(
        Credential(
          device: victim.device, member: victim.member ?? MemberID(.zero), memberKey: victim.author.secret.key,
          role: .admin, invite: nil))
    }
  }

  /// What was stated as of long ago by somebody who has no such power now, and counts.
  func rewritten() -> [String] {
    staying.filter(\.isUp).flatMap { node -> [String] in
      guard let membership = node.run?.machine.membership else { return [] }
      return ledger.backdated.filter { told in
        // What somebody stated by a power that they have, counts whenever it was.
        guard membership.device(told.device)?.role ?? .guest < .admin else { return false }
        return membership.heeds(told)
      }.map { "\(node.name) goes by what \($0.node) stated as of long ago" }
    }
  }
}

extension Membership {
  /// Whether a statement has the effect that no other explains.
  fileprivate func heeds(_ told: Ledger.Backdated) -> Bool {
    let others = statements.map(\.value).filter { $0.id != told.id }.map(\.statement.claim)
    switch told.statement.claim {
    case .invite(let invite): return self.invite(invite.invite) != nil
    case .cut(let cut):
      return isCut(cut.device)
        && !others.contains { if case .cut(let other) = $0 { other.device == cut.device } else { false } }
    case .credential(let credential):
      return members[credential.member]?.role == credential.role
        && !others.contains {
          if case .credential(let other) = $0 {
            other.member == credential.member && other.role >= credential.role
          } else {
            false
          }
        }
    default: return false
    }
  }
}
