import BullpenCore
import BullpenCrypto
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// All connections of one device: it listens, it dials, and it tells what happens.
///
/// TLS says who somebody is, not what they may: any device may open a connection, and the greeting above decides.
public final class Connections: Sendable {
  private struct State {
    var lastID: UInt64 = 0
    var links: [ConnectionID: PeerLink] = [:]
    var inbound = 0
    var ungreeted = UngreetedConnections()
    var listeners: [any Channel] = []
    var counts = ConnectionCounts()
    var dials = 0
    /// Those who wait for the last dial to end.
    var patient: [CheckedContinuation<Void, Never>] = []
    var isStopped = false
  }

  private let tls: PinnedTLS
  private let group: any EventLoopGroup
  private let deliver: @Sendable (ConnectionEvent) -> Void
  private let patience: Int64
  private let state = Shared(State())

  /// - Parameter group: whose threads do the work; it outlives the connections.
  /// - Parameter deliver: called on event loops, in order for one connection, and must not block. Connections that
  ///   were dialed are told too.
  /// - Parameter patience: milliseconds in which an inbound connection must have shown its device, and be greeted.
  /// - Throws: when no certificate can be made of the key.
  public init(
    identity: DeviceKey, group: any EventLoopGroup, patience: Int64 = Limits.handshake,
    deliver: @escaping @Sendable (ConnectionEvent) -> Void
  ) throws {
    tls = try PinnedTLS(identity)
    self.group = group
    self.patience = patience
    self.deliver = deliver
  }

  public var counts: ConnectionCounts {
    let now = state.value
    var counts = now.counts
    counts.open = now.links.count
    return counts
  }

  // MARK: - Listening

  /// Accepts connections over IPv4 and IPv6.
  /// - Parameter port: 0 picks one that is free for both.
  /// - Parameter interface: the only one to listen on; nil for all.
  /// - Returns: the port.
  /// - Throws: `BindError`.
  public func listen(port: UInt16, interface: String? = nil) async throws -> UInt16 {
    var sockets = try BoundSockets(.stream, port: port, interface: interface)
    let port = sockets.port
    var owned = sockets.take()[...]
    do {
      while let socket = owned.first {
        let channel = try await ServerBootstrap(group: group)
          .childChannelInitializer { [weak self] channel in
            guard let self else { return channel.close() }
            return channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
          }
          .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
          .childChannelOption(.maxMessagesPerRead, value: 1)
          .withBoundSocket(socket.descriptor)
          .get()
        owned.removeFirst()
        let isStopped = state.update {
          if !$0.isStopped { $0.listeners.append(channel) }
          return $0.isStopped
        }
        if isStopped { try? await channel.close() }
      }
    } catch {
      for socket in owned { close(socket.descriptor) }
      await stopListening()
      throw error
    }
    return port
  }

  /// Accepts no more; what is open stays open.
  public func stopListening() async {
    let listeners = state.update { state in
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { try? await listener.close() }
  }

  private func accept(_ channel: any Channel) throws {
    guard let remote = channel.remoteAddress.flatMap(Endpoint.init) else { throw ChannelError.inputClosed }
    let (id, crowded): (ConnectionID?, PeerLink?) = state.update {
      guard !$0.isStopped, $0.inbound < Limits.inbound else {
        $0.counts.turnedAway += 1
        return (nil, nil)
      }
      $0.lastID += 1
      $0.inbound += 1
      $0.counts.accepted += 1
      let id = ConnectionID(raw: $0.lastID)
      return (id, $0.ungreeted.add(id, from: remote).flatMap { [links = $0.links] in links[$0] })
    }
    crowded?.abort(.crowded)
    guard let id else { throw ChannelError.inputClosed }
    let link = PeerLink(id: id, remote: remote, isInbound: true, channel: channel) { [weak self] in
      self?.state.update { $0.ungreeted.remove(id) }
    }
    try add(link, tls.makeServerHandler(), deadline: .now() + .milliseconds(patience)) { _ in }
    channel.eventLoop.scheduleTask(in: .milliseconds(patience)) { [weak self, weak link] in
      guard let self, let link, self.state.update({ $0.ungreeted.contains(id) }) else { return }
      link.abort(.ungreeted)
    }
  }

  // MARK: - Dialing

  /// Connects to an address and finds out who lives there. The connection's events are delivered too, `opened`
  /// before this returns. A task that is cancelled gives up with `stopped`.
  /// - Parameter expecting: the device that must answer; nil for any.
  /// - Parameter timeout: milliseconds until connection and handshake must both be done.
  /// - Parameter interface: the only one to go out by; nil for any.
  public func dial(
    _ endpoint: Endpoint, expecting: DeviceID?, timeout: Int64 = Limits.handshake, interface: String? = nil
  ) async throws(DialError) -> PeerConnection {
    let met = Shared<DeviceID?>(nil)
    let underway = Shared<PeerLink?>(nil)
    let deadline = NIODeadline.now() + .milliseconds(timeout)
    let id: ConnectionID? = state.update {
      guard !$0.isStopped else { return nil }
      $0.lastID += 1
      $0.dials += 1
      return ConnectionID(raw: $0.lastID)
    }
    guard let id else { throw .stopped }
    defer { endDial() }
    // Only now, when the loops stay until this dial has ended: a promise of a loop that is gone can not be broken.
    let loop = group.next()
    let opened = loop.makePromise(of: PeerConnection.self)
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(.milliseconds(timeout))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let link = PeerLink(id: id, remote: endpoint, isInbound: false, channel: channel) {}
          underway.value = link
          let handler = try tls.makeClientHandler(expecting: expecting, met: met)
          try add(link, handler, deadline: deadline, shook: opened.completeWith)
        }
        .flatMap { interface.map { Self.confine(channel, to: $0) } ?? channel.eventLoop.makeSucceededVoidFuture() }
      }
    Self.bind(bootstrap, to: interface, for: endpoint).connect(to: endpoint.socketAddress)
      .cascadeFailure(to: opened)
    do {
      let connection = try await withTaskCancellationHandler {
        try await opened.futureResult.get()
      } onCancel: {
        opened.fail(CancellationError())
        loop.execute { underway.value?.abort(.local) }
      }
      state.update { $0.counts.dialed += 1 }
      return connection
    } catch {
      let found = met.value
      if let found, let expecting, found != expecting { throw .wrongDevice(found: found) }
      if Task.isCancelled || state.value.isStopped { throw .stopped }
      throw DialError(error, isLate: .now() >= deadline)
    }
  }

  private func endDial() {
    let patient = state.update { state -> [CheckedContinuation<Void, Never>] in
      state.dials -= 1
      guard state.dials == 0 else { return [] }
      defer { state.patient = [] }
      return state.patient
    }
    for continuation in patient { continuation.resume() }
  }

  /// Confines a socket to an interface, where this is permitted; else its address does (`bind`).
  private static func confine(_ channel: any Channel, to interface: String) -> EventLoopFuture<Void> {
    guard BoundSockets.mayBindToDevice(interface), let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededVoidFuture()
    }
    // IFNAMSIZ is 16; the rest stays zero.
    var name: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &name) { $0.copyBytes(from: interface.utf8.prefix(15)) }
    return socket.unsafeSetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_BINDTODEVICE), value: name)
  }

  private static func bind(
    _ bootstrap: ClientBootstrap, to interface: String?, for endpoint: Endpoint
  ) -> ClientBootstrap {
    guard let interface, !BoundSockets.mayBindToDevice(interface),
      let local = NetworkInterfaces.list().first(where: { $0.name == interface })?.addresses
        .first(where: { $0.isIPv4 == endpoint.isIPv4 && $0.isLinkLocal == endpoint.isLinkLocal })
    else { return bootstrap }
    return bootstrap.bind(to: local.socketAddress)
  }

  // MARK: - All of them

  /// Stops listening and dialing and closes every connection after what waits in it, for good. Returns when all
  /// are closed and no dial is underway: the loops may end then.
  public func closeAll() async {
    state.update { $0.isStopped = true }
    await stopListening()
    let links = state.value.links.values.sorted { $0.id < $1.id }
    for link in links { link.close() }
    for link in links { try? await link.channel.closeFuture.get() }
    await withCheckedContinuation { continuation in
      let isIdle = state.update { state in
        if state.dials > 0 { state.patient.append(continuation) }
        return state.dials == 0
      }
      if isIdle { continuation.resume() }
    }
  }

  private func add(
    _ link: PeerLink, _ handler: NIOSSLHandler, deadline: NIODeadline,
    shook: @escaping @Sendable (Result<PeerConnection, any Error>) -> Void
  ) throws {
    let isStopped = state.update {
      if !$0.isStopped { $0.links[link.id] = link }
      return $0.isStopped
    }
    // Every channel closes once, whether it ever was connected or not.
    link.channel.closeFuture.whenComplete { [weak self] _ in self?.forget(link) }
    guard !isStopped else { throw ChannelError.alreadyClosed }
    try link.channel.pipeline.syncOperations.addHandlers([
      handler,
      ConnectionHandler(link: link, deadline: deadline, deliver: deliver, shook: shook) { [weak self] reason in
        self?.count(link, reason)
      },
    ])
  }

  private func count(_ link: PeerLink, _ reason: CloseReason?) {
    state.update {
      if let reason {
        $0.counts.closed[reason, default: 0] += 1
      } else if link.isInbound {
        $0.counts.handshakesFailed += 1
      }
    }
  }

  private func forget(_ link: PeerLink) {
    state.update {
      if link.isInbound { $0.inbound -= 1 }
      $0.links[link.id] = nil
      $0.ungreeted.remove(link.id)
    }
  }
}

extension DialError {
  init(_ error: any Error, isLate: Bool) {
    switch error {
    case let error as IOError:
      switch error.errnoCode {
      case ECONNREFUSED: self = .refused
      case ETIMEDOUT: self = .timedOut
      default: self = .unreachable
      }
    case ChannelError.connectTimeout: self = .timedOut
    case let failure as ShakeFailure:
      if case .connectTimeout? = failure.cause as? ChannelError { self = .timedOut } else { self = .handshake }
    default: self = isLate ? .timedOut : .handshake
    }
  }
}
