import BullpenCore
import BullpenCrypto
import BullpenDiscovery
import BullpenStore
import BullpenTransport
import BullpenWire
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The running process of one device. It owns the sockets and the home, and takes part in one or more
/// workspaces; each of those is a `WorkspaceNode`.
public actor Node: NodeAPI, Service {
  public nonisolated let device: DeviceID
  public nonisolated let home: Home
  /// The port that was had, which need not be the one that was wished for.
  public nonisolated let port: Int

  private nonisolated let options: NodeOptions
  nonisolated let logger: Logger
  nonisolated let prover: SodiumProver
  nonisolated let sockets: NodeSockets
  /// For connections: histories pass there, and do not hold up what is live.
  private nonisolated let group: MultiThreadedEventLoopGroup
  /// What is live happens here: datagrams, the workspaces, and the views of whoever serves them on it. So a cursor goes
  /// from the network to a view without a step from one thread to another. It is the process's, and outlives the node.
  public nonisolated let loop: any EventLoop
  nonisolated let finder: Finder
  /// Where everything that this node counts is read.
  public nonisolated let metrics: MetricsBoard
  nonisolated let measures: NodeMetrics
  private nonisolated let hearing: DatagramHearing
  private nonisolated let desktop = DesktopWatch()
  private var examiners: [WorkspaceID: Examiner] = [:]
  var nodes: [WorkspaceID: WorkspaceNode] = [:]
  /// Workspaces that could not be opened, and why. The others go on without them.
  var shut: [WorkspaceID: NodeError] = [:]
  private nonisolated let began = Clocks.now().wall
  private var tasks: [Task<Void, Never>] = []
  private var machineWatch: RepeatedTask?
  private var hasStopped = false
  private nonisolated let erasures = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// Takes the home, binds the ports and opens what the home holds. Nothing is sent before `run`.
  ///
  /// - Throws: `NodeError`, with a sentence for the person.
  public init(_ options: NodeOptions, logger: Logger, metrics: MetricsBoard = MetricsBoard()) async throws {
    self.options = options
    self.logger = logger
    self.metrics = metrics
    measures = NodeMetrics(metrics)
    home = try Home(options.home)
    device = home.device.id
    home.sweep()
    prover = SodiumProver(decode: StatementCodec.decode)
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    loop = MultiThreadedEventLoopGroup.singleton.next()
    let contacts = Contacts(own: device, prover: prover, logger: logger)
    let connections = try Connections(identity: home.device, group: group) { contacts.hear($0) }
    let hearing = DatagramHearing()
    self.hearing = hearing
    let datagrams = PresenceSocket(identity: home.device, group: loop) { datagram in
      hearing.note(datagram.peer)
      contacts.workspace(datagram.peer.workspace)?
        .tell(.datagram(datagram.peer.device, datagram.body, from: datagram.source))
    }
    let bound = try await Self.bind(connections, datagrams, options, logger)
    port = Int(bound)
    sockets = NodeSockets(
      connections: connections, datagrams: datagrams, contacts: contacts, port: bound, interface: options.interface)
    finder = Finder(options.discovery, interface: options.interface, own: device, port: bound)
    for id in home.workspaces { openOrShut(id) }
  }

  /// The wished port for TCP and UDP or, where another program has it, a free one.
  private static func bind(
    _ connections: Connections, _ datagrams: PresenceSocket, _ options: NodeOptions, _ logger: Logger
  ) async throws -> UInt16 {
    do {
      let wished = UInt16(clamping: options.port)
      let kept = UInt16(clamping: options.keptPort)
      // Peers and invites know this node by its port: whoever had to take another keeps that one.
      for port in wished == 0 ? [] : [kept, wished].filter({ $0 != 0 }) {
        do {
          return try await SharedPort.bind(connections, datagrams, port: port, interface: options.interface)
        } catch BindError.portInUse {
          logger.notice("The port is taken; another is used", metadata: ["port": "\(port)"])
        }
      }
      return try await SharedPort.bind(connections, datagrams, port: 0, interface: options.interface)
    } catch BindError.noInterface(let name) {
      throw NodeError(
        .invalid, "There is no network interface “\(name)”, or it has no address.",
        hint: "`ip -br address` lists those there are.")
    } catch BindError.system(let code) {
      throw NodeError(.unavailable, "No port can be had: \(String(cString: strerror(code))).")
    } catch BindError.portInUse {
      throw NodeError(.unavailable, "No free port could be found for both TCP and UDP.")
    }
  }

  func open(_ id: WorkspaceID) throws {
    do {
      let author = Author(device: home.device, secret: try home.secret(of: id))
      let store = try Store.open(
        at: .file(home.database(of: id)), author: author, surroundings: Surroundings(machine: Home.machine),
        prover: prover, random: SystemRandomness(), wall: Clocks.now().wall)
      try add(store)
    } catch let error as StoreError {
      var shut = NodeError(error)
      // What is not there is as good as what cannot be read: both are rebuilt.
      if error.code == .missing { shut.code = .damaged }
      throw shut
    }
  }

  func add(_ store: Store) throws {
    let node = try WorkspaceNode(
      store, sockets: sockets, loop: loop, kind: options.kind, prover: prover, measures: measures, logger: logger)
    nodes[node.id] = node
    sockets.contacts.add(node, store.membership())
    keepName(of: store)
  }

  private func keepName(of store: Store) {
    if let name = try? store.workspaceName(), !name.isEmpty { home.keepName(name, of: store.workspace) }
  }

  // MARK: - Running

  /// Runs until the task is cancelled or a graceful shutdown is asked for; then says goodbye.
  public func run() async throws {
    logger.info(
      "The node has started",
      metadata: [
        "version": "\(Release.version)", "device": "\(device.short)", "port": "\(port)",
        "workspaces": "\(nodes.count)", "discovery": "\(options.discovery.rawValue)",
      ])
    for node in nodes.values { start(node) }
    finder.start { [weak self] event in
      guard let self else { return }
      Task { await self.heard(event) }
    }
    machineWatch = watchMachine()
    let links = LinkMonitor(group: group) { [weak self] in
      Task { await self?.linksChanged() }
    }
    // Without the kernel's word, addresses are still tried again, only later.
    do { try await links.start() } catch { logger.notice("Changes of the network are not noticed at once") }
    if options.asksDesktop {
      tasks.append(Task { [weak self] in await self?.watchDesktop() })
    }
    tasks.append(Task { [weak self] in await self?.dialGiven() })
    tasks.append(Task { [weak self] in await self?.openShut() })
    try? await gracefulShutdown()
    await links.stop()
    await stop()
  }

  /// Waits until no workspace needs the device's key any more and it is erased. Whoever runs the node then runs another in
  /// its place, which is a new device.
  ///
  /// - Returns: false where the task was cancelled before. It is asked once.
  public nonisolated func isKeyErased() async -> Bool {
    for await _ in erasures.stream { return !Task.isCancelled }
    return false
  }

  /// Erases the device's key where no workspace is left that knows the device.
  func eraseUnneededKey() {
    if home.eraseUnneededKey() { erasures.continuation.yield() }
  }

  func start(_ node: WorkspaceNode) {
    tasks.append(Task { await node.run() })
    Task { [finder] in
      for sighting in finder.sightings { await self.hint(sighting, to: node) }
    }
  }

  /// Says goodbye to everybody and lets the sockets go.
  public func stop() async {
    guard !hasStopped else { return }
    hasStopped = true
    logger.info("The node stops")
    for node in nodes.values {
      keepName(of: node.storage.store)
      await node.stop()
    }
    finder.stop()
    for task in tasks { task.cancel() }
    machineWatch?.cancel()
    await sockets.connections.closeAll()
    await sockets.datagrams.close()
    try? await group.shutdownGracefully()
    home.release()
  }

  /// Sleep shows itself as the boot clock running ahead of the monotonic one, and a new day as a new instance name. Both
  /// are looked for where the node wakes anyway, so that no other thread does.
  private nonisolated func watchMachine() -> RepeatedTask {
    let sleep = NIOLoopBoundBox.makeBoxSendingValue(SleepMonitor(), eventLoop: loop)
    return loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] _ in
      guard let self else { return }
      if sleep.value.check() != nil { Task { await self.woke() } }
      finder.advertiseToday()
    }
  }

  private func woke() {
    finder.refresh()
    tell(.resumed)
  }

  private func watchDesktop() async { await desktop.run { await self.tell(.desktop($0)) } }

  private func linksChanged() {
    finder.refresh()
    tell(.linksChanged)
  }

  private func tell(_ event: Event) {
    for node in nodes.values { node.tell(event) }
  }

  private func heard(_ event: DiscoveryEvent) async {
    guard case .found(let sighting) = event else { return }
    for node in nodes.values { await hint(sighting, to: node) }
  }

  private func hint(_ sighting: Sighting, to node: WorkspaceNode) async {
    let devices = await node.look { machine, _ in machine.membership.devices }
    let device = finder.device(of: sighting.instance, among: devices)
    node.tell(.hint(device, sighting.endpoints, .mdns))
  }

  /// Names are looked up again now and then: a laptop's address changes.
  private func dialGiven() async {
    guard !options.peers.isEmpty else { return }
    while !Task.isCancelled {
      for node in nodes.values {
        for endpoint in await given() { node.tell(.hint(nil, [endpoint], .given)) }
      }
      try? await Task.sleep(for: .seconds(nodes.isEmpty ? 1 : 60))
    }
  }

  private nonisolated var givenPeers: GivenPeers { GivenPeers(texts: options.peers) }

  func given() async -> [Endpoint] {
    let peers = await givenPeers.resolve()
    for peer in peers where peer.endpoints.isEmpty {
      logger.notice("A given peer's name leads to no address", metadata: ["peer": "\(peer.text)"])
    }
    return peers.flatMap(\.endpoints)
  }

  // MARK: - Workspaces

  public var workspaces: [WorkspaceView] {
    get async {
      var views: [WorkspaceView] = []
      for id in Set(nodes.keys).union(shut.keys).sorted() {
        if let node = nodes[id] { views.append(await node.view()) } else { views.append(shutView(id)) }
      }
      return views
    }
  }

  public func workspace(_ id: WorkspaceID?) async throws -> any WorkspaceAPI {
    let all = Array(nodes.keys) + shut.keys
    guard id != nil || all.count <= 1 else {
      throw NodeError(.invalid, "This node takes part in \(all.count) workspaces.", hint: "Name one of them.")
    }
    let wanted = id ?? all.first
    if let why = wanted.flatMap({ shut[$0] }) { throw why }
    guard let node = wanted.flatMap({ nodes[$0] }) else {
      throw id == nil
        ? NodeError(
          .noWorkspace, "This node is in no workspace yet.", hint: "Start one, or join one with an invite.")
        : NodeError(.notFound, "This node is in no workspace of that id.")
    }
    let (finder, datagrams, desktop) = (finder, sockets.datagrams, desktop)
    let handle = WorkspaceHandle(
      node: node, port: sockets.port, interface: options.interface, discovery: { finder.words },
      idleSource: { desktop.source },
      drops: { datagrams.drops }, upSince: began, examiner: examiner(of: node))
    // As the workspace told last, which wakes no other thread; it says itself why this device is no member's.
    if sockets.contacts.membership(of: node.id)?.device(device) == nil { _ = try await handle.member() }
    return handle
  }

  private func examiner(of node: WorkspaceNode) -> Examiner {
    if let known = examiners[node.id], known.examination.node === node { return known }
    let examiner = Examiner(
      Examination(node: node, sockets: sockets, finder: finder, hearing: hearing, given: givenPeers))
    examiners = examiners.filter { nodes[$0.key] != nil }
    examiners[node.id] = examiner
    return examiner
  }

  public func startWorkspace(named name: String, memberName: String) async throws -> WorkspaceView {
    let name = try Text.name(name)
    let memberName = try Text.name(memberName)
    let wall = Clocks.now().wall
    var random = SystemRandomness()
    let secret = MemberSecret(using: &random)
    // The id is not known before the genesis is made.
    let nursery = try home.nursery()
    do {
      let author = Author(device: home.device, secret: secret)
      let store = try Store.found(
        at: .file(nursery + "/bullpen.sqlite"), author: author, workspace: name, memberName: memberName,
        surroundings: Surroundings(machine: Home.machine), prover: prover, random: random, wall: wall)
      let id = store.workspace
      try store.close()
      try home.keepKey()
      try KeyFile.create(nursery + "/member.key", secret.secret)
      guard rename(nursery, home.folder(of: id)) == 0 else {
        throw NodeError(.storage, "The workspace cannot be kept: \(String(cString: strerror(errno))).")
      }
      try open(id)
      if let node = nodes[id] { start(node) }
      return WorkspaceView(id: id, name: name)
    } catch {
      try? FileManager.default.removeItem(atPath: nursery)
      if let error = error as? StoreError { throw NodeError(error) }
      throw error
    }
  }
}
