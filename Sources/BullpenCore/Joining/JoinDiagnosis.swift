/// Why one address did not lead in, in words, and what to do about it. It is decided from facts alone.
public struct JoinDiagnosis: Hashable, Sendable {
  /// Each is a word of the API (`protocol/api.md`).
  public enum Cause: String, Hashable, Sendable, CaseIterable {
    case clock
    case inviteSpent = "invite_spent"
    case inviteExpired = "invite_expired"
    case inviteUnknown = "invite_unknown"
    case notAdmitter = "not_admitter"
    case wasMember = "was_member"
    case otherVersion = "other_version"
    case brokenOff = "broken_off"
    case noNetwork = "no_network"
    case firewall
    case clientIsolation = "client_isolation"
    case asleepOrIsolated = "asleep_or_isolated"
    case nodeNotRunning = "node_not_running"
    case otherSubnet = "other_subnet"
    case noAnswer = "no_answer"
    case notBullpen = "not_bullpen"
    case otherWorkspace = "other_workspace"
    case thisMachine = "this_machine"
    /// No address was known at all.
    case nobodySeen = "nobody_seen"
  }

  public var cause: Cause
  public var detail: String
  /// What to do next; empty where another address of the same machine says so.
  public var hint: String
  /// Lines for the other machine, by tool; of use where `hint` speaks of them.
  public var remedies: [Remedy] = []

  /// Decides.
  public init(_ attempt: JoinAttempt) {
    let (endpoint, place) = (attempt.endpoint, attempt.endpoint.host)
    switch attempt.outcome {
    case .refused, .timedOut, .unreachable: self = Self.silence(attempt)
    case .thisMachine: self = Self.own(endpoint)
    case .notBullpen:
      self.init(
        .notBullpen, "What answers at \(endpoint) is no Bullpen node.",
        "Another program has that port there now. Ask for a new invite.")
    case .brokenOff:
      self.init(.brokenOff, "The node at \(place) broke off while it let this machine in.", "Try again.")
    case .unknownWorkspace:
      self.init(
        .otherWorkspace, "The node at \(place) is not in the workspace that the invite is for.",
        "Ask for a new invite if it should be.")
    case .otherVersion:
      self.init(
        .otherVersion, "The node at \(place) speaks another version of the protocol.",
        "Install the same version of Bullpen on both machines.")
    case .inviteUnknown:
      self.init(
        .inviteUnknown, "The node at \(place) does not know the invite.",
        "It was withdrawn, or word of it has not reached that machine yet. Try again in a minute, or \(Self.another).")
    case .inviteExpired:
      self.init(.inviteExpired, "The invite has expired, says the node at \(place).", Self.ask)
    case .inviteSpent:
      self.init(
        .inviteSpent, "The invite has been used as often as it may be, says the node at \(place).", Self.ask)
    case .notAdmitter:
      self.init(
        .notAdmitter, "Who answers at \(place) is a guest and may not let anybody in.",
        "Wait until a member who is no guest is online, and try again.")
    case .wasMember:
      self.init(
        .wasMember,
        "This device was a member of that workspace before, and its key there was erased when it left, so it cannot "
          + "come back.",
        "Start the node again (`bullpen down`, then `bullpen up`): where it is in no other workspace, it comes as a new "
          + "device. Where it is in others, join from another home: `bullpen up --home FOLDER`.")
    }
  }

  init(_ cause: Cause, _ detail: String, _ hint: String, _ remedies: [Remedy] = []) {
    self.cause = cause
    self.detail = detail
    self.hint = hint
    self.remedies = remedies
  }

  private static let another = "ask an owner or admin of the workspace for a new one"
  static let ask = "\(another.prefix(1).uppercased() + another.dropFirst())."

  // MARK: - Where nobody answered

  private static func silence(_ attempt: JoinAttempt) -> JoinDiagnosis {
    let (endpoint, facts) = (attempt.endpoint, attempt.facts)
    let place = endpoint.host
    if facts.subnets.contains(where: { $0.address == endpoint.address }) { return own(endpoint) }
    if attempt.outcome == .refused {
      return JoinDiagnosis(
        .nodeNotRunning, "The machine at \(place) is there, but no node listens on its port \(endpoint.port).",
        "Run `bullpen up` on that machine. If it runs already, its port has changed: ask for a new invite.")
    }
    if facts.subnets.isEmpty, !endpoint.isLoopback {
      return JoinDiagnosis(
        .noNetwork, "This machine is on no network.", "Plug in a cable or choose a Wi-Fi, then try again.")
    }
    guard isNear(endpoint, facts) else { return elsewhere(place, facts) }
    switch facts.neighbour {
    case .answers: return firewall(endpoint)
    case nil where facts.isAnnounced: return firewall(endpoint)
    case .silent where facts.isAnnounced:
      return JoinDiagnosis(
        .clientIsolation,
        "The machine at \(place) announces itself on this network but does not answer this one: client isolation of "
          + "the Wi-Fi is suspected, unless it fell asleep a minute ago.",
        "Put both machines on the office's own Wi-Fi instead of a guest network, or on a cable; or have “client "
          + "isolation” switched off at the access point.")
    case .silent:
      return JoinDiagnosis(
        .asleepOrIsolated,
        "Nothing answers at \(place), though it is in this machine's own network: that machine is asleep or off, or "
          + "the Wi-Fi keeps its clients apart (client isolation).",
        "Wake it. If it is awake, put both machines on the office's own Wi-Fi instead of a guest network, or on a "
          + "cable.")
    case nil:
      return JoinDiagnosis(
        .noAnswer, "Nothing answers at \(endpoint).",
        "That machine is asleep or off, or its firewall drops what comes in. If it is awake, run these lines there.",
        Remedy.openFirewall(port: endpoint.port))
    }
  }

  private static func isNear(_ endpoint: Endpoint, _ facts: JoinFacts) -> Bool {
    endpoint.isLinkLocal || endpoint.isLoopback || facts.subnets.contains { $0.contains(endpoint) }
  }

  private static func firewall(_ endpoint: Endpoint) -> JoinDiagnosis {
    JoinDiagnosis(
      .firewall,
      "The machine at \(endpoint.host) is awake, but its port \(endpoint.port) does not answer: a firewall on that "
        + "machine is suspected.",
      "Run the lines for its firewall on that machine, then try again.", Remedy.openFirewall(port: endpoint.port))
  }

  private static func elsewhere(_ place: String, _ facts: JoinFacts) -> JoinDiagnosis {
    let isIPv4 = !place.contains(":")
    let own = facts.subnets.filter { ($0.address.count == 4) == isIPv4 && !$0.isLinkLocal }.map {
      "\($0) on \($0.interface)"
    }
    let known = own.isEmpty ? "it has none of that kind" : own.joined(separator: ", ")
    return JoinDiagnosis(
      .otherSubnet, "The address \(place) is in none of this machine's networks (\(known)).",
      "Connect both machines to the same network. A guest Wi-Fi, a VPN or a second router keeps them apart.")
  }

  private static func own(_ endpoint: Endpoint) -> JoinDiagnosis {
    JoinDiagnosis(
      .thisMachine, "The address \(endpoint.host) is this machine's own.",
      "The other machine has the same address in a network of its own, such as docker's; its other addresses count.")
  }
}
