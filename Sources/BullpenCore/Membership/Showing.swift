/// What shows to somebody who knows less than this node who a device is, and that it was cut.
extension Membership {
  /// Few statements that show a device's membership to who knows nothing else: the genesis, then each behind what admits
  /// the device that signed it. Empty for a stranger.
  ///
  /// Where several ways lead to a device, the shortest is shown: nobody can make somebody's chain longer by admitting
  /// them again or giving them a role anew, under whatever time.
  ///
  /// - Parameter role: that is shown besides; the one that the member has where it is nil. A member that has to show no
  ///   more than that it is one asks for `guest`.
  public func chain(to device: DeviceID, as role: Role? = nil) -> [ProvedStatement] {
    guard let member = memberOf[device], let standing = members[member]?.role, genesis != nil else { return [] }
    // How the workspace came to its owner is everybody's ground.
    let foundation = ground(of: [])
    var deduction = Deduction(self, given: foundation)
    let way = deduction.way(to: [.device(device), .power(member, role ?? standing)])
    return Self.inOrder(foundation.merging(way ?? ground(of: [device])) { known, _ in known })
  }

  /// The cuts by which a device is out: its own or, where a cut voids what let it in, that of whoever let it in; and the
  /// demotions by which whoever let it in could not. Empty for a member's, and for a device of which nothing that is known
  /// says why it is none.
  public func exclusion(of device: DeviceID) -> [ProvedStatement] {
    if isCut(device) { return cutStatements(of: device) }
    guard memberOf[device] == nil else { return [] }
    var (open, seen): ([DeviceID], Set<DeviceID>) = ([device], [])
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      for proved in admissions(of: next) {
        if voids(proved) { return cutStatements(of: proved.statement.signer) }
        let demotions = demotions(disabling: proved)
        if !demotions.isEmpty { return demotions }
        open.append(proved.statement.signer)
      }
    }
    return []
  }

  /// The demotions but for which its signer could have stated this.
  private func demotions(disabling proved: ProvedStatement) -> [ProvedStatement] {
    guard let needed = proved.statement.neededRole, let member = author(proved.statement.signer),
      let cuts = demotions[member], let left = role(of: member, stating: proved), left < needed,
      given[member]?.contains(where: { $0.role >= needed }) == true
    else { return [] }
    let disabling = cuts.filter { $0.role < needed && !$0.keeps(proved) }.compactMap(\.demotion)
    return statements.map(\.value).filter {
      if case .demotion(let demotion) = $0.statement.claim { disabling.contains(demotion) } else { false }
    }
  }

  /// What was stated to let a device in, valid or not: credentials, and the invites that they name.
  private func admissions(of device: DeviceID) -> [ProvedStatement] {
    let credentials = statements.map(\.value).filter { $0.admitted == device }
    let named = Set(credentials.compactMap(\.usedInvite))
    guard !named.isEmpty else { return credentials }
    return credentials
      + statements.map(\.value).filter {
        if case .invite(let invite) = $0.statement.claim { named.contains(invite.invite) } else { false }
      }
  }

  /// What shows a device that it is out, and why.
  public func evidence(against device: DeviceID) -> [ProvedStatement] { evidence(of: exclusion(of: device)) }

  /// What shows cuts and demotions: the chains of who made them, then themselves.
  func evidence(of cuts: [ProvedStatement]) -> [ProvedStatement] {
    guard !cuts.isEmpty else { return [] }
    let shown = Set(cuts.map(\.id))
    // Who has cut an admin shows since when they are one. That may be longer than anybody listens to.
    let whole = Self.inOrder(ground(of: cuts.map(\.statement.signer))).filter { !shown.contains($0.id) } + cuts
    if Ground.fits(whole.map(\.signed)) { return whole }
    var seen: Set<StatementID> = []
    let chains = cuts.flatMap { chain(to: $0.statement.signer) }
    return chains.filter { seen.insert($0.id).inserted && !shown.contains($0.id) } + cuts
  }

  /// All that devices' places rest on, as it was taken: how each was admitted, what made its member's word count for as
  /// much as it does, the same of who signed that, and how the workspace came to its owner.
  func ground(of devices: [DeviceID]) -> [StatementID: ProvedStatement] {
    guard let genesis else { return [:] }
    var ground = [genesis.id: genesis]
    var open = devices
    for proved in ownership.steps.flatMap({ [$0.takeover, $0.naming] }) {
      ground[proved.id] = proved
      open.append(proved.statement.signer)
    }
    var seen: Set<DeviceID> = []
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      for proved in [credentials[next], memberOf[next].flatMap { grants[$0] }].compactMap({ $0 }) {
        ground[proved.id] = proved
        open.append(proved.statement.signer)
        guard case .credential(let claim) = proved.statement.claim else { continue }
        open.append(claim.device)
        if let proof = claim.invite, let invite = invites[proof.invite] {
          ground[invite.id] = invite
          open.append(invite.statement.signer)
        }
      }
    }
    return ground
  }

  /// The genesis, then each statement behind what admits its signer, so that a listener can judge one by one.
  static func inOrder(_ statements: [StatementID: ProvedStatement]) -> [ProvedStatement] {
    var bySigner = Dictionary(grouping: statements.values, by: \.statement.signer)
    var ordered: [ProvedStatement] = []
    func take(_ signer: DeviceID) -> [DeviceID] {
      let stated = (bySigner.removeValue(forKey: signer) ?? []).sorted { a, b in
        let (x, y) = (a.statement, b.statement)
        return x.sequence != y.sequence ? x.sequence < y.sequence : a.id < b.id
      }
      // Whatever number it has, the genesis comes before what rests on it.
      ordered += stated.filter(\.isGenesis) + stated.filter { !$0.isGenesis }
      return stated.compactMap(\.admitted)
    }
    var devices = statements.values.filter(\.isGenesis).map(\.statement.signer)
    while let next = devices.popLast() { devices += take(next).reversed() }
    // Whose signer nothing here admits says nothing by itself.
    for signer in bySigner.keys.sorted() { _ = take(signer) }
    return ordered
  }
}

extension ProvedStatement {
  var isGenesis: Bool { if case .genesis = statement.claim { true } else { false } }

  /// The device that it makes a member's, where it is valid.
  var admitted: DeviceID? {
    guard case .credential(let credential) = statement.claim, credential.consent != nil else { return nil }
    return credential.device
  }

  /// The invite by which it lets in.
  var usedInvite: InviteID? {
    guard case .credential(let credential) = statement.claim else { return nil }
    return credential.invite?.invite
  }

  /// The role with which it lets in by an invite.
  var inviteRole: Role? {
    guard case .credential(let credential) = statement.claim, credential.invite != nil else { return nil }
    return credential.role
  }
}
