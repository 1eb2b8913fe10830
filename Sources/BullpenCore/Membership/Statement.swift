/// A signed fact about membership. It is an entry of its author's lasting log and also stands alone, because
/// a node must know who may write before it reads what was written.
public struct Statement: Hashable, Sendable {
  /// Nil in a genesis alone: its digest becomes the workspace's id.
  public let workspace: WorkspaceID?
  public let signer: DeviceID
  /// The place in the signer's lasting log.
  public let incarnation: Incarnation
  public let sequence: UInt64
  /// The statement before it in that log, nil in the first: so the last of them vouches for all, and nobody who was
  /// cut can put another between them.
  public let previous: StatementID?
  public let time: HybridTime
  public let claim: Claim

  public enum Claim: Hashable, Sendable {
    case genesis(Genesis)
    case credential(Credential)
    case invite(Invite)
    case cut(Cut)
    case demotion(Demotion)
    case succession(Succession)
    case takeover(Takeover)
    case generation(KeyGeneration)
    /// An entry of a log, by its number and the chain's digest there, is void.
    case voiding(LogHead)
    /// Of a later version, as its fields came: it changes nothing here, and links what was stated before it with what
    /// was after.
    case unknown([UInt8])
  }

  public init(
    workspace: WorkspaceID?, signer: DeviceID, incarnation: Incarnation, sequence: UInt64, previous: StatementID?,
    time: HybridTime, claim: Claim
  ) {
    self.workspace = workspace
    self.signer = signer
    self.incarnation = incarnation
    self.sequence = sequence
    self.previous = previous
    self.time = time
    self.claim = claim
  }

  /// Whether somebody's place can rest on it: what a chain is made of.
  var isGround: Bool {
    switch claim {
    case .genesis, .credential, .invite, .succession, .takeover: true
    case .cut, .demotion, .generation, .voiding, .unknown: false
    }
  }

  /// Whether somebody may be out by it: a cut's device or, where what its member has stated counts no more, whoever came
  /// in by that.
  var takesAway: Bool {
    switch claim {
    case .cut, .demotion: true
    case .genesis, .credential, .invite, .succession, .takeover, .generation, .voiding, .unknown: false
    }
  }

  /// The least role that its signer must have had for it to let somebody in; nil for what does not.
  var neededRole: Role? {
    switch claim {
    case .invite: .admin
    case .credential(let credential): credential.invite == nil ? .admin : .member
    case .genesis, .cut, .demotion, .succession, .takeover, .generation, .voiding, .unknown: nil
    }
  }

  /// The signer's lasting log, of which it is an entry.
  public var log: LogID { LogID(device: signer, incarnation: incarnation, kind: .lasting) }
}

/// The first statement: the signer is the first device of the owner.
public struct Genesis: Hashable, Sendable {
  /// The workspace's name, 1–100 bytes.
  public let name: String
  public let member: MemberKey
  /// Makes two workspaces of one name and one founder differ.
  public let nonce: Nonce

  public init(name: String, member: MemberKey, nonce: Nonce) {
    self.name = name
    self.member = member
    self.nonce = nonce
  }
}

/// A device belongs to a member with a role.
public struct Credential: Hashable, Sendable {
  public let device: DeviceID
  public let member: MemberID
  public let memberKey: MemberKey
  public let role: Role
  /// The invite by which the device was admitted, and its proof; nil when an admin admits directly.
  public let invite: InviteProof?
  /// The device's signature over workspace, member and member key, given when it joins. Without one a credential admits
  /// no device: nobody claims a device that has not said so itself, or puts a key of their own into a newcomer's place.
  /// Nil where a member is given a greater role.
  public let consent: Signature?

  public init(
    device: DeviceID, member: MemberID, memberKey: MemberKey, role: Role, invite: InviteProof?,
    consent: Signature? = nil
  ) {
    self.device = device
    self.member = member
    self.memberKey = memberKey
    self.role = role
    self.invite = invite
    self.consent = consent
  }
}

/// The invite key's signature over workspace, joining device and admitting device.
public struct InviteProof: Hashable, Sendable {
  public let invite: InviteID
  public let signature: Signature

  public init(invite: InviteID, signature: Signature) {
    self.invite = invite
    self.signature = signature
  }
}

/// Who holds the secret half of the key may join.
public struct Invite: Hashable, Sendable {
  public let invite: InviteID
  public let role: Role
  public let uses: UInt32
  /// The last moment, in Unix milliseconds.
  public let expiry: Int64

  public init(invite: InviteID, role: Role, uses: UInt32, expiry: Int64) {
    self.invite = invite
    self.role = role
    self.uses = uses
    self.expiry = expiry
  }
}

/// How far a log stands.
public struct KeptLog: Hashable, Sendable {
  public let log: LogID
  public let head: Head
  /// The last statement in it up to there, which names the one before it, and so on; nil where there is none. Another
  /// statement with the number of one of these is none of the log.
  public let statement: StatementID?

  public init(log: LogID, head: Head, statement: StatementID?) {
    self.log = log
    self.head = head
    self.statement = statement
  }
}

/// A device is out. What it wrote up to the listed heads stands; a log that is not listed is cut at zero.
public struct Cut: Hashable, Sendable {
  public let device: DeviceID
  /// Logs of the device, at most 32.
  public let kept: [KeptLog]

  public init(device: DeviceID, kept: [KeptLog]) {
    self.device = device
    self.kept = kept
  }
}

/// A cut of powers: the member stays, with less. What it stated up to the listed heads, while it had more, stands.
public struct Demotion: Hashable, Sendable {
  public let member: MemberID
  /// What is left; never owner.
  public let role: Role
  /// The statements that gave more and give `role` from now on; 1 to 16. Whoever is given more again is so by a new
  /// statement, which none of these names: clocks have no say in which came last.
  public let ended: [StatementID]
  /// Logs of the member's devices, at most 24. One that is not listed has no powers from its start.
  public let kept: [KeptLog]

  public init(member: MemberID, role: Role, ended: [StatementID], kept: [KeptLog]) {
    self.member = member
    self.role = role
    self.ended = ended
    self.kept = kept
  }
}

/// The owner's word on who may take the owner's place.
public struct Succession: Hashable, Sendable {
  /// Nil for nobody any more.
  public let member: MemberID?
  /// The namings that this one replaces, at most 16: so no clock decides which is the latest.
  public let replaced: [StatementID]

  public init(member: MemberID?, replaced: [StatementID]) {
    self.member = member
    self.replaced = replaced
  }
}

/// A device of the member that was named takes the owner's place for that member. The former owner has an admin's
/// powers left.
public struct Takeover: Hashable, Sendable {
  /// The naming on which it rests.
  public let succession: StatementID
  /// Logs of the former owner's devices, at most 24. What was stated in them up to there is judged by the owner's power.
  public let kept: [KeptLog]

  public init(succession: StatementID, kept: [KeptLog]) {
    self.succession = succession
    self.kept = kept
  }
}

public enum Role: UInt8, Hashable, Sendable, CaseIterable, Comparable {
  case guest = 1
  case member = 2
  case admin = 3
  case owner = 4
  public static func < (a: Role, b: Role) -> Bool { a.rawValue < b.rawValue }
}

/// A statement as it is carried: the bytes, verbatim, and the signer's signature over them.
public struct SignedStatement: Hashable, Sendable {
  public let body: [UInt8]
  public let signature: Signature

  public init(body: [UInt8], signature: Signature) {
    self.body = body
    self.signature = signature
  }

  /// Nobody signs two bodies alike.
  public func hash(into hasher: inout Hasher) { hasher.combine(signature) }
}

/// A statement whose signature holds, with its id and the bytes that were signed. Invite proofs inside it
/// have been checked too.
public struct ProvedStatement: Hashable, Sendable {
  public let id: StatementID
  public let statement: Statement
  public let signed: SignedStatement

  public init(id: StatementID, statement: Statement, signed: SignedStatement) {
    self.id = id
    self.statement = statement
    self.signed = signed
  }
}
