/// Cuts, from the owner down.
extension MembershipEvaluation {
  mutating func takeCuts() {
    var open = cutStatements
    var done: Set<MemberID> = []
    // The most senior who has not been heard yet: the owner, then admins by seniority.
    while !open.isEmpty,
      let judge = membership.members.values
        .filter({ $0.role >= .admin && !done.contains($0.id) })
        .min(by: { $0.role != $1.role ? $0.role > $1.role : $0.since < $1.since })
    {
      done.insert(judge.id)
      // What a cut voids may bring another within the judge's reach.
      while takeCuts(of: judge.id, from: &open) {}
      for device in membership.members[judge.id]?.devices ?? [] {
        pinned.formUnion(membership.chain(to: device).map(\.id))
      }
    }
  }

  /// Takes every cut of one member that is valid now. Returns whether memberships changed by it.
  private mutating func takeCuts(of id: MemberID, from open: inout [ProvedStatement]) -> Bool {
    var needsAdmission = false
    open = open.filter { proved in
      guard case .cut(let cut) = proved.statement.claim, membership.memberOf[proved.statement.signer] == id,
        !isVoid(proved), let judge = membership.members[id], reaches(judge, cut.device)
      else { return true }
      if judge.role == .owner, membership.memberOf[cut.device] == id { return !takeOwnersOwn(cut, id) }
      needsAdmission = apply(cut) || needsAdmission
      return false
    }
    if needsAdmission { admit() }
    return needsAdmission
  }

  private func reaches(_ judge: Membership.Member, _ device: DeviceID) -> Bool {
    guard judge.role >= .admin, let id = membership.memberOf[device], let target = membership.members[id] else {
      return false
    }
    if id == judge.id || judge.role == .owner { return true }
    return target.role < .admin || target.role == .admin && judge.since < target.since
  }

  /// A lost laptop of the owner's. Nothing shuts out the owner's last device: neither by name nor by voiding what
  /// linked it. Returns whether the cut was taken.
  private mutating func takeOwnersOwn(_ cut: Cut, _ owner: MemberID) -> Bool {
    let before = membership
    if apply(cut) { admit() }
    guard membership.members[owner]?.devices.isEmpty != false else { return true }
    membership = before
    return false
  }

  /// Returns whether it voids an admission, so that all are to be judged again.
  private mutating func apply(_ cut: Cut) -> Bool {
    merge(cut)
    if let member = membership.memberOf[cut.device] {
      membership.members[member]?.devices.removeAll { $0 == cut.device }
    }
    return (placesBySigner[cut.device] ?? []).contains { isVoid(admissions[$0]) }
  }

  private mutating func merge(_ cut: Cut) {
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
