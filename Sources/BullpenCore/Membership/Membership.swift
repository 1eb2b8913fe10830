/// Who belongs to a workspace and what they may do: a pure function of the set of statements. The order in
/// which statements arrived never counts.
public struct Membership: Sendable {
  public struct Member: Hashable, Sendable {
    public var id: MemberID
    /// The greatest role that a valid credential gives and no demotion has ended.
    public var role: Role
    /// The first, by which the member's credentials name it.
    public var key: MemberKey
    /// Valid devices, in ascending order.
    public var devices: [DeviceID]
    /// When the member was given the role; earlier admins are senior to later ones.
    public var since: Seniority
  }

  /// The stamp of the credential that gave a role, then its id; but nobody is senior to who gave it.
  public struct Seniority: Hashable, Comparable, Sendable {
    /// Never before that of who gave the role.
    public var time: HybridTime
    /// How many gave to one another, from the owner, who is at 0.
    public var depth: Int
    public var statement: StatementID
    public static func < (a: Seniority, b: Seniority) -> Bool {
      if a.time != b.time { return a.time < b.time }
      return a.depth != b.depth ? a.depth < b.depth : a.statement < b.statement
    }
  }

  /// Nil while the genesis is not known.
  public internal(set) var workspace: WorkspaceID?
  public internal(set) var name = ""
  /// Everybody who is or was a member: whose devices are all cut stays, for what they wrote before.
  public internal(set) var members: [MemberID: Member] = [:]
  /// Every statement of the workspace, valid or not, in ascending order of id.
  public internal(set) var statements: [Verified<ProvedStatement>] = []
  /// Members whose invite had been used up when their credential was counted: kept, and shown to admins.
  public internal(set) var excess: Set<MemberID> = []

  /// When the workspace began by its founder's clock, Unix milliseconds. Nil while the genesis is not known.
  public var begun: Int64? { genesis?.statement.time.milliseconds }
  /// The member who owns the workspace: its founder, or who took over last. Nil while the genesis is not known.
  public internal(set) var owner: MemberID?
  /// Who owned the workspace, in the order in which they did; the owner is the last. Empty while the genesis is not known.
  public var owners: [MemberID] {
    owner.map { ownership.owners(since: ownership.steps.first?.former ?? $0) } ?? []
  }
  /// How ownership passed on since the genesis.
  var ownership = Ownership()
  /// The owner's namings that count and that none of them replaces, in the order of their stamps.
  var namings: [ProvedStatement] = []

  var credentials: [DeviceID: ProvedStatement] = [:]
  /// The credential that gave each member its role, or the genesis.
  var grants: [MemberID: ProvedStatement] = [:]
  var memberOf: [DeviceID: MemberID] = [:]
  var invites: [InviteID: ProvedStatement] = [:]
  var genesis: ProvedStatement?
  var usesOf: [InviteID: Int] = [:]
  var cuts: [DeviceID: [LogID: KeptPart]] = [:]
  /// The statements by which each device was cut, in the order in which they were taken.
  var cutBy: [DeviceID: [ProvedStatement]] = [:]
  /// What gave each member a role. A link to a further device gives none.
  var given: [MemberID: [Given]] = [:]
  /// What members stated of their further keys, and no cut voids, in the order of the stamps.
  var generationStatements: [MemberID: [ProvedStatement]] = [:]
  /// What members voided of logs, and counts.
  var voidings: [LogID: [Head: ProvedStatement]] = [:]
  /// The demotions that hold.
  var demotions: [MemberID: [PowerCut]] = [:]

  /// A membership of nobody.
  public init() {}

  /// A valid device that is not cut, with its member and role; nil for any other.
  public func device(_ device: DeviceID) -> (member: MemberID, role: Role)? {
    guard !isCut(device), let id = memberOf[device], let member = members[id] else { return nil }
    return (id, member.role)
  }

  /// The member of a device that is, or was before a cut, valid: whose history its logs are.
  public func author(_ device: DeviceID) -> MemberID? { memberOf[device] }

  /// One that is known here, valid or not.
  func statement(_ id: StatementID) -> Verified<ProvedStatement>? {
    var (low, high) = (0, statements.count)
    while low < high {
      let middle = (low + high) / 2
      if statements[middle].value.id < id { low = middle + 1 } else { high = middle }
    }
    return low < statements.count && statements[low].value.id == id ? statements[low] : nil
  }

  /// The key that a member joined with; what is meant for it now is sealed as `sealing(to:)` says.
  public func memberKey(of member: MemberID) -> MemberKey? { members[member]?.key }

  /// A valid invite, expired and spent ones too.
  public func invite(_ id: InviteID) -> Invite? {
    guard case .invite(let invite) = invites[id]?.statement.claim else { return nil }
    return invite
  }

  /// Whether who stated an invite could still state it. Nobody lets anybody in by the invite of a device that was cut or
  /// of a member who has less to say by now; who came in by it before stays.
  public func isBacked(_ id: InviteID) -> Bool {
    guard let stated = invites[id]?.statement, case .invite(let invite) = stated.claim,
      let inviter = device(stated.signer)
    else { return false }
    return inviter.role >= .admin && inviter.role > invite.role
  }

  /// How many devices were admitted by an invite.
  public func uses(of invite: InviteID) -> Int { usesOf[invite] ?? 0 }

  /// Whether an invite has a use left besides those whose credentials are on their way to the disk, and its maker's word
  /// still counts. Whether its time has passed is not asked.
  public func isOpen(_ id: InviteID, besides underWay: Int = 0) -> Bool {
    invite(id).map { isBacked(id) && uses(of: id) + underWay < Int($0.uses) } ?? false
  }

  /// Every member who is not a guest may honour an invite.
  public func mayAdmit(_ device: DeviceID) -> Bool { (self.device(device)?.role ?? .guest) >= .member }

  public func isCut(_ device: DeviceID) -> Bool { cuts[device] != nil }

  /// How far a log of a cut device stands; nil for a device that is not cut, 0 for a log that the cut does
  /// not list.
  ///
  /// - Parameter branch: which of the log's branches; nil where it has one.
  public func keptHead(_ log: LogID, on branch: BranchStanding? = nil) -> UInt64? {
    cuts[log.device].map { $0[log]?.sequence(of: branch) ?? 0 }
  }

  /// The heads that cuts, demotions and takeovers name of a log: how far a branch of it counts depends on them.
  public func namedHeads(of log: LogID) -> Set<Head> {
    var heads = cuts[log.device]?[log]?.heads ?? []
    for cut in author(log.device).flatMap({ demotions[$0] }) ?? [] { heads.formUnion(cut.kept[log]?.heads ?? []) }
    return heads
  }

  /// Devices that are not cut, in ascending order.
  public var devices: [DeviceID] { memberOf.keys.filter { !isCut($0) }.sorted() }

  /// Members with at least one valid device, in ascending order.
  public var sortedMembers: [Member] { members.values.filter { !$0.devices.isEmpty }.sorted { $0.id < $1.id } }

  /// The device of the same member that linked a device; nil for a member's first.
  func linker(of device: DeviceID) -> DeviceID? {
    guard let signer = credentials[device]?.statement.signer, signer != device, memberOf[signer] == memberOf[device]
    else { return nil }
    return signer
  }

  /// Whether a cut that is known voids a statement: whoever shows it to who knows of the cut changes nothing by it.
  func voids(_ proved: ProvedStatement) -> Bool {
    guard let kept = cuts[proved.statement.signer] else { return false }
    return kept[proved.statement.log]?.holds(proved) != true
  }

  /// Whether the takeovers that were known before come first now, too.
  func continues(_ before: Membership) -> Bool {
    let known = before.ownership.steps.map(\.takeover.id)
    return known == ownership.steps.prefix(known.count).map(\.takeover.id)
  }

  /// Whether nobody has lost anything since, but owners whose successors have taken over. Whoever is not known yet may
  /// show why it is a member, and no more.
  func onlyAdds(to before: Membership) -> Bool {
    guard continues(before) else { return false }
    let losses = before.losses(in: self)
    let former = ownership.steps.dropFirst(before.ownership.steps.count).map(\.former)
    return losses.devices.isEmpty && losses.demoted.allSatisfy(former.contains)
  }

  /// The cuts of a device, in the order of their weight; empty for one that is not cut.
  public func cutStatements(of device: DeviceID) -> [ProvedStatement] { cutBy[device] ?? [] }
}

extension Membership {
  /// Evaluates a set of statements. What is valid depends on the set alone, never on the order of arrival.
  ///
  /// Of all credentials and invites that are valid by what was taken so far, the least is taken next, by its place:
  /// rank, then stamp, signer and id; so it goes on until nothing more is valid. A further device of a member
  /// ranks behind all else. No stamp takes a device from its member: it belongs to whom it has agreed to belong to.
  ///
  /// Cuts are taken from the owner down: the owner's first, then each admin's in the order of seniority, and an
  /// admin reaches only members who are not admins and admins who became one later. So two people can never cut
  /// one another. Who the owner is is found before: the founder, or whoever took over.
  ///
  /// - Parameter workspace: whose statements count; nil takes the set's least genesis.
  public static func evaluate(
    _ statements: [Verified<ProvedStatement>], in workspace: WorkspaceID? = nil, prover: any Prover
  ) -> Membership {
    if let evaluation = evaluation(of: statements, in: workspace, prover: prover) { return evaluation.membership }
    // Nobody is anybody's yet. What is known is kept, and counts when the genesis comes.
    var membership = Membership()
    if let workspace { membership.statements = sorted(statements) { $0.statement.workspace == workspace } }
    return membership
  }

  /// Each once, in ascending order of id.
  private static func sorted(
    _ statements: [Verified<ProvedStatement>], where isWanted: (ProvedStatement) -> Bool
  ) -> [Verified<ProvedStatement>] {
    let byID = Dictionary(statements.map { ($0.value.id, $0) }, uniquingKeysWith: { first, _ in first })
    return byID.values.filter { isWanted($0.value) }.sorted { $0.value.id < $1.value.id }
  }

  /// Nil while the genesis is not known.
  static func evaluation(
    of statements: [Verified<ProvedStatement>], in workspace: WorkspaceID? = nil, prover: any Prover
  ) -> MembershipEvaluation? {
    let geneses = statements.map(\.value).filter { if case .genesis = $0.statement.claim { true } else { false } }
    let wanted = workspace ?? geneses.map(\.id).min().map { WorkspaceID($0.raw) }
    var membership = Membership()
    guard let wanted, let genesis = geneses.first(where: { $0.id.raw == wanted.raw }) else { return nil }
    membership.workspace = wanted
    membership.genesis = genesis
    membership.statements = sorted(statements) { $0.statement.workspace == wanted || $0.id == genesis.id }

    var evaluation = MembershipEvaluation(of: membership, genesis: genesis, prover: prover)
    evaluation.findOwner()
    evaluation.begin()
    evaluation.takeCuts()
    evaluation.settleRoles()
    evaluation.membership.takeGenerations()
    evaluation.membership.takeVoidings()
    return evaluation
  }
}
