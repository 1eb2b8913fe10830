import BullpenCore
import Testing

@Suite("Why nobody let us in, decided from facts")
struct JoinDiagnosisTests {
  static let ada = Endpoint(address: [10, 77, 0, 1], port: 4781)!
  static let away = Endpoint(address: [10, 88, 0, 5], port: 4781)!
  static let docker = Endpoint(address: [172, 17, 0, 1], port: 4781)!
  /// The same machine as `ada`, of which ARP knows nothing.
  static let adaOverIPv6 = Endpoint(address: [0xfe, 0x80] + Array(repeating: 0, count: 13) + [1], port: 4781)!
  static let office = Subnet(interface: "eth0", address: [10, 77, 0, 2], prefix: 24)!
  static let own = Subnet(interface: "docker0", address: [172, 17, 0, 1], prefix: 16)!
  static let wall: Int64 = 1_763_700_000_000
  static let now = Instant(boot: 0, wall: wall)

  static func attempt(
    _ outcome: JoinAttempt.Outcome, at endpoint: Endpoint = ada, _ source: JoinAttempt.Source = .invite,
    _ neighbour: JoinFacts.Neighbour? = nil, announced: String? = nil, device: UInt8? = nil, offset: Int64? = nil
  ) -> JoinAttempt {
    JoinAttempt(
      endpoint, source, outcome,
      facts: JoinFacts(
        subnets: [office, own], neighbour: neighbour, instance: announced,
        device: device.map { DeviceID(Bytes32(Array(repeating: $0, count: 32))!) }, clockOffset: offset))
  }

  static func report(_ attempts: [JoinAttempt], expiry: Int64 = wall + 60_000) -> JoinReport {
    var ledger = JoinLedger()
    for attempt in attempts { _ = ledger.note(attempt) }
    return JoinReport(ledger, expiry: expiry, at: now)
  }

  @Test(
    "each set of facts has its own cause",
    arguments: [
      (attempt(.refused), .nodeNotRunning), (attempt(.timedOut, at: away), .otherSubnet),
      (attempt(.unreachable, at: away), .otherSubnet), (attempt(.timedOut, .invite, .answers), .firewall),
      // firewalld answers with "host prohibited", which looks like no way there.
      (attempt(.unreachable, .invite, .answers), .firewall),
      (attempt(.timedOut, .mdns, nil, announced: "ada"), .firewall),
      (attempt(.timedOut, .invite, .silent), .asleepOrIsolated),
      (attempt(.unreachable, .invite, .silent), .asleepOrIsolated),
      (attempt(.timedOut, .mdns, .silent, announced: "ada"), .clientIsolation), (attempt(.timedOut), .noAnswer),
      (attempt(.timedOut, at: docker), .thisMachine), (attempt(.refused, at: docker), .thisMachine),
      (attempt(.thisMachine), .thisMachine), (attempt(.notBullpen), .notBullpen), (attempt(.brokenOff), .brokenOff),
      (attempt(.unknownWorkspace), .otherWorkspace), (attempt(.otherVersion), .otherVersion),
      (attempt(.wasMember), .wasMember),
      (attempt(.inviteUnknown), .inviteUnknown), (attempt(.inviteExpired), .inviteExpired),
      (attempt(.inviteSpent), .inviteSpent), (attempt(.notAdmitter), .notAdmitter),
    ] as [(JoinAttempt, JoinDiagnosis.Cause)])
  func causes(attempt: JoinAttempt, cause: JoinDiagnosis.Cause) {
    let diagnosis = JoinDiagnosis(attempt)
    #expect(diagnosis.cause == cause)
    #expect(diagnosis.detail.hasSuffix(".") && diagnosis.hint.hasSuffix("."))
  }

  @Test("every outcome has words")
  func words() {
    for outcome in JoinAttempt.Outcome.allCases {
      #expect(!Self.attempt(outcome).words.isEmpty)
      #expect(!JoinDiagnosis(Self.attempt(outcome)).detail.isEmpty)
    }
  }

  @Test("a firewall's lines hold the real port, for TCP and UDP, and that of mDNS")
  func remedies() throws {
    let endpoint = try #require(Endpoint(address: [10, 77, 0, 1], port: 50_123))
    let diagnosis = JoinDiagnosis(Self.attempt(.timedOut, at: endpoint, .invite, .answers))
    #expect(diagnosis.remedies.map(\.tool) == ["ufw", "firewalld", "nftables"])
    #expect(
      diagnosis.remedies.first?.lines == [
        "sudo ufw allow 50123/tcp", "sudo ufw allow 50123/udp", "sudo ufw allow 5353/udp",
      ])
    for remedy in diagnosis.remedies {
      let lines = remedy.lines.joined(separator: "\n")
      for word in ["50123", "5353", "tcp", "udp"] { #expect(lines.contains(word)) }
    }
  }

  @Test("another subnet is named, with those that this machine is in")
  func subnets() {
    let detail = JoinDiagnosis(Self.attempt(.timedOut, at: Self.away)).detail
    #expect(detail.contains("10.88.0.5"))
    #expect(detail.contains("10.77.0.0/24 on eth0"))
    let none = JoinAttempt(Self.ada, .invite, .unreachable)
    #expect(JoinDiagnosis(none).cause == .noNetwork)
  }

  @Test(
    "of one machine's silence one cause is suspected, though ARP knows some of its addresses alone",
    arguments: [JoinFacts.Neighbour.silent, .answers], [true, false])
  func oneMachine(neighbour: JoinFacts.Neighbour, isReversed: Bool) {
    let cause: JoinDiagnosis.Cause = neighbour == .silent ? .clientIsolation : .firewall
    let attempts = [
      Self.attempt(.timedOut, .mdns, neighbour, announced: "ada"),
      Self.attempt(.timedOut, at: Self.adaOverIPv6, .mdns, announced: "ada"),
    ]
    let report = Self.report(isReversed ? attempts.reversed() : attempts)
    #expect(report.entries.map(\.diagnosis.cause) == [cause, cause])
    #expect(report.summary.cause == cause)
    // Another machine's silence is its own.
    let other = Self.attempt(.timedOut, at: Self.adaOverIPv6, .mdns, announced: "eve")
    #expect(Self.report([attempts[0], other]).entries.last?.diagnosis.cause == .firewall)
  }

  @Test("one machine's verdict is told once, at the address that tells most, in whatever order they were tried")
  func once() {
    let named = Self.attempt(.timedOut, .invite, .silent, announced: "ada")
    let seen = Self.attempt(.unreachable, at: Self.adaOverIPv6, .mdns, announced: "ada")
    for attempts in [[named, seen], [seen, named]] {
      let report = Self.report(attempts)
      let told = report.entries.first { $0.attempt.endpoint == Self.ada }
      let other = report.entries.first { $0.attempt.endpoint == Self.adaOverIPv6 }
      #expect(told?.diagnosis.detail == report.summary.detail)
      #expect(report.summary.cause == .clientIsolation)
      #expect(other?.diagnosis.cause == .clientIsolation)
      #expect(other?.diagnosis.detail == "It is another address of the machine at 10.77.0.1.")
      #expect(other?.diagnosis.hint == "" && other?.diagnosis.remedies == [])
    }
    // The same node says the same at each of its addresses, whatever mDNS knows.
    let unknown = [
      Self.attempt(.inviteUnknown, device: 1), Self.attempt(.inviteUnknown, at: Self.adaOverIPv6, .mdns, device: 1),
    ]
    #expect(Self.report(unknown).entries.last?.diagnosis.detail.contains("another address") == true)
    // Two machines, and two ports of one, have a line each.
    let eve = Self.attempt(.timedOut, at: Self.adaOverIPv6, .mdns, .silent, announced: "eve")
    #expect(Self.report([named, eve]).entries.allSatisfy { !$0.diagnosis.hint.isEmpty })
    let port = Self.attempt(.timedOut, at: Endpoint(address: Self.ada.address, port: 50_123)!, announced: "ada")
    #expect(Self.report([named, port]).entries.allSatisfy { !$0.diagnosis.hint.isEmpty })
  }

  @Test("what a node of the workspace said is told before what the network did, and noise last")
  func order() {
    let firewalled = Self.attempt(.timedOut, .invite, .answers)
    let spent = Self.attempt(.inviteSpent, at: Self.away, .mdns)
    let itself = Self.attempt(.thisMachine, at: Self.docker)
    #expect(Self.report([itself, firewalled, spent]).summary.cause == .inviteSpent)
    #expect(Self.report([itself, firewalled, spent]).isRefusal)
    #expect(Self.report([itself, firewalled]).summary.cause == .firewall)
    #expect(!Self.report([itself, firewalled]).isRefusal)
    // Whoever mDNS saw may be anybody; the invite's own address says more.
    let stranger = Self.attempt(.refused, at: Self.away, .mdns)
    #expect(Self.report([stranger, Self.attempt(.timedOut, .invite, .silent)]).summary.cause == .asleepOrIsolated)
    #expect(Self.report([]).summary.cause == .nobodySeen)
    let outcomes = Self.report([itself, firewalled, spent]).entries.map(\.attempt.outcome)
    #expect(outcomes == [.thisMachine, .timedOut, .inviteSpent])
  }

  @Test("who else can let one in is said where nobody was reached, and not where the invite is over")
  func others() {
    let words = "Any member who is online can let you in"
    #expect(Self.report([Self.attempt(.timedOut, .invite, .silent)]).summary.hint.contains(words))
    #expect(!Self.report([Self.attempt(.inviteSpent)]).summary.hint.contains(words))
  }

  @Test("one clock against one: both are named, with the difference")
  func twoClocks() {
    let hours: Int64 = 3 * 3_600_000 + 120_000
    let ahead = Self.report([Self.attempt(.inviteExpired, device: 1, offset: hours)]).summary
    #expect(ahead.cause == .clock)
    #expect(ahead.detail.contains("10.77.0.1"))
    #expect(ahead.detail.contains("3 h 2 min ahead of this machine's"))
    let behind = Self.report([Self.attempt(.inviteExpired, device: 1, offset: -hours)]).summary
    #expect(behind.detail.contains("behind"))
    // A few milliseconds on the way do not make it 2 h 59 min.
    let late = Self.report([Self.attempt(.inviteExpired, device: 1, offset: 3 * 3_600_000 - 40)]).summary
    #expect(late.detail.contains("3 h ahead"))
    let close = Self.report([Self.attempt(.inviteExpired, device: 1, offset: 240_000)]).summary
    #expect(close.cause == .inviteExpired)
  }

  @Test("one clock against two: it is this machine's that is wrong")
  func ownClock() {
    let summary = Self.report([
      Self.attempt(.inviteExpired, device: 1, offset: 7_200_000),
      Self.attempt(.inviteExpired, at: Self.away, .mdns, device: 2, offset: 7_200_500),
    ]).summary
    #expect(summary.cause == .clock)
    #expect(summary.detail == "This machine's clock is 2 h behind those of its colleagues.")
  }

  @Test("an invite that has expired by this clock alone is said to have, with a doubt")
  func ownExpiry() {
    let report = Self.report([Self.attempt(.timedOut, .invite, .silent)], expiry: Self.wall - 600_000)
    #expect(report.isRefusal)
    #expect(report.summary.detail.hasPrefix("By this machine's clock the invite expired 10 min ago"))
  }

  @Test("after joining, a wrong clock is named")
  func notice() {
    var clocks = CorrectedTime()
    #expect(JoinReport.notice(clocks) == nil)
    let devices = (1...2).map { DeviceID(Bytes32(Array(repeating: UInt8($0), count: 32))!) }
    clocks.note(devices[0], wall: Self.wall + 7_200_000, at: Self.now)
    #expect(JoinReport.notice(clocks)?.hasPrefix("A colleague's clock is 2 h ahead of this machine's.") == true)
    clocks.note(devices[1], wall: Self.wall + 7_200_000, at: Self.now)
    #expect(JoinReport.notice(clocks)?.hasPrefix("This machine's clock is 2 h behind those of its colleagues.") == true)
  }

  @Test("the ledger keeps the last word on an address, and a node's own word against later silence")
  func ledger() {
    var ledger = JoinLedger()
    func note(_ attempt: JoinAttempt) -> Bool { ledger.note(attempt) }
    #expect(note(Self.attempt(.timedOut)))
    #expect(!note(Self.attempt(.timedOut, .invite, .silent)))
    #expect(ledger.attempts.first?.facts.neighbour == .silent)
    // The kernel forgets, and so does mDNS; what neither contradicts stays.
    #expect(!note(Self.attempt(.timedOut, .invite, nil, announced: "ada")))
    #expect(!note(Self.attempt(.timedOut)))
    #expect(ledger.attempts.first?.facts.neighbour == .silent && ledger.attempts.first?.facts.instance == "ada")
    #expect(!note(Self.attempt(.timedOut, .invite, .answers)))
    #expect(ledger.attempts.first?.facts.neighbour == .answers)
    #expect(note(Self.attempt(.inviteUnknown)))
    #expect(!note(Self.attempt(.timedOut)))
    #expect(ledger.attempts.map(\.outcome) == [.inviteUnknown])
    for port in 1...UInt16(Limits.joinAttempts * 2) {
      _ = ledger.note(Self.attempt(.refused, at: Endpoint(address: [10, 0, 0, 1], port: port)!))
    }
    #expect(ledger.attempts.count == Limits.joinAttempts)
  }

  @Test(
    "a subnet holds its own addresses alone",
    arguments: [
      (24, [10, 77, 0, 9], true), (24, [10, 77, 1, 2], false), (23, [10, 77, 1, 2], true), (0, [8, 8, 8, 8], true),
    ]
      as [(Int, [UInt8], Bool)])
  func contains(prefix: Int, address: [UInt8], isIn: Bool) throws {
    let subnet = try #require(Subnet(interface: "eth0", address: [10, 77, 0, 2], prefix: prefix))
    #expect(try subnet.contains(#require(Endpoint(address: address, port: 1))) == isIn)
    #expect(try !subnet.contains(#require(Endpoint(address: Array(repeating: 10, count: 16), port: 1))))
    #expect(Subnet(interface: "eth0", address: [1, 2], prefix: 8) == nil)
    #expect(Subnet(interface: "eth0", address: [1, 2, 3, 4], prefix: 33) == nil)
  }
}
