extension Membership {
  /// Evaluates a set of statements.
  ///
  /// Credentials and invites are taken in the order of their stamps, in passes, until nothing more is valid:
  /// what is valid depends on the set alone. Cuts are taken from the owner down: the owner's first, then each
  /// admin's in the order of seniority, and an admin reaches only members who are not admins and admins who
  /// became one later. So two people can never cut one another.
  ///
  /// - Parameter workspace: whose statements count; nil takes the set's least genesis.
  public static func evaluate(
    _ statements: [Verified<ProvedStatement>], in workspace: WorkspaceID? = nil, prover: any Prover
  ) -> Membership {
    let proved = Dictionary(statements.map { ($0.value.id, $0) }, uniquingKeysWith: { first, _ in first })
    let geneses = proved.values.map(\.value).filter { if case .genesis = $0.statement.claim { true } else { false } }
    let wanted = workspace ?? geneses.map(\.id).min().map { WorkspaceID($0.raw) }
    var membership = Membership()
    guard let wanted, let genesis = geneses.first(where: { $0.id.raw == wanted.raw }) else { return membership }
    membership.workspace = wanted
    membership.genesis = genesis
    membership.statements = proved.values
      .filter { $0.value.statement.workspace == wanted || $0.value.id == genesis.id }
      .sorted { $0.value.id < $1.value.id }

    var evaluation = Evaluation(of: membership, genesis: genesis, prover: prover)
    evaluation.takeCuts()
    return evaluation.membership
  }
}

/// One evaluation under way.
private struct Evaluation {
  private let empty: Membership
  private let genesis: ProvedStatement
  private let workspace: WorkspaceID
  private let prover: any Prover
  /// By stamp, then signer, then id.
  private let admissions: [ProvedStatement]
  private let cutStatements: [ProvedStatement]
  var membership: Membership

  init(of empty: Membership, genesis: ProvedStatement, prover: any Prover) {
    self.empty = empty
    self.genesis = genesis
    self.workspace = WorkspaceID(genesis.id.raw)
    self.prover = prover
    let ordered = empty.statements.map(\.value).sorted { a, b in
      let (x, y) = (a.statement, b.statement)
      if x.time != y.time { return x.time < y.time }
      return x.signer != y.signer ? x.signer < y.signer : a.id < b.id
    }
    admissions = ordered.filter {
      switch $0.statement.claim {
      case .credential, .invite: true
      case .genesis, .cut: false
      }
    }
    cutStatements = ordered.filter { if case .cut = $0.statement.claim { true } else { false } }
    membership = empty
    admit()
  }

  // MARK: Admission

  /// Evaluates all admissions under the cuts that stand so far.
  private mutating func admit() {
    let cuts = membership.cuts
    membership = empty
    membership.cuts = cuts
    guard case .genesis(let claim) = genesis.statement.claim else { return }
    membership.name = claim.name
    let owner = prover.member(of: workspace, firstDevice: genesis.statement.signer)
    accept(genesis, device: genesis.statement.signer, member: owner, key: claim.member, role: .owner)

    var waiting = admissions
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      waiting = waiting.filter { statement in
        guard take(statement) else { return true }
        hasChanged = true
        return false
      }
    }
    for id in membership.members.keys { membership.members[id]?.devices.sort() }
  }

  /// Whether the statement is valid and now counted.
  private mutating func take(_ proved: ProvedStatement) -> Bool {
    guard let signer = signer(of: proved) else { return false }
    switch proved.statement.claim {
    case .genesis, .cut: return false
    case .invite(let invite):
      guard signer.role >= .admin, invite.role < .owner, membership.invites[invite.invite] == nil else { return false }
      membership.invites[invite.invite] = proved
      return true
    case .credential(let credential):
      return take(credential, proved, by: signer)
    }
  }

  private mutating func take(
    _ credential: Credential, _ proved: ProvedStatement, by signer: (member: MemberID, role: Role)
  ) -> Bool {
    let derived = prover.member(of: workspace, firstDevice: credential.device)
    let existing = membership.memberOf[credential.device]
    if let existing, existing != credential.member { return false }
    if let proof = credential.invite {
      guard existing == nil, signer.role >= .member, credential.member == derived, credential.role < .owner,
        case .invite(let invite) = membership.invites[proof.invite]?.statement.claim,
        invite.role == credential.role, proved.statement.time.milliseconds <= invite.expiry,
        prover.checkCredential(
          proof, workspace: workspace, joiner: credential.device, admitter: proved.statement.signer)
      else { return false }
      membership.usesOf[proof.invite, default: 0] += 1
      if membership.usesOf[proof.invite] ?? 0 > Int(invite.uses) { membership.excess.insert(derived) }
    } else if credential.member == signer.member {
      // A further device of the signer's own.
      guard existing == nil, let member = membership.members[signer.member], credential.role == member.role,
        credential.memberKey == member.key
      else { return false }
    } else {
      guard signer.role >= .admin, credential.role <= .admin, existing != nil || credential.member == derived else {
        return false
      }
    }
    accept(
      proved, device: credential.device, member: credential.member, key: credential.memberKey, role: credential.role)
    return true
  }

  private mutating func accept(
    _ proved: ProvedStatement, device: DeviceID, member id: MemberID, key: MemberKey, role: Role
  ) {
    let seniority = Membership.Seniority(time: proved.statement.time, statement: proved.id)
    if membership.credentials[device] == nil { membership.credentials[device] = proved }
    membership.memberOf[device] = id
    var member =
      membership.members[id]
      ?? Membership.Member(id: id, role: role, key: key, devices: [], since: seniority)
    if role > member.role {
      member.role = role
      member.since = seniority
    }
    if !membership.isCut(device), !member.devices.contains(device) { member.devices.append(device) }
    membership.members[id] = member
  }

  /// The member who signed, with the role of that moment of the evaluation; nil when unknown, or when a cut
  /// voids the statement.
  private func signer(of proved: ProvedStatement) -> (member: MemberID, role: Role)? {
    let statement = proved.statement
    guard let id = membership.memberOf[statement.signer], let member = membership.members[id] else { return nil }
    let log = LogID(device: statement.signer, incarnation: statement.incarnation, kind: .lasting)
    if let kept = membership.keptHead(log), statement.sequence > kept { return nil }
    return (id, member.role)
  }

  // MARK: Cuts

  mutating func takeCuts() {
    guard !cutStatements.isEmpty else { return }
    var done: Set<MemberID> = []
    // The most senior who has not been heard yet: the owner, then admins by seniority.
    while let judge = membership.members.values
      .filter({ $0.role >= .admin && !done.contains($0.id) })
      .min(by: { $0.role != $1.role ? $0.role > $1.role : $0.since < $1.since })
    {
      done.insert(judge.id)
      var hasCut = false
      for proved in cutStatements {
        guard case .cut(let cut) = proved.statement.claim, let signer = signer(of: proved), signer.member == judge.id,
          reaches(judge, cut.device)
        else { continue }
        apply(cut)
        hasCut = true
      }
      if hasCut { admit() }
    }
  }

  private func reaches(_ judge: Membership.Member, _ device: DeviceID) -> Bool {
    // One's own lost laptop; but nobody shuts out the last device of the owner.
    guard let id = membership.memberOf[device], let target = membership.members[id] else { return false }
    if id == judge.id { return target.role != .owner || target.devices.contains { $0 != device } }
    if judge.role == .owner { return true }
    return target.role < .admin || target.role == .admin && judge.since < target.since
  }

  private mutating func apply(_ cut: Cut) {
    let listed = Dictionary(
      cut.kept.map { (Membership.CutLog(incarnation: $0.incarnation, kind: $0.kind), $0.head.sequence) },
      uniquingKeysWith: min)
    guard let standing = membership.cuts[cut.device] else {
      membership.cuts[cut.device] = listed
      return
    }
    // Of two cuts the smaller holds, log by log; one that a cut does not list is cut at zero.
    membership.cuts[cut.device] = standing.reduce(into: [:]) { kept, entry in
      if let other = listed[entry.key] { kept[entry.key] = min(entry.value, other) }
    }
  }
}
