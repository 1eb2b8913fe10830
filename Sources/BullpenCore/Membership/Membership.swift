/// Who belongs to a workspace and what they may do: a pure function of the set of statements. The order in
/// which statements arrived never counts.
public struct Membership: Sendable {
  public struct Member: Hashable, Sendable {
    public var id: MemberID
    /// The greatest role that a valid credential gives.
    public var role: Role
    /// What is meant for the member is sealed to this key.
    public var key: MemberKey
    /// Valid devices, in ascending order.
    public var devices: [DeviceID]
    /// When the member was admitted; earlier admins are senior to later ones.
    public var since: Seniority
  }

  /// The stamp of a credential, then its id.
  public struct Seniority: Hashable, Comparable, Sendable {
    public var time: HybridTime
    public var statement: StatementID
    public static func < (a: Seniority, b: Seniority) -> Bool {
      a.time != b.time ? a.time < b.time : a.statement < b.statement
    }
  }

  /// Nil while the genesis is not known.
  public internal(set) var workspace: WorkspaceID?
  public internal(set) var name = ""
  public internal(set) var members: [MemberID: Member] = [:]
  /// Every statement of the workspace, valid or not, in ascending order of id.
  public internal(set) var statements: [Verified<ProvedStatement>] = []
  /// Members whose invite had been used up when their credential was counted: kept, and shown to admins.
  public internal(set) var excess: Set<MemberID> = []

  var credentials: [DeviceID: ProvedStatement] = [:]
  var memberOf: [DeviceID: MemberID] = [:]
  var invites: [InviteID: ProvedStatement] = [:]
  var genesis: ProvedStatement?
  var usesOf: [InviteID: Int] = [:]
  var cuts: [DeviceID: [CutLog: UInt64]] = [:]

  struct CutLog: Hashable {
    var incarnation: Incarnation
    var kind: LogKind
  }

  /// A membership of nobody.
  public init() {}

  /// A valid device that is not cut, with its member and role; nil for any other.
  public func device(_ device: DeviceID) -> (member: MemberID, role: Role)? {
    guard !isCut(device), let id = memberOf[device], let member = members[id] else { return nil }
    return (id, member.role)
  }

  /// The member of a device that is, or was before a cut, valid: whose history its logs are.
  public func author(_ device: DeviceID) -> MemberID? { memberOf[device] }

  public func memberKey(of member: MemberID) -> MemberKey? { members[member]?.key }

  /// A valid invite, expired and spent ones too.
  public func invite(_ id: InviteID) -> Invite? {
    guard case .invite(let invite) = invites[id]?.statement.claim else { return nil }
    return invite
  }

  /// How many devices were admitted by an invite.
  public func uses(of invite: InviteID) -> Int { usesOf[invite] ?? 0 }

  /// Every member who is not a guest may honour an invite.
  public func mayAdmit(_ device: DeviceID) -> Bool { (self.device(device)?.role ?? .guest) >= .member }

  public func isCut(_ device: DeviceID) -> Bool { cuts[device] != nil }

  /// How far a log of a cut device stands; nil for a device that is not cut, 0 for a log that the cut does
  /// not list.
  public func keptHead(_ log: LogID) -> UInt64? {
    cuts[log.device].map { $0[CutLog(incarnation: log.incarnation, kind: log.kind)] ?? 0 }
  }

  /// Devices that are not cut, in ascending order.
  public var devices: [DeviceID] { memberOf.keys.filter { !isCut($0) }.sorted() }

  /// Members with at least one valid device, in ascending order.
  public var sortedMembers: [Member] { members.values.sorted { $0.id < $1.id } }

  /// The least statements that show a device's membership, genesis first. Empty for a stranger.
  public func chain(to device: DeviceID) -> [ProvedStatement] {
    var links: [ProvedStatement] = []
    var seen: Set<StatementID> = []
    var devices = [device]
    while let next = devices.popLast() {
      guard let credential = credentials[next], seen.insert(credential.id).inserted else { continue }
      links.append(credential)
      devices.append(credential.statement.signer)
      if case .credential(let claim) = credential.statement.claim, let proof = claim.invite,
        let invite = invites[proof.invite], seen.insert(invite.id).inserted
      {
        links.append(invite)
        devices.append(invite.statement.signer)
      }
    }
    guard !links.isEmpty, let genesis else { return [] }
    return [genesis] + links.filter { $0.id != genesis.id }.reversed()
  }
}
