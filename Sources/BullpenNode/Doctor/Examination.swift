import BullpenCore
import BullpenStore
import BullpenTransport

/// One look at this machine, its network and the ways to other devices, in less than ten seconds. Whoever is not
/// connected is dialed once at each known address, and nobody else is: no network is searched. Who answers is greeted, so
/// looking may mend what it looks for. Addresses given by hand of which nobody knows whose they are come beside.
struct Examination: Sendable {
  typealias Progress = @Sendable (ExaminationStep) -> Void
  typealias Outcome = Symptoms.Address.Outcome

  let node: WorkspaceNode
  let sockets: NodeSockets
  let finder: Finder
  let hearing: DatagramHearing
  let given: GivenPeers

  func run(_ person: MemberID?, _ tell: @escaping Progress) async throws -> ExaminationReport {
    let began = Clocks.now().boot
    let list = NetworkInterfaces.list()
    tell(.looking(interfaces: list.count { $0.isRunning && $0.kind != .loopback }))
    let before = try await Sight(node)
    async let echoes = listen(list, tell)
    let asked = before.states.filter { isAsked($0, person, before) }
    let isMissed = before.states.isEmpty || asked.contains { !$0.isConnected && !$0.isHere }
    async let strangers = tryGiven(before, isMissed, tell)
    let tried = await tryAll(asked, before, tell)
    var interfaces = MachineNetwork.symptoms(of: list)
    let (heard, given) = await (echoes, strangers)
    for place in interfaces.indices {
      let name = interfaces[place].name
      if let isHeard = heard[name] { interfaces[place].echo = isHeard ? .heard : .silent }
      if let one = list.first(where: { $0.name == name }) {
        interfaces[place].services = finder.services(on: one.index)
      }
    }
    await awaitArrivals(of: tried.filter { $0.value == .reached }.map(\.key.device), before)
    tell(.concluding)
    let after = try await Sight(node)
    let symptoms = Symptoms(
      interfaces: interfaces, confinedTo: sockets.interface, responder: finder.responder, port: sockets.port,
      peers: peers(before, after, tried, since: began), given: given, clocks: after.notedClocks,
      twins: after.notedTwins, forks: after.notedForks, person: person.map(after.person))
    let counts = sockets.datagrams.counts
    let now = Clocks.now()
    return ExaminationReport(
      person: person, symptoms: symptoms, diagnosis: Diagnosis(symptoms), sent: counts.sent, heard: counts.received,
      dropped: counts.drops.values.reduce(0, +), finished: now.wall, took: now.boot - began)
  }

  private func isAsked(_ state: Workspace.PeerState, _ person: MemberID?, _ sight: Sight) -> Bool {
    person == nil || sight.membership.device(state.device)?.member == person
  }

  // MARK: - mDNS

  /// Whether the node's announcement is heard, by interface; of those on which it is to be.
  private func listen(_ list: [NetworkInterface], _ tell: @escaping Progress) async -> [String: Bool] {
    guard case .running = finder.responder else { return [:] }
    let asked = list.filter { one in
      guard one.isRunning, !one.addresses.isEmpty else { return false }
      return sockets.interface.map { $0 == one.name } ?? (one.kind == .link)
    }
    guard !asked.isEmpty else { return [:] }
    tell(.listening(asked.map(\.name)))
    return await withTaskGroup(of: (String, Bool).self) { group in
      for one in asked {
        group.addTask {
          let isHeard = await finder.isHeard(on: one)
          tell(.echo(one.name, heard: isHeard))
          return (one.name, isHeard)
        }
      }
      var heard: [String: Bool] = [:]
      for await (name, isHeard) in group { heard[name] = isHeard }
      return heard
    }
  }

  // MARK: - Addresses

  private struct Target: Hashable, Sendable {
    let device: DeviceID
    let endpoint: Endpoint
  }

  /// Dials every address of those who are not connected, all at once.
  private func tryAll(
    _ states: [Workspace.PeerState], _ sight: Sight, _ tell: @escaping Progress
  ) async -> [Target: Outcome] {
    let silent = states.filter { !$0.isConnected && !$0.addresses.isEmpty }
    let share = max(1, Limits.examinedAddresses / max(silent.count, 1))
    let targets = silent.flatMap { state in
      state.addresses.prefix(share).map { (Target(device: state.device, endpoint: $0.endpoint), state.isHere) }
    }.prefix(Limits.examinedAddresses)
    return await withTaskGroup(of: (Target, Bool, Result<PeerConnection, DialError>).self) { group in
      for (target, isHere) in targets {
        let name = sight.name(of: target.device)
        tell(.trying(target.endpoint, name: name))
        group.addTask { (target, isHere, await dial(target)) }
      }
      var outcomes: [Target: Outcome] = [:]
      var greeted: [DeviceID: Outcome] = [:]
      for await (target, isHere, result) in group {
        let outcome: Outcome
        switch result {
        case .failure(let error): outcome = Outcome(error)
        // Who is heard by datagram is not connected on purpose.
        case .success(let connection) where isHere || greeted[target.device] != nil:
          connection.close()
          outcome = greeted[target.device] ?? .reached
        case .success(let connection):
          tell(.reached(target.endpoint, name: sight.name(of: target.device)))
          outcome = await greet(connection)
          greeted[target.device] = outcome
        }
        if outcome != .reached { tell(.failed(target.endpoint, outcome)) }
        outcomes[target] = outcome
      }
      return outcomes
    }
  }

  private func dial(_ target: Target) async -> Result<PeerConnection, DialError> {
    do throws(DialError) {
      return .success(
        try await sockets.connections.dial(
          target.endpoint, expecting: target.device, timeout: Limits.dialTimeout, interface: sockets.interface))
    } catch {
      return .failure(error)
    }
  }

  /// Meets whoever answers, as the node itself would.
  func greet(_ connection: PeerConnection) async -> Outcome {
    // The first word counts.
    let (words, post) = AsyncStream.makeStream(of: Outcome.self, bufferingPolicy: .bufferingOldest(1))
    sockets.contacts.meet(connection, in: node.id) { step in
      switch step {
      case .met: post.yield(.reached)
      case .refused(let refusal, _): post.yield(.failed(JoinAttempt.Outcome(refusal)))
      case .brokenOff: post.yield(.failed(.brokenOff))
      case .proving, .joined: break
      }
    }
    let patience = Task {
      try await Task.sleep(for: .milliseconds(Limits.examinedGreeting))
      post.yield(.failed(.brokenOff))
    }
    defer { patience.cancel() }
    return await words.first { _ in true } ?? .failed(.brokenOff)
  }

  /// Gives whoever was greeted time to say how they are, where they were not here before.
  private func awaitArrivals(of devices: [DeviceID], _ before: Sight) async {
    let newcomers = Set(devices).subtracting(before.states.filter(\.isHere).map(\.device))
    guard !newcomers.isEmpty else { return }
    let deadline = Clocks.now().boot + Limits.examinedArrival
    while Clocks.now().boot < deadline, !newcomers.allSatisfy({ hearing.silence(of: $0, in: node.id) != nil }) {
      try? await Task.sleep(for: .milliseconds(Limits.examinedPulse))
    }
  }

  // MARK: - Put together

  private func peers(
    _ before: Sight, _ after: Sight, _ tried: [Target: Outcome], since began: Int64
  ) -> [Symptoms.Peer] {
    let now = Clocks.now().boot
    let live = Set(before.states.filter { $0.isConnected || $0.isHere }.map(\.device))
    return after.states.map { state in
      let addresses = state.addresses.map { named in
        let outcome = tried[Target(device: state.device, endpoint: named.endpoint)] ?? .notTried
        // A machine that answers on the link though its node has been silent for a while is awake. The kernel asks anew
        // only now and then.
        let silent = state.silence.map { now - $0 + Limits.suspicion } ?? 0
        let since = min(began, max(silent, now - Limits.neighbourAge))
        return Symptoms.Address(
          named.endpoint, named.sources, outcome, facts: facts(of: named.endpoint, outcome, since: since))
      }
      return Symptoms.Peer(
        state.device, of: after.member(of: state.device), name: after.name(of: state.device),
        isConnected: state.isConnected, isHere: state.isHere, isShown: after.shown.contains(state.device),
        datagramSilence: hearing.silence(of: state.device, in: node.id), addresses: addresses,
        isWithholding: state.isWithholding, isBack: !live.contains(state.device) && state.isConnected)
    }
  }
}

extension Examination {
  /// What this machine can tell of an address that was tried.
  /// - Parameter since: when it was dialed; milliseconds of the boot clock.
  func facts(of endpoint: Endpoint, _ outcome: Outcome, since: Int64) -> JoinFacts {
    var facts = JoinFacts(subnets: NetworkInterfaces.subnets())
    facts.instance = finder.sightings.first { $0.endpoints.contains { $0.address == endpoint.address } }?.instance
    if case .failed = outcome { facts.neighbour = Neighbours.state(of: endpoint, since: since) }
    return facts
  }
}

extension Symptoms.Address.Outcome {
  fileprivate init(_ error: DialError) {
    if case .wrongDevice = error { self = .otherDevice } else { self = .failed(JoinAttempt.Outcome(error)) }
  }
}
