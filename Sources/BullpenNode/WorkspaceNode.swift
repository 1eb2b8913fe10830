import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import Logging
import NIOCore
import Synchronization

/// A thin shell around one workspace's root machine: it feeds events, one at a time, and carries out effects, in
/// order. It decides nothing. It lives on the event loop of the datagrams, so that a cursor changes threads nowhere.
actor WorkspaceNode {
  nonisolated let loop: any EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  nonisolated let id: WorkspaceID
  nonisolated let own: DeviceID
  nonisolated let storage: StoreQueue
  private nonisolated let sockets: NodeSockets
  let logger: Logger
  let measures: NodeMetrics
  private var machine: Workspace
  var views: [ViewID: LiveView] = [:]
  var nextView: UInt64 = 1
  private var nextRequest: UInt64 = 1
  private var answers: [RequestID: CheckedContinuation<CommitOutcome, any Error>] = [:]
  /// What joins that are under way are answered.
  var joining: [ViewID: [RoomCursor]] = [:]
  private var alarm: (at: Int64, timer: Scheduled<Void>)?
  private var hasBegun = false
  private(set) var hasStopped = false
  /// What the disk does not do, as far as it was noticed last.
  var trouble: StorageTrouble?
  var recovery: Recovery
  /// Which reading of the settings was taken last.
  var privacyReading: UInt64 = 0
  nonisolated let privacyReadings = PrivacyReadings()
  var counting = DayCounting()
  private var counter: Task<Void, Never>?
  /// Joiners whose credential is on its way to the disk.
  private var admitting: [InviteID: Int] = [:]

  private nonisolated let inbox = WorkspaceInbox()
  private nonisolated let cursors = NewestCursors()
  /// From the system clock to the time on which the workspace agrees, in milliseconds.
  private nonisolated let correction = Atomic<Int64>(0)

  init(
    _ store: Store, sockets: NodeSockets, loop: any EventLoop, kind: DeviceKind, prover: any Prover,
    measures: NodeMetrics, logger: Logger
  ) throws {
    self.loop = loop
    id = store.workspace
    own = store.device
    storage = StoreQueue(store)
    recovery = Recovery(store, at: Clocks.now().boot)
    self.sockets = sockets
    self.logger = logger
    self.measures = measures
    machine = Workspace(
      store.workspace, own: store.device, membership: store.membership(), heads: try store.heads(),
      certain: try store.lastCertain(), port: sockets.port, prover: prover, random: SystemRandomness(), kind: kind,
      at: Clocks.now())
    machine.remember((try? store.sightings()) ?? [])
    // Before anybody is told anything. What cannot be read may be a wish not to be seen.
    let now = Clocks.now()
    let privacy = (try? store.privacy(wall: now.wall)) ?? Privacy(settings: .hidden)
    _ = machine.receive(.privacy(privacy), at: now)
    if let kept = try? store.keptStatus() { _ = machine.receive(.keptStatus(kept), at: now) }
  }

  /// Begins to feed events, which goes on until the node stops.
  func run() async {
    for peer in (try? await storage.ask({ try $0.rememberedPeers() })) ?? [] {
      handle(.hint(peer.device, [peer.endpoint], .remembered))
    }
    handle(.tick)
    Task { await renewSettings() }
    guard !hasStopped else { return }
    counter = Task { [weak self] in await self?.countDays() }
    hasBegun = true
    workOff()
  }

  /// Something happened, on whatever thread.
  nonisolated func tell(_ event: Event, _ receipt: Receipt? = nil) {
    let place = NewestCursors.Place(event)
    if let place, !cursors.put(event, in: place) { return }
    switch inbox.put(.init(what: place.map { .cursor($0) } ?? .event(event), receipt: receipt)) {
    case .first: workOffSoon()
    case .waits: break
    case .dropped:
      if let place { _ = cursors.take(place) }
      logger.warning("An event was dropped: the node cannot keep up")
    }
  }

  private nonisolated func workOffSoon() {
    loop.execute { [weak self] in
      guard let self else { return }
      assumeIsolated { $0.workOff() }
    }
  }

  /// Feeds what has arrived: a burst of datagrams in one turn.
  private func workOff() {
    guard hasBegun, !hasStopped else { return }
    let (arrivals, isMore) = inbox.take()
    let now = Clocks.now()
    for arrival in arrivals {
      switch arrival.what {
      case .event(let event): feed(event, at: now)
      case .cursor(let place):
        if let event = cursors.take(place) { feed(event, at: now) }
      }
    }
    wake(now: now)
    if isMore { workOffSoon() }
  }

  /// Says goodbye, then ends.
  func stop() async {
    guard !hasStopped else { return }
    await shareDays()
    guard !hasStopped else { return }
    handle(.stopping)
    hasStopped = true
    alarm?.timer.cancel()
    counter?.cancel()
    for view in views.values { view.finish() }
    for answer in answers.values { answer.resume(throwing: NodeError(.unavailable, "The node is stopping.")) }
    answers = [:]
    // Whatever was asked of the disk is done before the file is closed.
    _ = try? await storage.ask { try $0.close() }
  }

  // MARK: - Events and effects

  func handle(_ event: Event) {
    guard !hasStopped else { return }
    let now = Clocks.now()
    feed(event, at: now)
    wake(now: now)
  }

  private func feed(_ event: Event, at now: Instant) {
    guard !hasStopped else { return }
    // A timer does not know that the machine slept.
    if case .resumed = event { silence() }
    for effect in machine.receive(event, at: now) { carryOut(effect) }
  }

  private func silence() {
    alarm?.timer.cancel()
    alarm = nil
  }

  /// What a moment of the system clock is by the time on which the workspace agrees, as of the last turn.
  nonisolated func corrected(_ wall: Int64) -> Int64 { wall + correction.load(ordering: .relaxed) }

  private func wake(now: Instant) {
    correction.store(machine.corrected(now) - now.wall, ordering: .relaxed)
    let deadline = machine.nextDeadline(at: now)
    if let alarm, alarm.at <= deadline { return }
    silence()
    let timer = loop.scheduleTask(in: .milliseconds(max(deadline - now.boot, 1))) { [weak self] in
      guard let self else { return }
      assumeIsolated { $0.ring() }
    }
    alarm = (deadline, timer)
  }

  private func ring() {
    alarm = nil
    handle(.tick)
  }

  private func carryOut(_ effect: Effect) {
    switch effect {
    case .dial(let dial, let endpoints, let expecting): sockets.dial(dial, endpoints, expecting, for: self)
    case .send(let connection, let message): sockets.send(message, on: connection)
    case .close(let connection): sockets.close(connection)
    case .listenForDatagrams(let device, let connection, let key): sockets.listen(to: device, in: id, connection, key)
    case .aimDatagrams(let device, let endpoint, let connection, let key):
      sockets.aim(at: device, in: id, endpoint, connection, key)
    case .forgetDatagrams(let device): sockets.forget(device, in: id)
    case .sendDatagram(let body, let devices): sockets.send(body, in: id, to: devices)
    case .remember(let device, let endpoint):
      let wall = Clocks.now().wall
      storage.run { try? $0.remember(device, at: endpoint, wall: wall) }
    case .keepStatus(let status): storage.run { try? $0.keep(status) }
    case .commit(let request, let draft, let wall): commit(request) { try $0.commit(draft, wall: wall).outcome() }
    case .state(let request, let claim, let wall):
      commit(request) {
        let (commit, statement) = try $0.state(claim, wall: wall)
        return commit.outcome(statement)
      }
    case .apply(let connection, let segments, let wall, let certain, let isAwaited):
      let arrived = ArrivedSegments(segments, in: id)
      storage.apply(
        Arrival(segments: arrived, wall: wall, certain: certain, isAwaited: isAwaited) { [weak self] result in
          self?.applied(result, segments, from: connection)
        })
    case .releaseQuarantine(let wall, let isAgreed):
      reconsider { try $0.releaseQuarantine(wall: wall, isAgreed: isAgreed) }
    case .forget(let wall): storage.forget(wall: wall)
    case .keepKeys(let wall): reconsider { try $0.keepKeys(wall: wall) }
    case .admit(let statements, let wall):
      admit(statements, wall: wall)
    case .read(let connection, let range, let bytes):
      storage.run { [weak self] store in
        self?.tell(.read(connection, (try? store.segments(range, maxBytes: bytes)) ?? []))
      }
    case .find(let heads, let connection):
      storage.run { [weak self] store in
        let found = (try? store.find(heads)) ?? (lacking: [], held: [])
        self?.tell(.found(lacking: found.lacking, held: found.held, of: connection))
      }
    case .keepSightings(let sightings): storage.run { try? $0.keep(sightings) }
    case .publish(let publication):
      if case .members = publication {
        sockets.contacts.update(machine.membership, of: id)
        // Another owner's default holds.
        follow(Tables.workspaceSettings.name, [])
      }
      if case .rows(let table, let keys) = publication { follow(table, keys) }
      if case .presence(let shown) = publication, shown.member == machine.membership.device(own)?.member { noteTally() }
      for view in views.values { view.offer(publication, own: own) }
    case .cursors(let view, _, let cursors): joining[view] = cursors
    case .answer(let request, let result):
      answers.removeValue(forKey: request)?.resume(with: result.mapError { NodeError($0) })
    }
  }

  // MARK: - Requests

  /// False for what came too fast: it is shown in a moment, unless something newer follows. What is shown or waits
  /// already is not refused, however often it is said.
  func show(_ change: PresenceChange) -> Bool {
    let isNews = look { machine, now in machine.alters(change, at: now) }
    handle(.setPresence(change))
    return !isNews || !machine.isStatusWaiting
  }

  /// Writes and waits until it is on disk.
  func write(_ draft: Draft) async throws -> CommitOutcome {
    try await ask { .write($0, draft) }
  }

  func claim(_ claim: Statement.Claim) async throws -> CommitOutcome {
    try await ask { .claim($0, claim) }
  }

  private func ask(_ event: (RequestID) -> Event) async throws -> CommitOutcome {
    guard !hasStopped else { throw NodeError(.unavailable, "The node is stopping.") }
    let request = RequestID(raw: nextRequest)
    nextRequest += 1
    let event = event(request)
    return try await withCheckedThrowingContinuation { continuation in
      answers[request] = continuation
      handle(event)
    }
  }

  /// Admits a joiner whose invite the greeting has checked.
  /// - Returns: the chain that ends in the new credential; nil when it could not be written, or when the invite
  ///   was used up a moment ago by another, or has ended with who made it.
  func admit(_ credential: Credential, _ name: String) async -> [SignedStatement]? {
    guard let proof = credential.invite,
      machine.membership.isOpen(proof.invite, besides: admitting[proof.invite, default: 0])
    else { return nil }
    admitting[proof.invite, default: 0] += 1
    defer { admitting[proof.invite, default: 1] -= 1 }
    guard (try? await claim(.credential(credential))) != nil else { return nil }
    logger.info("A device has joined", metadata: ["device": "\(credential.device.short)"])
    return machine.membership.chain(to: credential.device).map(\.signed)
  }

  nonisolated func openLink(_ invite: InviteID, until expiry: Int64) {
    sockets.contacts.open(invite, until: expiry, in: id)
  }

  /// Makes a device one of this node's own member, as it has agreed to.
  /// - Returns: the chain that ends in its credential, and the member's secret sealed to the key; nil when it could
  ///   not be written.
  func link(
    _ device: DeviceID, consent: Signature, sealingTo key: MemberKey
  ) async -> (chain: [SignedStatement], sealed: [UInt8])? {
    let membership = machine.membership
    guard let me = membership.device(own), let memberKey = membership.memberKey(of: me.member),
      let sealed = try? await storage.ask({ $0.sealSecret(to: key) })
    else { return nil }
    if membership.device(device) == nil {
      // It gives no role; the least that may link leaves the device to show no more than that its member is none less.
      let credential = Credential(
        device: device, member: me.member, memberKey: memberKey, role: .member, invite: nil, consent: consent)
      guard (try? await claim(.credential(credential))) != nil else { return nil }
      logger.info("A further device was linked", metadata: ["device": "\(device.short)"])
    }
    return (machine.membership.chain(to: device).map(\.signed), sealed)
  }

  /// One question to the machine.
  func look<T: Sendable>(_ question: (Workspace, Instant) -> T) -> T { question(machine, Clocks.now()) }

  /// The workspace under its name of now.
  func view() async -> WorkspaceView {
    let membership = machine.membership
    let name = try? await storage.ask { try $0.workspaceName() }
    let known = name.flatMap { $0.isEmpty ? nil : $0 } ?? membership.name
    return WorkspaceView(
      id: id, name: known.isEmpty ? id.short : known, isRemoved: machine.isRemoved,
      trouble: machine.waitsForStatements ? .awaitsStatements : nil)
  }
}
