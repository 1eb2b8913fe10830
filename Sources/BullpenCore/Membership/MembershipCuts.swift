/// Cuts, and demotions, which are cuts of powers, from the owner down.
extension MembershipEvaluation {
  /// - Parameter heir: while a takeover is tried, who made it: what they say as an admin waits.
  /// - Returns: what nobody took.
  @discardableResult
  mutating func takeCuts(trying heir: MemberID? = nil) -> [ProvedStatement] {
    var open = cutStatements
    takeReigns(from: &open)
    membership.namings = Self.standing(validNamings())
    pin(membership.successors)
    var done: Set = [owner, heir ?? owner]
    while let judge = nextJudge(of: open, after: &done) {
      // What a cut voids may bring another within the judge's reach.
      while takeCuts(of: judge, having: .admin, from: &open) {}
      pin([judge])
    }
    takeOwn(open)
    return open
  }

  /// The most senior admin who has something to say and has not been heard yet. Former owners are senior to whoever else
  /// is an admin. What the seniors before it stand on holds, though they say nothing.
  private mutating func nextJudge(of open: [ProvedStatement], after done: inout Set<MemberID>) -> MemberID? {
    func isSenior(_ a: Membership.Member, _ b: Membership.Member) -> Bool {
      a.role != b.role ? a.role > b.role : a.since < b.since
    }
    guard !open.isEmpty else { return nil }
    let speakers = Set(open.compactMap { membership.memberOf[$0.statement.signer] })
    let others = membership.members.values.filter { $0.role >= .admin && !done.contains($0.id) }
    let judge = others.filter { speakers.contains($0.id) }.min(by: isSenior)
    let silent = others.filter { other in judge.map { isSenior(other, $0) } ?? true }.map(\.id)
    done.formUnion(silent + [judge?.id].compactMap { $0 })
    pin(silent)
    return judge?.id
  }

  /// Hears the owners: of the former ones, what they stated while they were.
  mutating func takeReigns(from open: inout [ProvedStatement]) {
    for owner in owners {
      membership.owner = owner
      while takeCuts(of: owner, having: .owner, from: &open) {}
      pin([owner])
    }
  }

  private mutating func pin(_ members: [MemberID]) {
    let devices = members.flatMap { membership.members[$0]?.devices ?? [] }
    if !devices.isEmpty { pinned.formUnion(membership.ground(of: devices).keys) }
  }

  /// Who is no admin cuts devices of their own, such as a laptop that was lost. It voids what that device wrote, and
  /// nobody's place: whoever came in by it stays, but for devices of the same member that it has linked beyond what the
  /// cut keeps. Of two devices that cut one another the earlier word holds.
  ///
  /// - Parameter heir: while a takeover is tried, who made it: whatever their role, their own are taken so.
  mutating func takeOwn(_ open: [ProvedStatement], of heir: MemberID? = nil) {
    let own = open.filter { proved in
      guard let member = memberCuttingOwn(by: proved) else { return false }
      return heir.map { $0 == member } ?? (membership.standing(of: member) ?? .owner < .admin)
    }
    guard !own.isEmpty else { return }
    pinned.formUnion(membership.ground(of: Array(membership.memberOf.keys)).keys)
    let linked = Dictionary(
      grouping: membership.credentials.filter { child, link in
        membership.memberOf[child] == membership.memberOf[link.statement.signer] && !link.isGenesis
      }, by: \.value.statement.signer)
    for proved in own where !membership.isCut(proved.statement.signer) {
      guard case .cut(let cut) = proved.statement.claim, !isVoid(proved) else { continue }
      _ = apply(cut, proved)
      cutLinked(by: cut.device, proved) { linked[$0]?.map { ($0.key, $0.value) } ?? [] }
    }
  }

  /// Who takes out another device of their own by this statement; nil where it does anything else.
  private func memberCuttingOwn(by proved: ProvedStatement) -> MemberID? {
    let signer = proved.statement.signer
    guard case .cut(let cut) = proved.statement.claim, cut.device != signer,
      let member = membership.memberOf[signer], membership.memberOf[cut.device] == member
    else { return nil }
    return member
  }

  /// What a lost laptop has linked is no laptop of its member's either, although what others stand on is kept.
  ///
  /// - Parameter linked: the devices that a device has linked, and by which statements.
  private mutating func cutLinked(
    by lost: DeviceID, _ proved: ProvedStatement, _ linked: (DeviceID) -> [(DeviceID, ProvedStatement)]
  ) {
    var kept: Set<DeviceID>?
    var open = [lost]
    while let device = open.popLast() {
      let void = linked(device).filter { !membership.isCut($0.0) && membership.voids($0.1) }.map(\.0).sorted()
      guard !void.isEmpty else { continue }
      let ours = kept ?? linkers(of: proved.statement.signer)
      kept = ours
      for child in void where !ours.contains(child) {
        _ = apply(Cut(device: child, kept: []), proved)
        open.append(child)
      }
    }
  }

  /// A device, and those by which it was linked.
  private func linkers(of device: DeviceID) -> Set<DeviceID> {
    var row: Set<DeviceID> = []
    var next: DeviceID? = device
    while let linker = next, row.insert(linker).inserted { next = membership.linker(of: linker) }
    return row
  }

  /// Takes every cut and demotion of one member that is valid now and was stated with so much power. Returns whether
  /// memberships changed by it.
  private mutating func takeCuts(
    of id: MemberID, having least: Role, from open: inout [ProvedStatement]
  ) -> Bool {
    var needsAdmission = false
    let said = open.filter { membership.memberOf[$0.statement.signer] == id }
    work += open.count + said.count
    guard !said.isEmpty else { return false }
    // What the member says of devices of its own comes first: what a lost one says of others is void then.
    let own = said.filter { memberCuttingOwn(by: $0) == id }
    let rest = (own + said.filter { memberCuttingOwn(by: $0) != id }).filter { proved in
      guard membership.memberOf[proved.statement.signer] == id, !isVoid(proved), let judge = membership.members[id],
        power(of: judge, behind: proved) >= least
      else { return true }
      switch proved.statement.claim {
      case .cut(let cut):
        guard let target = membership.memberOf[cut.device], reaches(judge, target) else { return true }
        if id == membership.owner, target == id { return !takeOwnersOwn(cut, proved, id) }
        needsAdmission = apply(cut, proved) || needsAdmission
      case .demotion(let demotion):
        guard reaches(judge, demotion.member), isOfUse(demotion) else { return true }
        // Each costs a look at whatever the member has stated; those who are heard first have the say.
        guard membership.demotions[demotion.member]?.count ?? 0 < Limits.demotionsHeard else { return false }
        membership.demotions[demotion.member, default: []].append(Membership.PowerCut(demotion, among: byID))
        needsAdmission = true
      case .genesis, .credential, .invite, .succession, .takeover, .generation, .voiding, .unknown: break
      }
      return false
    }
    if rest.count < said.count {
      let left = Set(rest.map(\.id))
      open.removeAll { membership.memberOf[$0.statement.signer] == id && !left.contains($0.id) }
    }
    return needsAdmission && admitAgain()
  }

  /// Judges all admissions again by the cuts that were taken. Whoever states many that each need it before the next
  /// counts has the last ones take out the devices that they name, and nobody who came in by those.
  private mutating func admitAgain() -> Bool {
    guard rounds < mostRounds else { return false }
    rounds += 1
    admit()
    return true
  }

  private func reaches(_ judge: Membership.Member, _ id: MemberID) -> Bool {
    guard let target = membership.members[id], let role = membership.standing(of: id) else { return false }
    return membership.reaches(judge, target, whoseRoleIs: role)
  }

  /// Whether it ends anything of a member who is not the owner.
  private func isOfUse(_ demotion: Demotion) -> Bool {
    guard demotion.member != membership.owner else { return false }
    let ended = Set(demotion.ended)
    return membership.given[demotion.member]?.contains { $0.role > demotion.role && ended.contains($0.statement) }
      ?? false
  }

  /// A lost laptop of the owner's. Nothing shuts out the owner's last device: neither by name nor by voiding what
  /// linked it. Returns whether the cut was taken.
  private mutating func takeOwnersOwn(_ cut: Cut, _ proved: ProvedStatement, _ owner: MemberID) -> Bool {
    let before = membership
    if apply(cut, proved) { _ = admitAgain() }
    guard membership.members[owner]?.devices.isEmpty != false else { return true }
    membership = before
    return false
  }

  /// Returns whether it voids an admission, so that all are to be judged again.
  private mutating func apply(_ cut: Cut, _ proved: ProvedStatement) -> Bool {
    merge(cut)
    membership.cutBy[cut.device, default: []].append(proved)
    if let member = membership.memberOf[cut.device] {
      membership.members[member]?.devices.removeAll { $0 == cut.device }
    }
    let places = placesBySigner[cut.device] ?? []
    work += places.count
    return places.contains { counted.contains(admissions[$0].id) && isVoid(admissions[$0]) }
  }

  private mutating func merge(_ cut: Cut) {
    let listed = KeptPart.byLog(cut.kept, among: byID)
    guard let standing = membership.cuts[cut.device] else {
      membership.cuts[cut.device] = listed
      return
    }
    // Of two cuts the smaller holds, log by log; one that a cut does not list is cut at zero.
    membership.cuts[cut.device] = standing.reduce(into: [:]) { kept, entry in
      guard var part = listed[entry.key] else { return }
      part.narrow(to: entry.value)
      kept[entry.key] = part
    }
  }

  // MARK: - What cuts do

  /// Whether a cut of its signer voids the statement: it is none of those that the cut keeps.
  func isVoid(_ proved: ProvedStatement) -> Bool { !pinned.contains(proved.id) && membership.voids(proved) }

  /// What the signer may do by this statement. What the members who have been heard stand on has the power that it
  /// had.
  func power(of signer: Membership.Member, behind proved: ProvedStatement) -> Role {
    guard membership.demotions[signer.id] != nil, !pinned.contains(proved.id) else { return signer.role }
    return membership.role(of: signer.id, stating: proved) ?? signer.role
  }

  /// Leaves every member the role that it has now.
  mutating func settleRoles() {
    for id in membership.demotions.keys {
      let standing = membership.standing(of: id) ?? .guest
      membership.members[id]?.role = standing
    }
  }
}
