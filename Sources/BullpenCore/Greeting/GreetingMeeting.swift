// Two members meet: each shows its chain to whoever does not know it.
extension Greeting {
  /// - Parameter statements: what the other side shows last of its chain.
  mutating func meet(
    _ workspace: WorkspaceID, _ statements: [SignedStatement], _ workspaces: [WorkspaceID: Membership],
    _ prover: any Prover
  ) -> [GreetingEffect] {
    guard let membership = workspaces[workspace] else { return refuse(.unknown) }
    if membership.isCut(peer) {
      // Who was one of us is shown why it is not any more, and nothing else.
      return introduction(membership.evidence(against: peer)) + refuse(.unknown)
    }
    if let refusal = hear(statements, workspace, membership, prover) { return refusal }
    let isKnown = membership.device(peer) != nil
    if mayTellOfCut(membership), ground.proved.contains(where: \.value.statement.takesAway) {
      let widened = Membership.evaluate(membership.statements + ground.proved, in: workspace, prover: prover)
      if !widened.exclusion(of: own).isEmpty, isKnown || widened.continues(membership) {
        return finish(.expelled(workspace, ground.proved)) + [.close]
      }
    }
    var learned: [Verified<ProvedStatement>] = []
    if !isKnown {
      // Admitted by somebody whom we have not met since: the chain shows it.
      learned = ground.proved.filter { $0.value.statement.isGround }
      let widened = Membership.evaluate(membership.statements + learned, in: workspace, prover: prover)
      guard widened.device(peer) != nil, widened.onlyAdds(to: membership) else { return turnAway(membership, widened) }
    }
    var effects: [GreetingEffect] = []
    if case .answer = purpose { effects += introduction(membership.chain(to: own, as: .guest)) }
    return effects + finish(.met(workspace, learned))
  }

  /// Reads a part of the other side's chain, as far as there is anything to learn from it. Returns how a greeting ends in
  /// which a stranger shows what does not hold; a member may say what it likes.
  mutating func hear(
    _ part: [SignedStatement], _ workspace: WorkspaceID, _ membership: Membership, _ prover: any Prover
  ) -> [GreetingEffect]? {
    let isStranger = membership.device(peer) == nil
    guard isStranger || mayTellOfCut(membership) else { return nil }
    ground.read(part, in: workspace, knowing: membership, isStranger: isStranger, prover)
    return isStranger && ground.hasEnded ? turnAway(membership) : nil
  }

  /// Who shows that it came in by what a cut voids, or by whom a demotion has left too little, is shown that, and nothing
  /// else.
  ///
  /// - Parameter widened: with what it has shown.
  private mutating func turnAway(_ membership: Membership, _ widened: Membership? = nil) -> [GreetingEffect] {
    let cuts =
      ground.void.first.map { membership.cutStatements(of: $0.statement.signer) }
      ?? widened?.exclusion(of: peer).filter { membership.statement($0.id) != nil } ?? []
    return (cuts.isEmpty ? [] : introduction(membership.evidence(of: cuts))) + refuse(.unknown)
  }

  func introduction(_ chain: [ProvedStatement]) -> [GreetingEffect] {
    Ground.messages(chain.map(\.signed)) { .introduce($0) }.map { .send($0) }
  }

  /// Whether whom we dialed may answer that this device is out.
  private func mayTellOfCut(_ membership: Membership) -> Bool {
    if case .meet = purpose { !membership.isCut(own) } else { false }
  }
}
