/// One evaluation under way.
struct MembershipEvaluation {
  private let empty: Membership
  let genesis: ProvedStatement
  private let workspace: WorkspaceID
  private let prover: any Prover
  private let founder: MemberID
  private let ranked: [ProvedStatement]
  /// What ownership stands on, then credentials and invites, in the order of their places.
  private(set) var admissions: [ProvedStatement] = []
  /// Places in `admissions`, by signer.
  private(set) var placesBySigner: [DeviceID: [Int]] = [:]
  let cutStatements: [ProvedStatement]
  let namings: [ProvedStatement]
  let takeovers: [ProvedStatement]
  /// Whose each device may turn out to be.
  let kin: Kinship
  let byID: [StatementID: ProvedStatement]
  /// What the members who have been heard stand on: the cuts of their juniors do not reach it, or an admin could
  /// remove a senior by cutting who once let the senior in.
  var pinned: Set<StatementID> = []
  var ownership = Ownership()
  /// How often admissions were judged again since cuts were taken, and how often they may be.
  var rounds = 0
  var mostRounds = Limits.evaluationRounds
  /// Statements that were looked at so far, for the tests.
  var work = 0
  /// Admissions that count.
  private(set) var counted: Set<StatementID> = []
  /// The greatest role that a member was given for good.
  private var firm: [MemberID: Role] = [:]
  /// While a takeover is tried: what it keeps of the owner's statements. Nothing else of the owner's counts.
  private var silencing: Membership.PowerCut?
  var membership: Membership

  var owner: MemberID { ownership.steps.last?.heir ?? founder }

  init(of empty: Membership, genesis: ProvedStatement, prover: any Prover) {
    self.empty = empty
    self.genesis = genesis
    self.prover = prover
    let workspace = WorkspaceID(genesis.id.raw)
    self.workspace = workspace
    let founder = prover.member(of: workspace, firstDevice: genesis.statement.signer)
    self.founder = founder
    byID = Dictionary(empty.statements.map { ($0.value.id, $0.value) }, uniquingKeysWith: { first, _ in first })
    let ordered = empty.statements.map(\.value).sorted { a, b in
      let (x, y) = (a.statement, b.statement)
      if x.time != y.time { return x.time < y.time }
      return x.signer != y.signer ? x.signer < y.signer : a.id < b.id
    }
    var cuts: [ProvedStatement] = []
    var namings: [ProvedStatement] = []
    var takeovers: [ProvedStatement] = []
    var invites: [ProvedStatement] = []
    var claims: [(proved: ProvedStatement, isFirst: Bool)] = []
    for proved in ordered {
      switch proved.statement.claim {
      case .genesis, .generation, .voiding, .unknown: break
      case .cut, .demotion: cuts.append(proved)
      case .succession: namings.append(proved)
      case .takeover: takeovers.append(proved)
      case .invite: invites.append(proved)
      case .credential(let credential):
        let isFirst = credential.member == prover.member(of: workspace, firstDevice: credential.device)
        claims.append((proved, isFirst))
      }
    }
    kin = Kinship(founder: founder, on: genesis.statement.signer, claims: claims)
    (cutStatements, self.namings, self.takeovers) = (cuts, namings, takeovers)
    // Invites need nothing but their signer, so they may stand before the credentials that need them.
    ranked = invites + claims.filter(\.isFirst).map(\.proved) + claims.filter { !$0.isFirst }.map(\.proved)
    membership = empty
  }

  /// Admits under the ownership that was found so far.
  ///
  /// - Parameter trial: what a takeover that is tried leaves the owner.
  mutating func begin(under trial: Membership.PowerCut? = nil) {
    let foundation = ownership.foundation
    pinned = Set(foundation.map(\.id))
    admissions = foundation + ranked.filter { !pinned.contains($0.id) }
    placesBySigner = Dictionary(grouping: admissions.indices, by: { [admissions] in admissions[$0].statement.signer })
    silencing = trial
    membership = empty
    membership.owner = owner
    membership.ownership = ownership
    for step in ownership.steps { membership.demotions[step.former, default: []].append(step.cut) }
    if let trial { membership.demotions[owner, default: []].append(trial) }
    admit()
  }

  /// The owners up to now, in order.
  var owners: [MemberID] { ownership.owners(since: founder) }

  // MARK: - Admission

  /// What became of a statement: it counts, it cannot count, or it may once something else has been taken.
  private enum Verdict {
    case taken
    case refused
    case waits(Need)
  }

  private enum Need: Hashable {
    case device(DeviceID)
    case greaterRole(MemberID)
    case invite(InviteID)
  }

  /// Evaluates all admissions under the cuts that stand so far.
  mutating func admit() {
    let before = membership
    membership = empty
    membership.cuts = before.cuts
    membership.cutBy = before.cutBy
    membership.demotions = before.demotions
    membership.owner = before.owner
    membership.ownership = before.ownership
    membership.namings = before.namings
    counted = []
    firm = [:]
    guard case .genesis(let claim) = genesis.statement.claim else { return }
    membership.name = claim.name
    let since = Membership.Seniority(time: genesis.statement.time, depth: 0, statement: genesis.id)
    accept(genesis, device: genesis.statement.signer, member: founder, key: claim.member, role: .owner, since: since)

    var ready = LeastFirst(admissions.indices)
    var waiting: [Need: [Int]] = [:]
    while let place = ready.pop() {
      let proved = admissions[place]
      work += 1
      switch judge(proved) {
      case .refused: break
      case .waits(let need): waiting[need, default: []].append(place)
      case .taken:
        counted.insert(proved.id)
        for need in met(by: proved) {
          for other in waiting.removeValue(forKey: need) ?? [] { ready.push(other) }
        }
      }
    }
    for id in membership.members.keys { membership.members[id]?.devices.sort() }
  }

  private mutating func met(by proved: ProvedStatement) -> [Need] {
    switch proved.statement.claim {
    case .genesis, .cut, .demotion, .succession, .generation, .voiding, .unknown: []
    case .takeover: ownership.steps.map { .greaterRole($0.heir) }
    case .invite(let invite): [.invite(invite.invite)]
    case .credential(let credential):
      [.device(credential.device)] + (raises(credential, proved) ? [.greaterRole(credential.member)] : [])
    }
  }

  /// Whether a member may do more by a statement than by all before it. One that a demotion has ended may do so for some
  /// of what the member has stated.
  private mutating func raises(_ credential: Credential, _ proved: ProvedStatement) -> Bool {
    let member = credential.member
    guard membership.given[member]?.last?.statement == proved.id else { return false }
    if membership.isEnded(proved.id, of: member) { return true }
    guard firm[member].map({ $0 < credential.role }) != false else { return false }
    firm[member] = credential.role
    return true
  }

  /// Takes a statement if it is valid by what was taken so far.
  private mutating func judge(_ proved: ProvedStatement) -> Verdict {
    let statement = proved.statement
    guard !isVoid(proved) else { return .refused }
    guard let id = membership.memberOf[statement.signer], var signer = membership.members[id] else {
      return .waits(.device(statement.signer))
    }
    if let silencing, id == owner, !silencing.keeps(proved), !pinned.contains(proved.id) { return .refused }
    signer.role = power(of: signer, behind: proved)
    switch statement.claim {
    case .genesis, .cut, .demotion, .succession, .generation, .voiding, .unknown: return .refused
    case .takeover:
      // Only those that hold are here at all.
      let since = Membership.Seniority(
        time: genesis.statement.time, depth: 1 + (ownership.steps.firstIndex { $0.takeover.id == proved.id } ?? 0),
        statement: proved.id)
      accept(proved, device: statement.signer, member: id, key: signer.key, role: .owner, since: since)
      return .taken
    case .invite(let invite):
      // Of two statements about one key the lesser holds.
      guard membership.invites[invite.invite] == nil, invite.role < .owner else { return .refused }
      guard signer.role >= .admin, invite.role < signer.role else { return .waits(.greaterRole(id)) }
      membership.invites[invite.invite] = proved
      return .taken
    case .credential(let credential):
      let existing = membership.memberOf[credential.device]
      guard existing == nil || existing == credential.member else { return .refused }
      if let proof = credential.invite { return judge(credential, by: proof, proved, signer, existing) }
      if credential.member == id { return link(credential, proved, to: signer, existing) }
      return judge(credential, proved, by: signer, existing)
    }
  }

  /// A new member by invite. That the invite's key made the proof, and the device the consent, was checked when the
  /// statement was proved; that there is a consent is checked wherever a device is new.
  private mutating func judge(
    _ credential: Credential, by proof: InviteProof, _ proved: ProvedStatement, _ signer: Membership.Member,
    _ existing: MemberID?
  ) -> Verdict {
    guard existing == nil, credential.consent != nil, credential.role < .owner,
      credential.member == prover.member(of: workspace, firstDevice: credential.device)
    else { return .refused }
    guard signer.role >= .member else { return .waits(.greaterRole(signer.id)) }
    guard let stated = membership.invites[proof.invite], case .invite(let invite) = stated.statement.claim else {
      return .waits(.invite(proof.invite))
    }
    guard invite.role == credential.role, proved.statement.time.milliseconds <= invite.expiry,
      let inviter = membership.memberOf[stated.statement.signer].flatMap({ membership.members[$0] })
    else { return .refused }
    membership.usesOf[proof.invite, default: 0] += 1
    if membership.usesOf[proof.invite] ?? 0 > Int(invite.uses) { membership.excess.insert(credential.member) }
    accept(credential, proved, authority: inviter)
    return .taken
  }

  /// A further device of the signer's own. It has its member's role, whichever the signer knew of.
  private mutating func link(
    _ credential: Credential, _ proved: ProvedStatement, to member: Membership.Member, _ existing: MemberID?
  ) -> Verdict {
    guard existing == nil, credential.consent != nil, credential.memberKey == member.key else { return .refused }
    // A guest has one device.
    guard member.role > .guest else { return .waits(.greaterRole(member.id)) }
    // A demotion does not shut out the devices that were linked before it, in whatever order one hears.
    guard credential.role <= member.role || membership.demotions[member.id] != nil else {
      return .waits(.greaterRole(member.id))
    }
    accept(credential, proved, authority: member, isLink: true)
    return .taken
  }

  /// An admin admits somebody or gives a member a greater role.
  private mutating func judge(
    _ credential: Credential, _ proved: ProvedStatement, by signer: Membership.Member, _ existing: MemberID?
  ) -> Verdict {
    guard credential.role < .owner else { return .refused }
    guard signer.role >= .admin else { return .waits(.greaterRole(signer.id)) }
    if existing == nil {
      guard credential.consent != nil,
        credential.member == prover.member(of: workspace, firstDevice: credential.device)
      else { return .waits(.device(credential.device)) }
    } else if membership.members[credential.member]?.key != credential.memberKey {
      return .refused
    }
    accept(credential, proved, authority: signer)
    return .taken
  }

  /// - Parameter authority: who had the right to give the role. Whoever has it from an admin is junior to that
  ///   admin, whatever the stamp says: stamps are the signer's own words.
  private mutating func accept(
    _ credential: Credential, _ proved: ProvedStatement, authority: Membership.Member, isLink: Bool = false
  ) {
    let since = Membership.Seniority(
      time: max(proved.statement.time, authority.since.time), depth: authority.since.depth + 1, statement: proved.id)
    accept(
      proved, device: credential.device, member: credential.member, key: credential.memberKey, role: credential.role,
      since: since, isLink: isLink)
  }

  private mutating func accept(
    _ proved: ProvedStatement, device: DeviceID, member id: MemberID, key: MemberKey, role: Role,
    since: Membership.Seniority, isLink: Bool = false
  ) {
    let isNew = membership.memberOf[device] == nil
    if membership.credentials[device] == nil { membership.credentials[device] = proved }
    membership.memberOf[device] = id
    if membership.members[id] == nil {
      membership.members[id] = Membership.Member(id: id, role: role, key: key, devices: [], since: since)
    }
    if !isLink {
      membership.given[id, default: []].append(Membership.Given(statement: proved.id, role: role))
      // Until roles are settled, a member has the greatest that it ever had. Its seniority is that of what stands.
      let standing = membership.given[id]?.first { $0.statement == membership.grants[id]?.id }
      let isRenewed =
        !membership.isEnded(proved.id, of: id)
        && standing.map { membership.left(of: $0, to: id) < role } == true
      let before = membership.members[id]?.role ?? role
      if role > before || isRenewed || membership.grants[id] == nil {
        membership.members[id]?.role = max(role, before)
        membership.members[id]?.since = since
        membership.grants[id] = proved
      }
    }
    if isNew, !membership.isCut(device) { membership.members[id]?.devices.append(device) }
  }
}
