/// Why nobody let us in: the most telling reason, and every address that was tried.
public struct JoinReport: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var attempt: JoinAttempt
    public var diagnosis: JoinDiagnosis
  }

  /// What to tell first.
  public var summary: JoinDiagnosis
  /// In the order in which they were tried.
  public var entries: [Entry]

  /// Whether the invite itself is the reason, so that trying again with it is of no use.
  public var isRefusal: Bool {
    switch summary.cause {
    case .clock, .inviteExpired, .inviteSpent, .inviteUnknown, .notAdmitter, .wasMember: true
    default: false
    }
  }

  /// - Parameter expiry: the invite's, in Unix milliseconds, as its code says.
  public init(_ ledger: JoinLedger, expiry: Int64, at now: Instant) {
    entries = Self.once(Self.agreed(ledger.attempts).map { Entry(attempt: $0, diagnosis: JoinDiagnosis($0)) })
    let first = entries.enumerated().min { a, b in
      (a.element.rank, a.offset) < (b.element.rank, b.offset)
    }?.element
    summary =
      first?.diagnosis
      ?? JoinDiagnosis(
        .nobodySeen, "The invite names no address, and no node was seen on this network.",
        "Check that both machines are on the same network and that a colleague's node runs.")
    if let clock = Self.clock(ledger, at: now) {
      summary = clock
      return
    }
    guard !isRefusal else { return }
    if expiry < now.wall {
      summary.cause = .inviteExpired
      summary.detail =
        "By this machine's clock the invite expired \(Self.span(now.wall - expiry)) ago, and nobody was "
        + "reached who could say otherwise. " + summary.detail
      summary.hint = "Ask for a new invite; if this machine's clock is wrong, set it. " + summary.hint
    } else {
      summary.hint += " Any member who is online can let you in, not only who made the invite."
    }
  }

  // MARK: - Machines

  /// What the link told of one address of a machine holds for its others, of which the kernel may know nothing, so
  /// that one list does not suspect a firewall and the Wi-Fi of the same silence. An answer weighs more than silence.
  private static func agreed(_ attempts: [JoinAttempt]) -> [JoinAttempt] {
    var neighbours: [String: JoinFacts.Neighbour] = [:]
    for facts in attempts.map(\.facts) {
      guard let instance = facts.instance, let neighbour = facts.neighbour else { continue }
      if neighbours[instance] != .answers { neighbours[instance] = neighbour }
    }
    return attempts.map { attempt in
      var attempt = attempt
      if let known = attempt.facts.instance.flatMap({ neighbours[$0] }) { attempt.facts.neighbour = known }
      return attempt
    }
  }

  /// One machine's verdict is told at one of its addresses, the most telling; the others say whose they are.
  private static func once(_ entries: [Entry]) -> [Entry] {
    entries.enumerated().map { place, entry in
      let same = entries.enumerated().filter { place == $0.offset || entry.isSaid(by: $0.element) }
      let teller = same.min { a, b in (a.element.rank, a.offset) < (b.element.rank, b.offset) }
      guard let teller, teller.offset != place else { return entry }
      return Entry(
        attempt: entry.attempt,
        diagnosis: JoinDiagnosis(
          entry.diagnosis.cause, "It is another address of the machine at \(teller.element.attempt.endpoint.host).", "")
      )
    }
  }

  // MARK: - Clocks

  /// Where an invite counts as expired and clocks differ by more than the bound, the clock is to blame.
  private static func clock(_ ledger: JoinLedger, at now: Instant) -> JoinDiagnosis? {
    var clocks = CorrectedTime()
    var teller: (endpoint: Endpoint, offset: Int64)?
    for attempt in ledger.attempts {
      guard let device = attempt.facts.device, let offset = attempt.facts.clockOffset else { continue }
      clocks.note(device, wall: now.wall + offset, at: now)
      if attempt.outcome == .inviteExpired, abs(offset) > Limits.clockBound, teller == nil {
        teller = (attempt.endpoint, offset)
      }
    }
    guard let teller else { return nil }
    let place = teller.endpoint.host
    for case .ourselves(let by) in clocks.suspects {
      return JoinDiagnosis(
        .clock, "This machine's clock is \(span(by)) \(by > 0 ? "ahead of" : "behind") those of its colleagues.",
        "Set it (`timedatectl set-ntp true`), then try again; or ask for a new invite.")
    }
    let way = teller.offset > 0 ? "ahead of" : "behind"
    return JoinDiagnosis(
      .clock,
      "By the clock of the machine at \(place) the invite has expired, but that clock is \(span(teller.offset)) \(way) "
        + "this machine's: one of the two is wrong.",
      "Look at both clocks and set the wrong one (`timedatectl set-ntp true`), then try again; or ask for a new invite."
    )
  }

  /// What to say after joining, where a clock is wrong by more than the bound; nil where none is.
  public static func notice(_ clocks: CorrectedTime) -> String? {
    for suspect in clocks.suspects {
      switch suspect {
      case .ourselves(let by):
        return "This machine's clock is \(span(by)) \(by > 0 ? "ahead of" : "behind") those of its colleagues. Set it "
          + "(`timedatectl set-ntp true`): until then what you write may be held back."
      case .peer(_, let by):
        return "A colleague's clock is \(span(by)) \(by > 0 ? "ahead of" : "behind") this machine's. Look at both and "
          + "set the wrong one (`timedatectl set-ntp true`): until then what one of you writes may be held back."
      }
    }
    return nil
  }

  /// "20 s", "12 min", "3 h 5 min", "9 days": a difference of clocks, whichever way, to the nearest minute or day.
  static func span(_ milliseconds: Int64) -> String {
    let seconds = Int64(clamping: milliseconds.magnitude) / 1_000
    let minutes = (seconds + 30) / 60
    switch minutes {
    case 0: return "\(seconds) s"
    case ..<60: return "\(minutes) min"
    case ..<2_880: return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
    default: return "\((minutes + 720) / 1_440) days"
    }
  }
}

extension JoinReport.Entry {
  /// Whether another address of the same machine, at the same port, has the same verdict.
  fileprivate func isSaid(by other: JoinReport.Entry) -> Bool {
    diagnosis.cause == other.diagnosis.cause && attempt.endpoint.port == other.attempt.endpoint.port
      && attempt.facts.isOfSameMachine(as: other.attempt.facts)
  }

  /// The lower, the more it tells: what a node of the workspace says first, then what keeps the addresses that were
  /// named from answering, and last what is noise.
  fileprivate var rank: Int {
    switch diagnosis.cause {
    case .clock, .inviteSpent, .inviteExpired, .wasMember: 0
    case .inviteUnknown, .notAdmitter: 1
    case .otherVersion, .brokenOff: 2
    case .noNetwork: 3
    case .firewall: base + 0
    case .clientIsolation: base + 1
    case .nodeNotRunning: base + 2
    case .asleepOrIsolated: base + 3
    case .otherSubnet: base + 4
    case .noAnswer: base + 5
    case .notBullpen: base + 6
    case .otherWorkspace: 40
    case .thisMachine: 41
    case .nobodySeen: 42
    }
  }

  /// What mDNS saw may be anybody's.
  private var base: Int { attempt.source == .mdns ? 20 : 10 }
}
