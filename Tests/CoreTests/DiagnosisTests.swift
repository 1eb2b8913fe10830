import Testing

@testable import BullpenCore

@Suite("Why somebody is not seen, decided from symptoms")
struct DiagnosisTests {
  static let bob = MemberID(Bytes16(Array(repeating: 0xb0, count: 16))!)
  static let eve = MemberID(Bytes16(Array(repeating: 0xe0, count: 16))!)
  static func device(_ byte: UInt8) -> DeviceID { DeviceID(Bytes32(Array(repeating: byte, count: 32))!) }
  static let near = Endpoint(address: [10, 77, 0, 2], port: 4781)!
  static let far = Endpoint(address: [10, 88, 0, 2], port: 4781)!
  static let subnet = Subnet(interface: "eth0", address: [10, 77, 0, 1], prefix: 24)!
  static let own = Endpoint(address: [10, 77, 0, 1], port: 0)!
  static let running = Symptoms.Responder.running(isSystem: true, age: 60_000, isAgain: false)

  static func interface(
    _ name: String = "eth0", _ kind: Symptoms.Interface.Kind = .link, isUp: Bool = true, addresses: [Endpoint] = [own],
    echo: Symptoms.Interface.Echo = .heard
  ) -> Symptoms.Interface {
    Symptoms.Interface(name, kind, isUp: isUp, addresses: addresses, echo: echo)
  }

  static func address(
    _ outcome: Symptoms.Address.Outcome, at endpoint: Endpoint = near, _ sources: [AddressBook.Source] = [.remembered],
    _ neighbour: JoinFacts.Neighbour? = nil, announced: String? = nil
  ) -> Symptoms.Address {
    Symptoms.Address(
      endpoint, sources, outcome,
      facts: JoinFacts(subnets: [subnet], neighbour: neighbour, instance: announced))
  }

  static func bobs(
    isConnected: Bool = false, isShown: Bool = false, silence: Int64? = nil, _ addresses: [Symptoms.Address] = [],
    isWithholding: Bool = false, isBack: Bool = false
  ) -> Symptoms.Peer {
    Symptoms.Peer(
      device(0xb0), of: bob, name: "Bob", isConnected: isConnected, isShown: isShown, datagramSilence: silence,
      addresses: addresses, isWithholding: isWithholding, isBack: isBack)
  }

  static let seen = bobs(isConnected: true, isShown: true, silence: 900, [address(.notTried, [.mdns, .remembered])])
  static let eves = Symptoms.Peer(
    device(0xe0), of: eve, name: "Eve", isConnected: true, isShown: true, datagramSilence: 400)

  static func symptoms(
    _ peers: [Symptoms.Peer] = [seen], interfaces: [Symptoms.Interface] = [interface()], confinedTo: String? = nil,
    responder: Symptoms.Responder = running, clocks: [Symptoms.Noted<ClockNotice>] = [],
    twins: [Symptoms.Noted<TwinNotice>] = [], forks: [Symptoms.Noted<ForkNotice>] = [], person: Symptoms.Person? = nil
  ) -> Symptoms {
    Symptoms(
      interfaces: interfaces, confinedTo: confinedTo, responder: responder, port: 4790, peers: peers, clocks: clocks,
      twins: twins, forks: forks, person: person)
  }

  static func tried(
    _ outcome: JoinAttempt.Outcome, at endpoint: Endpoint = near, _ neighbour: JoinFacts.Neighbour? = nil,
    announced: String? = nil
  ) -> Symptoms {
    symptoms([bobs([address(.failed(outcome), at: endpoint, [.remembered], neighbour, announced: announced)])])
  }

  /// It said goodbye a moment ago.
  static let gone = Symptoms.Peer(
    device(0xb0), of: bob, name: "Bob", isHere: false, datagramSilence: 300, addresses: [address(.failed(.refused))])

  static let docker = interface(
    "docker0", .virtual, addresses: [Endpoint(address: [172, 17, 0, 1], port: 0)!], echo: .notTried)
  static let vpn = interface("wg0", .tunnel, addresses: [Endpoint(address: [10, 9, 0, 1], port: 0)!], echo: .notTried)
  static let asked = Symptoms.Person(bob, name: "Bob")
  static let wrongClock = Symptoms.Noted(
    ClockNotice(device: device(0xb0), ahead: 86_400_000, isCertain: false), name: "Bob", member: bob)
  static let double = Symptoms.Noted(TwinNotice(device: device(0xb0)), name: "Bob", member: bob)
  static let ownDouble = Symptoms.Noted(TwinNotice(place: "10.77.0.9"), name: "Ada", member: eve)
  static func fork(lacks: Bool) -> Symptoms.Noted<ForkNotice> {
    let moment: Int64 = 1_700_000_000_000
    let notice = ForkNotice(device: device(0xb0), branches: 2, lacks: lacks, since: moment, latest: moment)
    return Symptoms.Noted(notice, name: "Bob", member: bob)
  }

  @Test("that loopback leads to no other machine is said, as a warning where somebody is missed")
  func loopback() {
    let lo = Self.interface(
      "lo", .loopback, addresses: [Endpoint(address: [127, 0, 0, 1], port: 0)!])
    let found = Diagnosis(Self.symptoms(interfaces: [lo], confinedTo: "lo"))
    #expect(found.isWell && found.verdicts.map(\.code) == [.nothingWrong, .loopbackOnly])
    let missed = Diagnosis(Self.symptoms([Self.bobs()], interfaces: [lo], confinedTo: "lo"))
    #expect(missed.verdicts.first { $0.code == .loopbackOnly }?.severity == .warning)
    #expect(!Diagnosis(Self.symptoms()).verdicts.contains { $0.code == .loopbackOnly })
  }

  @Test(
    "an address given by hand that leads to nobody is named with why, and is a warning only where somebody is missed",
    arguments: [
      (.failed(.refused), "no node listens on its port 4781"), (.failed(.unknownWorkspace), "is not in it"),
      (.failed(.thisMachine), "this node itself"), (.failed(.notBullpen), "no Bullpen node"),
      (.failed(.otherVersion), "another version"), (.failed(.brokenOff), "broke off"), (.reached, nil),
    ] as [(Symptoms.Address.Outcome, String?)])
  func given(outcome: Symptoms.Address.Outcome, words: String?) {
    let given = Symptoms.Given("desk.local", [Self.address(outcome, at: Self.near, [.given])])
    let offices: [([Symptoms.Peer], Verdict.Severity)] = [([], .warning), ([Self.seen], .note)]
    for (peers, severity) in offices {
      var symptoms = Self.symptoms(peers)
      symptoms.given = [given]
      let verdict = Diagnosis(symptoms).verdicts.first { $0.code == .givenUnanswered }
      #expect((verdict == nil) == (words == nil))
      guard let verdict, let words else { continue }
      #expect(verdict.detail.hasPrefix("`--peer desk.local` leads to nobody of this workspace. "))
      #expect(verdict.detail.contains(words) && verdict.detail.hasSuffix(".") && verdict.hint.hasSuffix("."))
      #expect(!verdict.hint.contains("invite") || outcome == .failed(.unknownWorkspace))
      #expect(verdict.severity == severity)
    }
    var nameless = Self.symptoms([])
    nameless.given = [Symptoms.Given("dsek.local", [])]
    #expect(Diagnosis(nameless).verdicts.contains { $0.detail.hasSuffix("The name has no address.") })
  }

  @Test("a link-local address is told with its interface's name, and stays the same address")
  func zone() {
    let endpoint = Endpoint(address: [0xfe, 0x80] + Array(repeating: 0, count: 13) + [2], scope: 3, port: 4781)!
    #expect(endpoint.description == "[fe80::2%3]:4781")
    #expect(endpoint.named([3: "eth0"]).description == "[fe80::2%eth0]:4781")
    #expect(endpoint.named([3: "eth0"]) == endpoint && endpoint.named([3: "eth0"]).hashValue == endpoint.hashValue)
    #expect(endpoint.named([4: "eth0"]).description == "[fe80::2%3]:4781")
    #expect(Self.near.named([0: "eth0", 3: "eth1"]).description == "10.77.0.2:4781")
  }

  @Test(
    "each set of symptoms has its own first verdict",
    arguments: [
      (symptoms(), .nothingWrong),
      (symptoms([]), .nobodyElse),
      (symptoms(person: Symptoms.Person(eve, name: "Eve", isFormer: true, removedBy: "Ada")), .formerMember),
      // This machine
      (symptoms([bobs()], interfaces: []), .noNetwork),
      (symptoms([bobs()], interfaces: [interface(addresses: [])], confinedTo: "eth0"), .noNetwork),
      (symptoms([bobs()], interfaces: [interface(isUp: false)]), .interfaceDown),
      (symptoms([bobs()], interfaces: [interface(isUp: false), docker], confinedTo: "eth0"), .interfaceDown),
      (symptoms([bobs()], interfaces: [docker], confinedTo: "eth0"), .interfaceDown),
      (symptoms([bobs()], interfaces: [interface(isUp: false), docker, vpn]), .virtualOnly),
      (symptoms(interfaces: [interface(), docker, vpn]), .nothingWrong),
      // mDNS
      (symptoms(interfaces: [interface(echo: .silent)]), .mdnsNotHeard),
      (symptoms(responder: .failing("No daemon.")), .mdnsFailing),
      (symptoms(responder: .starting), .mdnsStarting),
      // The way
      (symptoms([bobs()]), .noAddress),
      (tried(.refused), .nodeNotRunning), (symptoms([gone]), .nodeNotRunning), (tried(.timedOut, .answers), .firewall),
      (tried(.unreachable, .answers), .firewall), (tried(.timedOut, .silent), .asleepOrIsolated),
      (tried(.timedOut, .silent, announced: "bob"), .clientIsolation), (tried(.timedOut), .noAnswer),
      (tried(.timedOut, at: far), .otherSubnet), (tried(.notBullpen), .notBullpen),
      (tried(.otherVersion), .otherVersion), (tried(.unknownWorkspace), .notRecognised),
      (tried(.brokenOff), .brokenOff),
      (symptoms([bobs([address(.otherDevice)])]), .otherDevice),
      (symptoms([bobs([address(.reached)])]), .brokenOff),
      // With it
      (symptoms([bobs(isConnected: true, isShown: true, silence: 60_000)]), .datagramsBlocked),
      (symptoms([bobs(isConnected: true)]), .datagramsBlocked),
      (symptoms([bobs(isShown: true, silence: 900, [address(.failed(.timedOut))])]), .connectionsBlocked),
      (symptoms([bobs(isShown: true, silence: 900, [address(.failed(.refused))])]), .connectionsBlocked),
      (symptoms([bobs(isShown: true, silence: 2_100, [address(.failed(.refused))])]), .nodeNotRunning),
      (symptoms([bobs(isShown: true, silence: 900, [address(.reached)])]), .nothingWrong),
      (symptoms([bobs(isConnected: true, silence: 900)], person: asked), .offlineOrHidden),
      (symptoms([bobs(isConnected: true), eves], person: asked), .offlineOrHidden),
      (symptoms(clocks: [wrongClock]), .clock), (symptoms(twins: [double], person: asked), .twin),
      (symptoms(twins: [ownDouble], person: asked), .twin), (symptoms(forks: [fork(lacks: true)]), .fork),
      (symptoms([bobs(isConnected: true, isShown: true, silence: 900, isWithholding: true)]), .withholding),
      (symptoms([bobs(isConnected: true, isShown: true, silence: 100, isBack: true)]), .nothingWrong),
    ] as [(Symptoms, Verdict.Code)])
  func first(symptoms: Symptoms, code: Verdict.Code) throws {
    let diagnosis = Diagnosis(symptoms)
    let first = try #require(diagnosis.verdicts.first)
    #expect(first.code == code)
    #expect(diagnosis.isWell == (code == .nothingWrong))
    for verdict in diagnosis.verdicts {
      #expect(verdict.detail.hasSuffix("."))
      #expect(verdict.hint.isEmpty || verdict.hint.hasSuffix(".") || verdict.hint.hasSuffix("?"))
      if verdict.severity < .note { #expect(!verdict.hint.isEmpty) }
    }
  }

  @Test(
    "what is good to know is told beside it, and is nothing wrong",
    arguments: [
      (symptoms(responder: .off), .mdnsOff),
      (symptoms(responder: .running(isSystem: true, age: 3_000, isAgain: true)), .mdnsRestarted),
      (symptoms([bobs(isConnected: true, isShown: true, silence: 900, [address(.notTried)])]), .mdnsNotCarried),
      (symptoms([bobs(isConnected: true, isShown: true, silence: 100, isBack: true)]), .reachedAgain),
      (symptoms([bobs(isConnected: true, silence: 900), eves]), .offlineOrHidden),
      (symptoms(forks: [fork(lacks: false)], person: asked), .fork),
    ] as [(Symptoms, Verdict.Code)])
  func notes(symptoms: Symptoms, code: Verdict.Code) {
    let diagnosis = Diagnosis(symptoms)
    #expect(diagnosis.isWell)
    #expect(diagnosis.verdicts.map(\.code) == [.nothingWrong, code])
  }

  @Test("what is known of one person's device is not told of another, and what is known of this machine always")
  func whose() {
    let person = Symptoms.Person(Self.eve, name: "Eve")
    let twins = [Self.double, Self.ownDouble], forks = [Self.fork(lacks: true)]
    let diagnosis = Diagnosis(Self.symptoms([Self.eves], twins: twins, forks: forks, person: person))
    #expect(diagnosis.verdicts.map(\.code) == [.twin])
    #expect(diagnosis.verdicts.first?.device == nil)
    #expect(diagnosis.verdicts.first?.detail.contains("10.77.0.9") == true)
  }

  @Test("whoever hides and whoever is offline get the same words, and they are one sentence")
  func hidden() {
    let heard = Diagnosis(Self.symptoms([Self.bobs(isConnected: true, silence: 900)], person: Self.asked))
    let unheard = Diagnosis(Self.symptoms([Self.bobs(isConnected: true), Self.eves], person: Self.asked))
    #expect(heard == unheard)
    #expect(heard.verdicts.map(\.detail) == ["Bob is offline or not visible to you."])
  }

  @Test("on no network, that alone is said of those who are not reached")
  func once() {
    let away = Self.bobs([Self.address(.failed(.unreachable))])
    let diagnosis = Diagnosis(Self.symptoms([away, Self.bobs()], interfaces: [Self.interface(isUp: false)]))
    #expect(diagnosis.verdicts.map(\.code) == [.interfaceDown])
    #expect(diagnosis.verdicts[0].detail == "eth0 is down: no cable, no Wi-Fi, or switched off.")
    #expect(diagnosis.verdicts[0].remedies.map(\.lines).contains(["sudo ip link set eth0 up"]))
  }

  @Test("of several addresses the most telling counts, and its lines hold its port")
  func telling() throws {
    let port = try #require(Endpoint(address: [10, 77, 0, 2], port: 50_123))
    let device = Self.bobs([
      Self.address(.failed(.timedOut), at: Self.far), Self.address(.failed(.timedOut), at: port, [.mdns], .answers),
      Self.address(.otherDevice),
    ])
    let verdict = try #require(Diagnosis(Self.symptoms([device])).verdicts.first)
    #expect(verdict.code == .firewall)
    #expect((verdict.device, verdict.member) == (Self.device(0xb0), Self.bob))
    #expect(verdict.detail.hasPrefix("Bob's device b0b0b0b0 is not reached. The machine at 10.77.0.2 is awake"))
    #expect(verdict.remedies.map(\.tool) == ["ufw", "firewalld", "nftables"])
    #expect(verdict.remedies[0].lines.first == "sudo ufw allow 50123/tcp")
  }

  @Test("where datagrams fail, the lines are for this machine's own port")
  func datagrams() throws {
    let verdict = try #require(Diagnosis(Self.symptoms([Self.bobs(isConnected: true)])).verdicts.first)
    #expect(verdict.remedies[0].lines.contains("sudo ufw allow 4790/udp"))
    #expect(verdict.detail.contains("not visible to you"))
  }

  @Test("who is asked about is alone told of; a fault of this machine's comes along")
  func person() {
    let eve = Symptoms.Peer(Self.device(0xe0), of: Self.eve, name: "Eve")
    let diagnosis = Diagnosis(
      Self.symptoms([Self.seen, eve], interfaces: [Self.interface(echo: .silent)], person: Self.asked))
    #expect(diagnosis.verdicts.map(\.code) == [.mdnsNotHeard])
    #expect(diagnosis.verdicts[0].remedies.contains { $0.lines == ["sudo ufw allow 5353/udp"] })
    let all = Diagnosis(Self.symptoms([Self.seen, eve]))
    #expect(all.verdicts.map(\.code) == [.noAddress])
  }

  @Test("an interface that nobody is behind may be silent")
  func virtual() {
    let interfaces = [Self.interface(), Self.docker, Self.vpn]
    #expect(Diagnosis(Self.symptoms(interfaces: interfaces)).verdicts.map(\.code) == [.nothingWrong])
  }

  @Test("every step and outcome has words, and none ends in a full stop")
  func words() {
    let outcomes =
      [.notTried, .reached, .otherDevice]
      + JoinAttempt.Outcome.allCases.map { Symptoms.Address.Outcome.failed($0) }
    #expect(Set(outcomes.map(\.word)).count == outcomes.count)
    let steps: [ExaminationStep] = [
      .looking(interfaces: 1), .looking(interfaces: 2), .listening(["eth0"]), .echo("eth0", heard: true),
      .echo("eth0", heard: false), .trying(Self.near, name: "Bob"), .reached(Self.near, name: "Bob"), .concluding,
    ]
    for words in outcomes.map(\.words) + (steps + outcomes.map { .failed(Self.near, $0) }).map(\.words) {
      #expect(!words.isEmpty && !words.hasSuffix("."))
    }
  }
}
