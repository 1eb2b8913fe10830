import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

/// What one process of a node has in memory: gone with a crash.
final class NodeRun {
  var machine: Workspace
  let program: any Program
  /// As the workspace last told: greetings judge by it.
  var greeted: Membership
  var alarm: Int64?
  var ends: [ConnectionID: LinkEnd] = [:]
  var nextConnection: UInt64 = 1
  /// Codes for further devices of its person.
  var links = OwnDeviceInvites()
  /// Credentials by each invite that are on their way to the disk.
  var admitting: [InviteID: Int] = [:]
  var nextRequest: UInt64 = 1
  var answers: [RequestID: (Result<CommitOutcome, CommitFailure>) -> Void] = [:]
  var datagrams: DatagramPort
  var words = HeardWords()
  var flow = Flow()
  /// Whether what admins have set may be another.
  var mayHaveNewSettings = false
  /// What was asked of the disk and is not done: each brings what the process hears of it.
  var jobs: [(any Disk) -> [Event]] = []
  /// The messages that were given to the disk last, where more may still join them.
  var lastArrivals: ArrivalGroup?
  var isDiskBusy = false
  /// When the last answer of the disk arrives.
  var lastAnswer: Int64 = 0

  init(_ machine: Workspace, _ program: any Program, _ author: Author) {
    self.machine = machine
    self.program = program
    greeted = machine.membership
    datagrams = DatagramPort(machine.id, author.device)
  }
}

/// A thin shell around the same root machine that a real node runs: it feeds events and carries out effects, in
/// order, in virtual time. It decides nothing.
final class SimulatedNode {
  let index: Int
  let name: String
  /// A device that is let in as somebody's further one gets their secret then.
  var author: Author
  let endpoint: Endpoint
  /// Boot and wall clock at the start of virtual time, as they are set now.
  private var clocks: Instant
  var random: SeededRandomness
  /// What survives a crash.
  var store: Store?
  var disk: FailingDisk?
  var member: MemberID?
  /// Who let it in, by an invite or as a further device.
  weak var door: SimulatedNode?
  /// The newest invite that it was given; nil for the office's.
  var invitation: InviteKey?
  /// Who may hear of the person. People here show where they are, so that rooms and cursors have something to go wrong.
  var privacy = Privacy(settings: PresenceSettings(showsPage: true))
  /// Nil while the process does not run.
  var run: NodeRun?
  var isAsleep = false
  /// Where its database is.
  let location: StoreLocation
  /// What its disk was when an image of it was taken.
  var image: DiskImage?
  /// The newest of its home; nil where there is none.
  var backup: Backup?
  /// What its version knows of rows.
  var tables: [TableDeclaration]
  /// Who else had what was on its disk when that was spoilt; nil where it does not wait to be rebuilt.
  var spoilt: Stakes?
  /// Bytes a millisecond that each of its connections carries, each way; nil for as many as come.
  var bandwidth: Int64?
  /// How its program lies, where it was changed.
  var lie: Lie?
  /// The node whose home was copied to this machine; nil for what is no copy.
  let original: SimulatedNode?
  /// Entries that came over connections, new or not.
  var received = 0
  /// What waits for the machine to wake.
  var deferred: [() -> Void] = []
  unowned let simulation: Simulation

  init(_ index: Int, _ name: String, _ simulation: Simulation, skew: Int64, secret: MemberSecret?) {
    self.index = index
    self.name = name
    self.simulation = simulation
    random = simulation.random.fork()
    let device = DeviceKey(using: &random)
    author = Author(device: device, secret: secret ?? MemberSecret(using: &random))
    endpoint = Self.endpoint(index)
    location = simulation.location(of: index)
    tables = simulation.plan.older.contains(index) ? Self.olderTables : simulation.tables
    original = nil
    clocks = Instant(boot: random.between(1_000...10_000_000), wall: Simulation.epoch + skew)
  }

  /// A second machine with a node's home, which is a file; its process does not run yet.
  init(_ index: Int, copyOf original: SimulatedNode) {
    self.index = index
    self.original = original
    simulation = original.simulation
    name = "\(original.name)'s copy"
    random = simulation.random.fork()
    author = original.author
    member = original.member
    privacy = original.privacy
    endpoint = Self.endpoint(index)
    location = simulation.fileLocation(of: index)
    tables = original.tables
    clocks = Instant(boot: random.between(1_000...10_000_000), wall: original.clocks.wall)
  }

  private static func endpoint(_ index: Int) -> Endpoint {
    let host = index + 1
    return Endpoint(address: [10, 0, UInt8(host >> 8), UInt8(host & 255)], port: 4781)!  // four bytes
  }

  var device: DeviceID { author.device.id }
  var instant: Instant { clocks.advanced(by: simulation.now) }
  /// Unix milliseconds, as far as this node agrees on them with others.
  var corrected: Int64 { run?.machine.corrected(instant) ?? instant.wall }
  /// The wall clock is set. What counts since the machine started is not.
  func setClock(ahead: Int64) {
    clocks.wall = Simulation.epoch + simulation.holidays + ahead
    isDoubtful = isDoubtful || isFarOff
  }
  /// Whether its clock was ever so wrong that what it writes may wait, or be voided.
  private(set) var isDoubtful = false
  /// Whether its clock is so wrong that people are told.
  var isFarOff: Bool { abs(clocks.wall - Simulation.epoch - simulation.holidays) > Limits.clockBound }
  /// So much time passes of which the process notices nothing.
  func stoodStill(_ milliseconds: Int64) { clocks = clocks.advanced(by: milliseconds) }
  /// The node whose person sits here.
  var person: String { original?.name ?? name }
  var isUp: Bool { run != nil && !isAsleep }

  // MARK: - A process begins and ends

  func start() {
    guard run == nil, let store, let disk, let heads = try? disk.heads() else { return }
    simulation.trace.note(simulation.now, name, "starts")
    var machine = Workspace(
      store.workspace, own: device, membership: store.membership(), heads: heads,
      certain: try? store.lastCertain(), port: endpoint.port, prover: simulation.prover, random: random.fork(),
      kind: .desktop, at: instant)
    let program = simulation.program()
    readSettings()
    _ = program.carry(.privacy(privacy), through: &machine, at: instant)
    if let kept = try? store.keptStatus() { _ = machine.receive(.keptStatus(kept), at: instant) }
    let run = NodeRun(machine, program, author)
    self.run = run
    for peer in (try? store.rememberedPeers()) ?? [] { handle(.hint(peer.device, [peer.endpoint], .remembered)) }
    handle(.tick)
    simulation.announce(self)
  }

  /// - Parameter isSilent: the machine lost its power; else the system closes what the process had open.
  func crash(isSilent: Bool) {
    guard let run, let disk else { return }
    simulation.trace.note(simulation.now, name, isSilent ? "loses power" : "crashes")
    // The disk works in order: so much of it was done.
    for job in run.jobs.prefix(random.below(run.jobs.count + 1)) { _ = job(disk) }
    end(run, isSilent: isSilent)
  }

  /// Says goodbye, lets the disk finish, and ends.
  func stop() {
    guard let run, let disk else { return }
    handle(.stopping)
    simulation.trace.note(simulation.now, name, "stops")
    for job in run.jobs { _ = job(disk) }
    end(run, isSilent: false)
  }

  private func end(_ run: NodeRun, isSilent: Bool) {
    for (_, end) in run.ends.sorted(by: { $0.key < $1.key }) {
      end.isOpen = false
      if !isSilent { simulation.send(.end, from: end) }
    }
    letGo()
  }

  /// Nothing of the process is left, also of what holds this node in turn.
  func letGo() {
    run?.ends = [:]
    run?.answers = [:]
    run = nil
    deferred = []
  }

  // MARK: - Time

  /// Something that this process does later, unless it has ended by then. While the machine sleeps it waits.
  func later(_ delay: Int64, _ run: NodeRun, _ work: @escaping (SimulatedNode) -> Void) {
    simulation.queue.add(at: simulation.now + delay) { [weak self] in self?.now(run, work) }
  }

  private func now(_ run: NodeRun, _ work: @escaping (SimulatedNode) -> Void) {
    guard self.run === run else { return }
    if isAsleep {
      deferred.append { [weak self] in self?.now(run, work) }
    } else {
      work(self)
    }
  }

  func suspend() {
    guard isUp else { return }
    simulation.trace.note(simulation.now, name, "sleeps")
    isAsleep = true
  }

  func wake() {
    guard isAsleep else { return }
    simulation.trace.note(simulation.now, name, "wakes")
    isAsleep = false
    let waiting = deferred
    deferred = []
    handle(.resumed)
    for work in waiting { work() }
  }

  // MARK: - Events and effects

  func handle(_ event: Event) {
    guard let run else { return }
    let now = instant
    simulation.trace.note(simulation.now, name, event.name)
    watch(event, run)
    for effect in run.program.carry(event, through: &run.machine, at: now) { carryOut(effect, run) }
    if case .datagram = event {} else { simulation.bounds(of: self) }
    if run.mayHaveNewSettings {
      run.mayHaveNewSettings = false
      followSettings()
    }
    let due = run.machine.nextDeadline(at: now)
    if let alarm = run.alarm, alarm <= due { return }
    run.alarm = due
    later(max(due - now.boot, 1), run) { node in
      guard run.alarm == due else { return }
      run.alarm = nil
      node.handle(.tick)
    }
  }

  private func carryOut(_ effect: Effect, _ run: NodeRun) {
    watch(effect, run)
    switch effect {
    case .dial(let dial, let endpoints, let expecting): simulation.dial(dial, endpoints, expecting, self, run)
    case .send(let connection, let message):
      guard let end = run.ends[connection] else { return }
      simulation.audit(message, from: self, to: end.other?.node.device)
      say(lie?.told(message) ?? message, on: end)
    case .close(let connection): if let end = run.ends[connection] { simulation.close(end) }
    case .listenForDatagrams(let device, let connection, let key):
      run.datagrams.listen(to: device, connection, key, at: instant)
    case .aimDatagrams(let device, let endpoint, let connection, let key):
      run.datagrams.aim(at: device, endpoint, connection, key)
    case .forgetDatagrams(let device): run.datagrams.forget(device)
    case .sendDatagram(let body, let devices):
      let bytes = DatagramCodec.encode(body)
      if let opened = DatagramCodec.decode(bytes) {
        for device in devices { simulation.audit(self, tells: device, opened) }
      }
      for (endpoint, datagram) in run.datagrams.seal(bytes, for: devices) {
        simulation.send(datagram, from: self, to: endpoint)
      }
    case .remember(let device, let endpoint):
      let (store, wall) = (store, instant.wall)
      ask(run) { _ in
        try? store?.remember(device, at: endpoint, wall: wall)
        return nil
      }
    case .keepStatus(let status):
      let store = store
      ask(run) { _ in
        try? store?.keep(status)
        return nil
      }
    case .commit(let request, let draft, let wall):
      commit(request, run) { try $0.commit(draft, wall: wall) }
    case .state(let request, let claim, let wall):
      commit(request, run) { try $0.state(claim, wall: wall) }
    case .apply(let connection, let segments, let wall, let certain, _):
      guard let peer = run.ends[connection]?.other?.node.device else { return }
      received += segments.reduce(0) { $0 + $1.entries.count }
      let heeded = lie == .defying ? segments.filter { !isCutOff(by: $0) } : segments
      store(Arrival(connection: connection, segments: heeded, peer: peer, wall: wall, certain: certain), run)
    case .releaseQuarantine(let wall, let isAgreed):
      reconsider(run) { try $0.releaseQuarantine(wall: wall, isAgreed: isAgreed) }
    case .forget(let wall):
      ask(run) { disk in
        _ = try? disk.forget(wall: wall)
        return nil
      }
    case .keepKeys(let wall): reconsider(run) { try $0.keepKeys(wall: wall) }
    case .admit(var statements, let wall):
      if lie == .defying { statements.removeAll { isCutOff(by: $0.value) } }
      let own = LogID(device: device, incarnation: store?.incarnation ?? Incarnation(.zero), kind: .lasting)
      ask(run) { [statements] disk in
        guard let admitted = try? disk.admit(statements, wall: wall) else { return .applied(nil, .notTaken([own])) }
        return .admitted(admitted.statements, dropped: admitted.dropped, rows: admitted.rows)
      }
    case .read(let connection, let range, let bytes):
      let isKept = lie == .withholding
      ask(run) { .read(connection, isKept ? [] : (try? $0.segments(range, maxBytes: bytes)) ?? []) }
    case .find(let heads, let connection):
      ask(run) { disk in
        let found = (try? disk.find(heads)) ?? (lacking: [], held: [])
        return .found(lacking: found.lacking, held: found.held, of: connection)
      }
    case .keepSightings: break
    case .publish(let publication):
      if case .members = publication { run.greeted = run.machine.membership }
      run.mayHaveNewSettings = run.mayHaveNewSettings || publication.bearsOnPrivacy
    case .cursors: break
    case .answer(let request, let result): run.answers.removeValue(forKey: request)?(result)
    }
  }

  // MARK: - The person

  /// - Parameter then: hears whether it is on disk, unless the process ends before.
  func write(_ draft: Draft, then: @escaping (Result<CommitOutcome, CommitFailure>) -> Void) {
    request(then) { .write($0, draft) }
  }

  func claim(_ claim: Statement.Claim, then: @escaping (Result<CommitOutcome, CommitFailure>) -> Void) {
    request(then) { .claim($0, claim) }
  }

  private func request(
    _ then: @escaping (Result<CommitOutcome, CommitFailure>) -> Void, _ event: (RequestID) -> Event
  ) {
    guard let run else { return }
    let request = RequestID(raw: run.nextRequest)
    run.nextRequest += 1
    run.answers[request] = then
    handle(event(request))
  }
}
