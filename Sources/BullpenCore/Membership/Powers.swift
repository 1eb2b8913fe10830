/// What a member may do: now, and at a place of its logs, where it may have had more.
extension Membership {
  /// A statement that gave a member a role.
  struct Given: Hashable, Sendable {
    let statement: StatementID
    let role: Role
  }

  /// A demotion, or what a takeover leaves the former owner, made to be asked.
  struct PowerCut: Hashable, Sendable {
    /// Nil for a takeover's.
    let demotion: Demotion?
    let role: Role
    let ended: Set<StatementID>
    let kept: [LogID: KeptPart]

    init(_ demotion: Demotion, among statements: [StatementID: ProvedStatement]) {
      self.demotion = demotion
      role = demotion.role
      ended = Set(demotion.ended)
      kept = KeptPart.byLog(demotion.kept, among: statements)
    }

    /// - Parameter crown: the statement by which the former owner was the owner.
    init(of takeover: Takeover, ending crown: StatementID, among statements: [StatementID: ProvedStatement]) {
      demotion = nil
      role = .admin
      ended = [crown]
      kept = KeptPart.byLog(takeover.kept, among: statements)
    }

    /// Whether the member still had its powers there.
    func keeps(_ log: LogID, at sequence: UInt64, on branch: BranchStanding?) -> Bool {
      sequence >= 1 && sequence <= kept[log]?.sequence(of: branch) ?? 0
    }
    /// Whether it still had them when it stated this.
    func keeps(_ proved: ProvedStatement) -> Bool { kept[proved.statement.log]?.holds(proved) ?? false }
  }

  /// The role by which an entry of a member's log is judged: what a demotion ended still counts for what the
  /// member did before. Nil for who never was a member.
  func role(of member: MemberID, in log: LogID, at sequence: UInt64, on branch: BranchStanding? = nil) -> Role? {
    guard demotions[member] != nil else { return members[member]?.role }
    return greatest(of: member) { $0.keeps(log, at: sequence, on: branch) }
  }

  /// The role by which a statement of a member is judged.
  func role(of member: MemberID, stating proved: ProvedStatement) -> Role? {
    guard demotions[member] != nil else { return members[member]?.role }
    return greatest(of: member) { $0.keeps(proved) }
  }

  /// The role that a member has now.
  func standing(of member: MemberID) -> Role? {
    guard demotions[member] != nil else { return members[member]?.role }
    return greatest(of: member) { _ in false }
  }

  /// Up to which entry of a log its member has a role, or a greater one: 0 for never, the greatest number for one who has
  /// it now.
  public func reach(of log: LogID, as role: Role, on branch: BranchStanding? = nil) -> UInt64 {
    guard let member = author(log.device), let now = standing(of: member) else { return 0 }
    if now >= role { return .max }
    return (given[member] ?? []).filter { $0.role >= role }.map { given in
      (demotions[member] ?? []).filter { $0.role < role && $0.ended.contains(given.statement) }
        .map { $0.kept[log]?.sequence(of: branch) ?? 0 }.min() ?? 0
    }.max() ?? 0
  }

  private func greatest(of member: MemberID, ignoring: (PowerCut) -> Bool) -> Role? {
    var left: [StatementID: Role] = [:]
    for cut in demotions[member] ?? [] where !ignoring(cut) {
      for statement in cut.ended { left[statement] = min(left[statement] ?? .owner, cut.role) }
    }
    return given[member]?.map { min($0.role, left[$0.statement] ?? .owner) }.max()
  }

  private func left(of given: Given, after cuts: [PowerCut]) -> Role {
    cuts.reduce(given.role) { $1.ended.contains(given.statement) ? min($0, $1.role) : $0 }
  }

  /// What is left now of the role that a statement gave a member.
  func left(of given: Given, to member: MemberID) -> Role { left(of: given, after: demotions[member] ?? []) }

  /// Whether a demotion has ended what this statement gave the member.
  func isEnded(_ statement: StatementID, of member: MemberID) -> Bool {
    demotions[member]?.contains { $0.ended.contains(statement) } ?? false
  }

  /// Whether a demotion is among those that hold.
  public func holds(_ demotion: Demotion) -> Bool {
    demotions[demotion.member]?.contains { $0.demotion == demotion } ?? false
  }
}
