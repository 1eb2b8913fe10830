/// One thing that an examination comes to: what is so, in words, and what to do about it.
public struct Verdict: Hashable, Sendable {
  /// Each is a word of the API (`protocol/api.md`).
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case nothingWrong = "nothing_wrong"

    // This machine
    /// No node runs here.
    case notRunning = "not_running"
    /// This device was cut.
    case removed
    case noNetwork = "no_network"
    case interfaceDown = "interface_down"
    case virtualOnly = "virtual_only"
    /// The node was told to use no more than the inside of this machine.
    case loopbackOnly = "loopback_only"

    // The workspace
    case nobodyElse = "nobody_else"
    case formerMember = "former_member"

    // mDNS
    case mdnsOff = "mdns_off"
    case mdnsStarting = "mdns_starting"
    case mdnsRestarted = "mdns_restarted"
    case mdnsFailing = "mdns_failing"
    case mdnsNotHeard = "mdns_not_heard"
    case mdnsNotCarried = "mdns_not_carried"

    // The way to a device
    case noAddress = "no_address"
    case nodeNotRunning = "node_not_running"
    case firewall
    case clientIsolation = "client_isolation"
    case asleepOrIsolated = "asleep_or_isolated"
    case otherSubnet = "other_subnet"
    case noAnswer = "no_answer"
    /// What was given by hand leads to no member's device.
    case givenUnanswered = "given_unanswered"
    case notBullpen = "not_bullpen"
    case otherDevice = "other_device"
    case otherVersion = "other_version"
    case notRecognised = "not_recognised"
    case brokenOff = "broken_off"
    case reachedAgain = "reached_again"

    // With a device
    case datagramsBlocked = "datagrams_blocked"
    case connectionsBlocked = "connections_blocked"
    case offlineOrHidden = "offline_or_hidden"
    case clock
    case withholding
    /// Two machines live with one key.
    case twin
    /// A device has continued its history in several ways.
    case fork
  }

  /// Each is a word of the API, the gravest first.
  public enum Severity: String, Hashable, Comparable, Sendable, CaseIterable {
    /// It keeps people from seeing one another.
    case fault
    /// It will, or it keeps something else from working.
    case warning
    /// Good to know.
    case note
    /// All is well.
    case well

    private var rank: Int {
      switch self {
      case .fault: 0
      case .warning: 1
      case .note: 2
      case .well: 3
      }
    }

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
  }

  public var code: Code
  public var severity: Severity
  public var detail: String
  /// What to do next; empty where there is nothing to do.
  public var hint: String
  /// Lines to run, by tool; `hint` says on which machine.
  public var remedies: [Remedy]
  /// The device that it is about, and whose that is; nil for this machine and its network.
  public var device: DeviceID?
  public var member: MemberID?

  public init(
    _ code: Code, _ severity: Severity, _ detail: String, hint: String = "", remedies: [Remedy] = [],
    device: DeviceID? = nil, member: MemberID? = nil
  ) {
    self.code = code
    self.severity = severity
    self.detail = detail
    self.hint = hint
    self.remedies = remedies
    self.device = device
    self.member = member
  }

  /// The same about a device.
  func about(_ peer: Symptoms.Peer) -> Verdict {
    var verdict = self
    verdict.device = peer.device
    verdict.member = peer.member
    return verdict
  }
}
