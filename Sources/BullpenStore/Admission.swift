import BullpenCore

/// Whether the book of statements has room for one more. The book forgets nothing, so whoever filled it would shut out
/// everybody who comes after.
struct StatementRoom {
  var statements = Limits.statements
  /// Of one member's devices together.
  var ofMember = Limits.memberStatements
  /// Kept free for what puts an end to it.
  var reserved = Limits.reservedStatements

  enum Shortage: Hashable {
    /// The member has stated as much as one may.
    case member
    case workspace
  }

  /// - Parameters:
  ///   - total: how many statements there are.
  ///   - own: how many of them are the member's.
  ///   - isReserved: whether the reserve is for this one. Half of it is left where one owner has used the other: a key
  ///     that was stolen does not leave its successor without.
  func shortage(total: Int, own: Int, isReserved: Bool) -> Shortage? {
    if own >= ofMember + (isReserved ? reserved / 2 : 0) { return .member }
    return total >= statements - (isReserved ? 0 : reserved) ? .workspace : nil
  }
}

// Which statements are kept. Anybody can sign some, under made-up keys too: only those of devices that are or were a
// member's are, and of each member only so many.
extension Transaction {
  /// Takes statements that came together, and those that wait for one of them. What is signed by nobody's device waits
  /// for a while: the credential that says whose it is may be on its way.
  func admit(_ batch: [Verified<ProvedStatement>]) throws {
    // Looking at the membership may take statements too, so it comes first.
    let now = try membership()
    var seen: Set<StatementID> = []
    let new = (state.waiting + batch).filter { statement in
      let id = statement.value.id
      return state.proved[id] == nil && context.belongs(statement.value) && seen.insert(id).inserted
    }
    state.waiting = []
    guard !new.isEmpty else { return }
    let judges = judges(of: new, now)
    var own = tally(judges)
    // By their stamps: the order in which they stand in a message decides nothing.
    for statement in new.sorted(by: Self.isEarlier) {
      guard let judge = judges.first(where: { $0.author(statement.value.statement.signer) != nil }),
        let member = judge.author(statement.value.statement.signer)
      else {
        // While the genesis is missing, nobody can tell whose device is whose.
        if judges.isEmpty, state.proved.count < Limits.statements - Limits.reservedStatements {
          try insert(statement)
        } else {
          state.waiting.append(statement)
        }
        continue
      }
      if shortage(for: statement.value, of: member, own[member] ?? 0, judge) != nil {
        outcome.surplus += 1
      } else {
        try insert(statement)
        own[member, default: 0] += 1
      }
    }
    state.waiting.removeFirst(max(0, state.waiting.count - Limits.waitingStatements))
  }

  /// Takes a statement of one's own, or says why there is no room.
  func admitOwn(_ statement: Verified<ProvedStatement>) throws {
    let now = try membership()
    guard state.proved[statement.value.id] == nil, context.belongs(statement.value) else {
      throw StoreError(.invalid, "The statement cannot be added to the workspace.")
    }
    if let member = now.author(context.author.device.id) {
      switch shortage(for: statement.value, of: member, tally([now])[member] ?? 0, now) {
      case nil: break
      case .member:
        throw StoreError(
          .tooLarge,
          "You have stated \(Limits.memberStatements) things about who belongs to the workspace, which is all that one "
            + "member may.",
          hint: "Ask another admin to do it.")
      case .workspace:
        throw StoreError(
          .tooLarge, "The workspace holds all \(Limits.statements) statements about its members that one may have.",
          hint: "Found a new workspace, and invite everybody to it.")
      }
    }
    try insert(statement)
  }

  /// Looks again at what waits, where something came since that may say whose it is.
  func reconsider() throws {
    var considered = -1
    while !state.waiting.isEmpty, outcome.statements.count > max(considered, 0) {
      considered = outcome.statements.count
      try admit([])
    }
  }

  /// What says whose devices the signers are: the membership with the new statements, and one in which nobody was ever
  /// cut or demoted, for who came in by somebody who was cut since is no stranger. Empty while there is no genesis.
  private func judges(of new: [Verified<ProvedStatement>], _ now: Membership) -> [Membership] {
    func knowsAll(_ membership: Membership) -> Bool {
      new.allSatisfy { membership.author($0.value.statement.signer) != nil }
    }
    if knowsAll(now) { return [now] }
    let all = Array(state.proved.values) + new
    let widened = Membership.evaluate(all, in: context.workspace, prover: context.prover)
    guard widened.workspace != nil else { return [] }
    if knowsAll(widened) { return [widened] }
    let uncut = all.filter { statement in
      switch statement.value.statement.claim {
      case .cut, .demotion: false
      case .genesis, .credential, .invite, .succession, .takeover, .generation, .unknown: true
      }
    }
    return [widened, Membership.evaluate(uncut, in: context.workspace, prover: context.prover)]
  }

  private func tally(_ judges: [Membership]) -> [MemberID: Int] {
    state.proved.values.reduce(into: [:]) { tally, statement in
      for judge in judges {
        guard let member = judge.author(statement.value.statement.signer) else { continue }
        tally[member, default: 0] += 1
        return
      }
    }
  }

  private func shortage(
    for proved: ProvedStatement, of member: MemberID, _ own: Int, _ membership: Membership
  ) -> StatementRoom.Shortage? {
    let isReserved =
      switch proved.statement.claim {
      case .cut, .demotion, .succession: member == membership.owner
      case .takeover: member == membership.owner || membership.successors.contains(member)
      case .genesis, .credential, .invite, .generation, .unknown: false
      }
    return StatementRoom().shortage(total: state.proved.count, own: own, isReserved: isReserved)
  }

  private static func isEarlier(_ a: Verified<ProvedStatement>, _ b: Verified<ProvedStatement>) -> Bool {
    let (x, y) = (a.value.statement.time, b.value.statement.time)
    return x != y ? x < y : a.value.id < b.value.id
  }
}
