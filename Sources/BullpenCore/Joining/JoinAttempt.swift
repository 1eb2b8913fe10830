/// An address that a joiner tried, and how that ended.
public struct JoinAttempt: Hashable, Sendable {
  /// How the address became known.
  public enum Source: String, Hashable, Comparable, Sendable, CaseIterable {
    case given, invite, mdns

    public static func < (a: Source, b: Source) -> Bool { a.rawValue < b.rawValue }

    var words: String {
      switch self {
      case .given: "given by hand"
      case .invite: "from the invite"
      case .mdns: "seen on this network"
      }
    }
  }

  /// Each is a word of the API (`protocol/api.md`).
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    /// The machine is there and nobody listens.
    case refused
    case timedOut = "timed_out"
    /// No route, or the network says that there is no such machine.
    case unreachable
    case notBullpen = "not_bullpen"
    /// It is this node itself that answers.
    case thisMachine = "this_machine"
    /// The connection ended before the greeting did.
    case brokenOff = "broken_off"
    case unknownWorkspace = "unknown_workspace"
    case otherVersion = "other_version"
    case inviteUnknown = "invite_unknown"
    case inviteExpired = "invite_expired"
    case inviteSpent = "invite_spent"
    case notAdmitter = "not_admitter"
    /// This device was a member before, under a key that it no longer has.
    case wasMember = "was_member"

    public init(_ refusal: Refusal) {
      switch refusal {
      case .unknown: self = .unknownWorkspace
      case .duplicate: self = .wasMember
      case .version: self = .otherVersion
      case .inviteUnknown: self = .inviteUnknown
      case .inviteExpired: self = .inviteExpired
      case .inviteSpent: self = .inviteSpent
      case .notAdmitter: self = .notAdmitter
      }
    }

    /// A node of the invite's workspace has spoken.
    public var isVerdict: Bool {
      switch self {
      case .inviteUnknown, .inviteExpired, .inviteSpent, .notAdmitter, .wasMember: true
      default: false
      }
    }

    var words: String {
      switch self {
      case .refused: "nothing listens there"
      case .timedOut: "no answer"
      case .unreachable: "no way there"
      case .notBullpen: "what answers is no Bullpen node"
      case .thisMachine: "that is this machine itself"
      case .brokenOff: "the connection broke off"
      case .unknownWorkspace: "a node, but not of this workspace"
      case .otherVersion: "a node of another version"
      case .inviteUnknown: "the invite is not known there"
      case .inviteExpired: "the invite has expired"
      case .inviteSpent: "the invite is used up"
      case .notAdmitter: "who is there may not admit anybody"
      case .wasMember: "this device was a member there before"
      }
    }
  }

  public let endpoint: Endpoint
  public let source: Source
  public var outcome: Outcome
  public var facts: JoinFacts

  public init(_ endpoint: Endpoint, _ source: Source, _ outcome: Outcome, facts: JoinFacts = JoinFacts()) {
    self.endpoint = endpoint
    self.source = source
    self.outcome = outcome
    self.facts = facts
  }

  /// One line for a person who watches.
  public var words: String { "\(endpoint): \(outcome.words)" }
}

/// What the machine could tell about an address right after it was tried.
public struct JoinFacts: Hashable, Sendable {
  /// Whether the address answers on the link itself, below IP.
  public enum Neighbour: Hashable, Sendable {
    case answers
    /// It was asked for and did not answer.
    case silent
  }

  /// The networks of this machine, without loopback.
  public var subnets: [Subnet]
  /// Nil where the kernel has nothing to say, as of addresses behind a router.
  public var neighbour: Neighbour?
  /// Under which name mDNS announces this address right now; nil where it does not.
  public var instance: String?
  /// Who answered.
  public var device: DeviceID?
  /// The time by which it reads invites minus our wall clock, in milliseconds, where it told.
  public var clockOffset: Int64?

  public init(
    subnets: [Subnet] = [], neighbour: Neighbour? = nil, instance: String? = nil, device: DeviceID? = nil,
    clockOffset: Int64? = nil
  ) {
    self.subnets = subnets
    self.neighbour = neighbour
    self.instance = instance
    self.device = device
    self.clockOffset = clockOffset
  }

  /// Somebody announces the address, so its machine is awake.
  public var isAnnounced: Bool { instance != nil }

  /// Whether both addresses are one machine's: the same device answered there, or one name is announced for both.
  func isOfSameMachine(as other: JoinFacts) -> Bool {
    device != nil && device == other.device || instance != nil && instance == other.instance
  }

  /// What was known before holds until something else is known: the kernel forgets, and a name is not announced
  /// at every moment.
  func adding(_ before: JoinFacts) -> JoinFacts {
    var facts = self
    facts.neighbour = neighbour ?? before.neighbour
    facts.instance = instance ?? before.instance
    return facts
  }
}
