/// A shortest way from the genesis to what is to be shown, over all statements that count or would count if the one that
/// was taken for the same thing were not there.
///
/// What is deduced from nothing comes first, then what follows from it by one statement more, and so on: so whatever way
/// is found to something, none is less deep.
struct Deduction {
  enum Fact: Hashable {
    case device(DeviceID)
    /// The member has this role or a greater one.
    case power(MemberID, Role)
    case invite(InviteID)
  }

  private struct Rule {
    let proved: ProvedStatement
    let needs: [Fact]
    let gives: [Fact]
    /// For an admission by invite that was not taken, because the device was in already: whom it admits, and as what.
    var instead: (device: DeviceID, role: Role)?
  }

  private let membership: Membership
  private var rules: [Rule] = []
  /// By which rule each was found first.
  private var why: [Fact: Int] = [:]

  /// - Parameter foundation: statements that are shown in any case.
  init(_ membership: Membership, given foundation: [StatementID: ProvedStatement]) {
    self.membership = membership
    let taken = membership.taken
    // What a device was let in with, whoever had stated it: the least role.
    var least: [DeviceID: Role] = [:]
    for proved in membership.statements.map(\.value) where taken.contains(proved.id) {
      guard case .credential(let claim) = proved.statement.claim, claim.consent != nil else { continue }
      least[claim.device] = min(least[claim.device] ?? .owner, claim.role)
    }
    rules = foundation.values.sorted { $0.id < $1.id }.map { proved in
      Rule(proved: proved, needs: [], gives: Self.gains(by: proved, in: membership))
    }
    rules += membership.statements.map(\.value).filter { foundation[$0.id] == nil }.compactMap { proved in
      Self.rule(proved, isTaken: taken.contains(proved.id), admittedWith: least, in: membership)
    }
    deduce()
  }

  /// The statements on a shortest way to facts; nil where there is none.
  mutating func way(to goals: [Fact]) -> [StatementID: ProvedStatement]? {
    var way: [StatementID: ProvedStatement] = [:]
    var open = goals
    while let fact = open.popLast() {
      guard let rule = why[fact].map({ rules[$0] }) else { return nil }
      if way.updateValue(rule.proved, forKey: rule.proved.id) == nil { open += rule.needs }
    }
    return way
  }

  private mutating func deduce() {
    var waiting: [Fact: [Int]] = [:]
    var missing = rules.map { Set($0.needs).count }
    var ready: [Int] = []
    var admitted: [DeviceID: Role] = [:]
    for (place, rule) in rules.enumerated() {
      if rule.needs.isEmpty { ready.append(place) }
      for need in Set(rule.needs) { waiting[need, default: []].append(place) }
    }
    var next = 0
    while next < ready.count {
      let place = ready[next]
      next += 1
      if let instead = rules[place].instead {
        // Who is in by one invite is not let in again by another, with more.
        let first = admitted[instead.device] ?? instead.role
        guard instead.role <= first else { continue }
        admitted[instead.device] = first
      }
      for fact in rules[place].gives where why[fact] == nil {
        why[fact] = place
        for other in waiting.removeValue(forKey: fact) ?? [] {
          missing[other] -= 1
          if missing[other] == 0 { ready.append(other) }
        }
      }
    }
  }

  // MARK: - What follows from a statement

  private static func powers(_ member: MemberID, _ role: Role) -> [Fact] {
    Role.allCases.filter { $0 <= role }.map { .power(member, $0) }
  }

  private static func gains(by proved: ProvedStatement, in membership: Membership) -> [Fact] {
    guard let signer = membership.memberOf[proved.statement.signer] else { return [] }
    switch proved.statement.claim {
    case .genesis: return [.device(proved.statement.signer)] + powers(signer, .owner)
    case .takeover: return powers(signer, .owner)
    case .invite(let invite): return [.invite(invite.invite)]
    case .credential(let claim):
      return [.device(claim.device)] + (claim.member == signer ? [] : powers(claim.member, claim.role))
    case .cut, .demotion, .succession, .generation, .voiding, .unknown: return []
    }
  }

  /// Nil where nothing follows. What was not taken, because another statement was before it, counts only as far as it
  /// says the same.
  private static func rule(
    _ proved: ProvedStatement, isTaken: Bool, admittedWith least: [DeviceID: Role], in membership: Membership
  ) -> Rule? {
    let statement = proved.statement
    guard let signer = membership.memberOf[statement.signer], isTaken || !membership.voids(proved) else { return nil }
    func rule(_ power: Role, _ needs: [Fact], _ gives: [Fact]) -> Rule? {
      guard isTaken || membership.role(of: signer, stating: proved) ?? .guest >= power else { return nil }
      return Rule(proved: proved, needs: [.device(statement.signer), .power(signer, power)] + needs, gives: gives)
    }
    switch statement.claim {
    case .genesis, .cut, .demotion, .succession, .takeover, .generation, .voiding, .unknown: return nil
    case .invite(let invite):
      guard membership.invite(invite.invite) == invite else { return nil }
      return rule(invite.role < .admin ? .admin : .owner, [], [.invite(invite.invite)])
    case .credential(let claim):
      let isFirst = membership.linker(of: claim.device) == nil
      guard membership.memberOf[claim.device] == claim.member,
        membership.memberKey(of: claim.member) == claim.memberKey, claim.role < .owner || claim.member == signer
      else { return nil }
      let gains = [.device(claim.device)] + powers(claim.member, claim.role)
      if let proof = claim.invite {
        guard isFirst, claim.consent != nil, let invite = membership.invite(proof.invite), invite.role == claim.role,
          statement.time.milliseconds <= invite.expiry
        else { return nil }
        var admission = rule(.member, [.invite(proof.invite)], gains)
        guard !isTaken else { return admission }
        // One would shut out the other, so it may not matter which; but a role may be given on top of either.
        let first = membership.credentials[claim.device].flatMap(\.inviteRole)
        guard claim.role <= least[claim.device] ?? .guest, first == nil || first == claim.role else { return nil }
        admission?.instead = (claim.device, claim.role)
        return admission
      }
      if claim.member == signer {
        guard !isFirst, claim.consent != nil else { return nil }
        return rule(max(.member, claim.role), [], [.device(claim.device)])
      }
      guard isTaken else { return nil }
      return isFirst && claim.consent != nil
        ? rule(.admin, [], gains) : rule(.admin, [.device(claim.device)], powers(claim.member, claim.role))
    }
  }
}

extension Membership {
  /// Statements by which somebody was admitted, given a role or invited.
  var taken: Set<StatementID> {
    Set(credentials.values.map(\.id)).union(given.values.joined().map(\.statement)).union(invites.values.map(\.id))
  }
}
