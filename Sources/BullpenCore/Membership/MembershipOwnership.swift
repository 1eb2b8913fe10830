/// How a workspace came to its owner: from the founder, by takeovers.
struct Ownership: Sendable {
  struct Step: Sendable {
    let takeover: ProvedStatement
    let naming: ProvedStatement
    let former: MemberID
    let heir: MemberID
    /// What the former owner has left.
    let cut: Membership.PowerCut
    /// What made the heir's device a device of the heir's, when it took over.
    let grounds: [ProvedStatement]
    /// All namings that the former owner had made: they end with the reign, also where its owner comes back.
    let spent: Set<StatementID>
  }

  private(set) var steps: [Step] = []
  private(set) var spent: Set<StatementID> = []

  mutating func append(_ step: Step) {
    steps.append(step)
    spent.formUnion(step.spent)
  }

  /// What ownership stands on, in the order in which it came about. It is taken before all else, so that nothing that
  /// is stated later, under whatever stamp, comes in between.
  var foundation: [ProvedStatement] {
    var seen: Set<StatementID> = []
    return steps.flatMap { $0.grounds + [$0.takeover] }.filter { seen.insert($0.id).inserted }
  }

  /// Who was or is the owner, in order.
  func owners(since founder: MemberID) -> [MemberID] { [founder] + steps.map(\.heir) }
}

// Who the owner is has to be found before anything else is judged, since cuts are heard from the owner down. Each
// takeover is tried by what was there when it was made, as it lists it: whoever holds a lost laptop of the former owner
// can state anything, and nothing of it counts against the takeover.
extension MembershipEvaluation {
  mutating func findOwner() {
    while let step = nextStep() { ownership.append(step) }
  }

  private func nextStep() -> Ownership.Step? {
    let used = Set(ownership.steps.map(\.takeover.id))
    let crown = ownership.steps.last?.takeover.id ?? genesis.id
    var trials: [[[UInt8]]: Int] = [:]
    var tried = 0
    let steps = takeovers.compactMap { proved -> Ownership.Step? in
      guard case .takeover(let takeover) = proved.statement.claim, !used.contains(proved.id),
        !ownership.spent.contains(takeover.succession), let naming = byID[takeover.succession],
        case .succession(let succession) = naming.statement.claim, let heir = succession.member, heir != owner,
        isKin(naming.statement.signer, to: owner), isKin(proved.statement.signer, to: heir)
      else { return nil }
      let cut = Membership.PowerCut(of: takeover, ending: crown, among: byID)
      // Each trial is an evaluation of its own. Of what one device states about one naming the first ones are tried:
      // whoever took over too early may do so once more.
      let kind = [naming.id.bytes, proved.statement.signer.bytes]
      guard cut.keeps(naming), tried < Limits.takeoverTrials, trials[kind, default: 0] < Limits.takeoversTried
      else { return nil }
      trials[kind, default: 0] += 1
      tried += 1
      return attempt(cut, proved, naming, heir)
    }
    guard steps.count > 1 else { return steps.first }

    var known = self
    known.begin()
    var open = cutStatements
    known.takeReigns(from: &open)
    let namings = known.validNamings()
    func isReplaced(_ step: Ownership.Step) -> Bool {
      namings.contains { other in
        guard case .succession(let succession) = other.statement.claim else { return false }
        return succession.replaced.contains(step.naming.id)
          && other.statement.time < step.takeover.statement.time
      }
    }
    return steps.min { a, b in
      let (x, y) = (isReplaced(a), isReplaced(b))
      if x != y { return y }
      let (p, q) = (a.takeover.statement.time, b.takeover.statement.time)
      return p != q ? p < q : a.takeover.id < b.takeover.id
    }
  }

  /// Nil unless the takeover holds where nothing of the owner's counts but what it keeps.
  private func attempt(
    _ cut: Membership.PowerCut, _ proved: ProvedStatement, _ naming: ProvedStatement, _ heir: MemberID
  ) -> Ownership.Step? {
    var trial = self
    (trial.rounds, trial.mostRounds) = (0, Limits.trialRounds)
    trial.begin(under: cut)
    let open = trial.takeCuts(trying: heir)
    // A lost laptop of the successor's own does not take over.
    trial.takeOwn(open, of: heir)
    let membership = trial.membership
    let namings = trial.validNamings()
    guard Self.standing(namings).contains(where: { $0.id == naming.id }), !trial.isVoid(proved),
      membership.memberOf[proved.statement.signer] == heir, membership.members[heir]?.devices.isEmpty == false
    else { return nil }
    let grounds = Membership.inOrder(membership.ground(of: [proved.statement.signer])).filter { ground in
      switch ground.statement.claim {
      case .credential, .invite, .takeover: true
      case .genesis, .cut, .demotion, .succession, .generation, .voiding, .unknown: false
      }
    }
    return Ownership.Step(
      takeover: proved, naming: naming, former: owner, heir: heir, cut: cut, grounds: grounds,
      spent: Set(namings.map(\.id)))
  }

  private func isKin(_ device: DeviceID, to member: MemberID) -> Bool { kin[device]?.contains(member) == true }

  // MARK: - Namings

  /// What the owner has stated of a successor and could state, replaced or not, in the order of the stamps.
  func validNamings() -> [ProvedStatement] {
    guard let owner = membership.members[owner] else { return [] }
    return namings.filter { proved in
      membership.memberOf[proved.statement.signer] == owner.id && !ownership.spent.contains(proved.id)
        && !isVoid(proved) && power(of: owner, behind: proved) == .owner
    }
  }

  /// Those that none of them replaces.
  static func standing(_ namings: [ProvedStatement]) -> [ProvedStatement] {
    let replaced = namings.reduce(into: Set<StatementID>()) { replaced, proved in
      guard case .succession(let succession) = proved.statement.claim else { return }
      replaced.formUnion(succession.replaced)
    }
    return namings.filter { !replaced.contains($0.id) }
  }
}

extension Membership {
  /// Members whom the owner has named to take the owner's place, in ascending order; one, unless two devices of the
  /// owner named somebody at once.
  public var successors: [MemberID] {
    Set(namings.compactMap(\.heir)).filter { $0 != owner && members[$0]?.devices.isEmpty == false }.sorted()
  }

  /// Whether nobody but the owner reaches the member.
  func isShielded(_ member: MemberID) -> Bool { namings.contains { $0.heir == member } }
}

extension ProvedStatement {
  /// Whom it names as successor.
  fileprivate var heir: MemberID? {
    guard case .succession(let succession) = statement.claim else { return nil }
    return succession.member
  }
}
