/// Cuts, and demotions, which are cuts of powers, from the owner down.
extension MembershipEvaluation {
  /// - Parameter heir: while a takeover is tried, who made it: what they say as an admin waits.
  /// - Returns: what nobody took.
  @discardableResult
  mutating func takeCuts(trying heir: MemberID? = nil) -> [ProvedStatement] {
    var open = cutStatements
    takeReigns(from: &open)
    membership.namings = Self.standing(validNamings())
    for heir in membership.successors { pin(heir) }
    var done: Set = [owner, heir ?? owner]
    // The most senior who has not been heard yet. Former owners are senior to whoever else is an admin.
    while !open.isEmpty,
      let judge = membership.members.values
        .filter({ $0.role >= .admin && !done.contains($0.id) })
        .min(by: { $0.role != $1.role ? $0.role > $1.role : $0.since < $1.since })
    {
      done.insert(judge.id)
      // What a cut voids may bring another within the judge's reach.
      while takeCuts(of: judge.id, having: .admin, from: &open) {}
      pin(judge.id)
    }
    takeOwn(open)
    return open
  }

  /// Hears the owners: of the former ones, what they stated while they were.
  mutating func takeReigns(from open: inout [ProvedStatement]) {
    for owner in owners {
      membership.owner = owner
      while takeCuts(of: owner, having: .owner, from: &open) {}
      pin(owner)
    }
  }

  private mutating func pin(_ id: MemberID) {
    for device in membership.members[id]?.devices ?? [] {
      pinned.formUnion(membership.chain(to: device).map(\.id))
    }
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
    for device in membership.memberOf.keys { pinned.formUnion(membership.chain(to: device).map(\.id)) }
    for proved in own where !membership.isCut(proved.statement.signer) {
      guard case .cut(let cut) = proved.statement.claim, !isVoid(proved) else { continue }
      _ = apply(cut, proved)
      cutLinked(by: cut.device, proved)
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
  private mutating func cutLinked(by lost: DeviceID, _ proved: ProvedStatement) {
    let before = membership
    let kept = Set(sequence(first: proved.statement.signer) { before.linker(of: $0) })
    var open = [lost]
    while let device = open.popLast() {
      let linked = membership.credentials.filter { child, link in
        link.statement.signer == device && membership.memberOf[child] == membership.memberOf[lost]
          && !kept.contains(child) && !membership.isCut(child) && membership.voids(link)
      }
      for child in linked.keys.sorted() {
        _ = apply(Cut(device: child, kept: []), proved)
        open.append(child)
      }
    }
  }

  /// Takes every cut and demotion of one member that is valid now and was stated with so much power. Returns whether
  /// memberships changed by it.
  private mutating func takeCuts(
    of id: MemberID, having least: Role, from open: inout [ProvedStatement]
  ) -> Bool {
    var needsAdmission = false
    // What the member says of devices of its own comes first: what a lost one says of others is void then.
    let own = open.filter { memberCuttingOwn(by: $0) == id }
    open = (own + open.filter { memberCuttingOwn(by: $0) != id }).filter { proved in
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
        membership.demotions[demotion.member, default: []].append(Membership.PowerCut(demotion, among: byID))
        needsAdmission = true
      case .genesis, .credential, .invite, .succession, .takeover, .generation, .unknown: break
      }
      return false
    }
    if needsAdmission { admit() }
    return needsAdmission
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
    if apply(cut, proved) { admit() }
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
    return (placesBySigner[cut.device] ?? []).contains { isVoid(admissions[$0]) }
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
