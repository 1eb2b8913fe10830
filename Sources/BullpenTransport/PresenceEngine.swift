import BullpenCore
import BullpenCrypto
import BullpenWire
import Glibc
import NIOCore
import NIOPosix

/// What a presence socket holds, on its event loop.
///
/// It reads by NIO and writes by sendto(2): a channel that cannot write for a moment, because there is no route
/// or a firewall says no, would close, and a socket for datagrams has no reason to.
final class PresenceEngine {
  typealias Order = @Sendable (PresenceEngine) -> Void

  private struct Bound {
    /// For writing; NIO reads from a duplicate.
    let descriptor: Int32
    let local: Endpoint
    /// Nil while reading rests.
    var channel: (any Channel)?
  }

  /// How long reading rests after it failed, in milliseconds.
  private static let rest: Int64 = 1_000

  private let identity: DeviceKey
  private let loop: any EventLoop
  private let orders: Shared<[Order]>
  private let published: Shared<DatagramCounts>
  private let deliver: @Sendable (ReceivedDatagram) -> Void

  private var gate: DatagramGate<InboundSession>
  private var aims: [DatagramSessionRef: Aim] = [:]
  /// By which session each peer was let in last. What still comes by an earlier one is from where the peer was, or from
  /// another machine with its key.
  private var latest: [DatagramSessionRef: DatagramConnectionID] = [:]
  private var bound: [Bound] = []
  private var sent = 0
  private var sendDrops: [SendDropReason: Int] = [:]

  init(
    identity: DeviceKey, loop: any EventLoop, orders: Shared<[Order]>, published: Shared<DatagramCounts>,
    deliver: @escaping @Sendable (ReceivedDatagram) -> Void
  ) {
    self.identity = identity
    self.loop = loop
    self.orders = orders
    self.published = published
    self.deliver = deliver
    gate = DatagramGate(seed: SystemRandomness().next())
  }

  deinit { for socket in bound { Glibc.close(socket.descriptor) } }

  /// Does what was ordered from other threads so far, in order.
  func catchUp() {
    let due = orders.update { orders in
      defer { orders = [] }
      return orders
    }
    for order in due { order(self) }
  }

  // MARK: - Sockets

  func bind(port: UInt16, interface: String?) throws -> EventLoopFuture<UInt16> {
    close()
    var sockets = try BoundSockets(.datagram, port: port, interface: interface)
    let port = sockets.port
    bound = sockets.take().map { Bound(descriptor: $0.descriptor, local: $0.local) }
    let reads = bound.map { read($0.descriptor) }
    return EventLoopFuture.andAllSucceed(reads, on: loop).map { port }
  }

  private func read(_ descriptor: Int32) -> EventLoopFuture<Void> {
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard duplicate >= 0 else { return loop.makeFailedFuture(BindError.system(errno)) }
    let own = NIOLoopBound(self, eventLoop: loop)
    // One system call before others on the loop have their turn: what is left is there when they have had it, and mostly
    // nothing is.
    let burst = DatagramReader.burst
    return DatagramBootstrap(group: loop)
      .channelOption(.datagramVectorReadMessageCount, value: burst)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: burst * 2_048))
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(DatagramReader(own.value))
        }
      }
      .withBoundSocket(duplicate)
      .map { channel in
        let engine = own.value
        if let index = engine.bound.firstIndex(where: { $0.descriptor == descriptor && $0.channel == nil }) {
          engine.bound[index].channel = channel
        } else {
          channel.close(promise: nil)
        }
      }
  }

  func close() {
    let closing = bound
    bound = []
    for socket in closing {
      socket.channel?.close(promise: nil)
      Glibc.close(socket.descriptor)
    }
  }

  /// Reading failed for good on one socket, which no datagram brings about: after a rest it begins anew.
  func ended(_ channel: any Channel) {
    guard let index = bound.firstIndex(where: { $0.channel === channel }) else { return }
    bound[index].channel = nil
    let descriptor = bound[index].descriptor
    loop.assumeIsolated().scheduleTask(in: .milliseconds(Self.rest)) { [self] in
      guard bound.contains(where: { $0.descriptor == descriptor && $0.channel == nil }) else { return }
      _ = read(descriptor)
    }
  }

  // MARK: - Sessions

  func open(_ session: LocalSession) {
    guard gate.open(InboundSession(session), as: session.connection, at: Clocks.now()) else { return }
    latest[session.peer] = session.connection
  }

  func aim(_ peer: DatagramSessionRef, at endpoint: Endpoint, connection: DatagramConnectionID, key: Bytes32) {
    if let old = aims[peer], old.connection == connection, old.secret == key {
      aims[peer]?.endpoint = endpoint
    } else if aims[peer] != nil || aims.count < Limits.datagramSessions {
      aims[peer] = Aim(endpoint: endpoint, connection: connection, secret: key)
    }
  }

  func redirect(_ peer: DatagramSessionRef, to endpoint: Endpoint) { aims[peer]?.endpoint = endpoint }

  func forget(_ peer: DatagramSessionRef) {
    aims[peer] = nil
    latest[peer] = nil
    gate.closeAll { $0.peer == peer }
  }

  func forget(_ connection: DatagramConnectionID) { gate.close(connection) }

  // MARK: - In

  func received(_ datagram: ByteBuffer, from address: SocketAddress, at now: Instant) {
    guard let source = Endpoint(address) else { return }
    catchUp()
    let outcome: Result<DatagramGate<InboundSession>.Admission<DatagramBody>, DropReason> =
      datagram.withUnsafeReadableBytes { bytes in
        gate.admit(
          bytes, from: source, at: now,
          open: { session, header in session.key.open(bytes, header) },
          verify: { session, signature, body in session.verifies(signature, over: body) },
          decode: DatagramCodec.decode, isCursor: \.isCursor)
      }
    guard case .success(let admission) = outcome else { return }
    let peer = admission.session.peer
    let isNewest = admission.isNewest && admission.connection == latest[peer]
    if isNewest { aims[peer]?.endpoint = source }
    deliver(
      ReceivedDatagram(
        peer: peer, connection: admission.connection, body: admission.body, source: source,
        isNewest: isNewest))
  }

  func publish() {
    published.value = DatagramCounts(
      sent: sent, received: gate.admitted, unchecked: gate.unchecked, drops: gate.drops, sendDrops: sendDrops)
  }

  // MARK: - Out

  func send(_ body: [UInt8], to peers: [DatagramSessionRef]) {
    // Recipients are of one workspace, but for somebody who sends to several: then each change of it is signed.
    var signed: (workspace: WorkspaceID, content: [UInt8])?
    for peer in peers {
      guard let place = aims.index(forKey: peer) else {
        sendDrops[.unaimed, default: 0] += 1
        continue
      }
      let before = signed.flatMap { $0.workspace == peer.workspace ? $0.content : nil }
      let content = before ?? sign(body, in: peer.workspace)
      signed = (peer.workspace, content)
      let datagram = aims.values[place].seal(content)
      if write(datagram, to: aims.values[place].endpoint) {
        sent += 1
      } else {
        sendDrops[.socket, default: 0] += 1
      }
    }
    publish()
  }

  private func sign(_ body: [UInt8], in workspace: WorkspaceID) -> [UInt8] {
    identity.sign(DatagramSignature.bytes(workspace, body), .datagram).bytes + body
  }

  private func write(_ datagram: [UInt8], to endpoint: Endpoint) -> Bool {
    guard let descriptor = descriptor(for: endpoint) else { return false }
    return endpoint.withSockaddr { sendto(descriptor, datagram, datagram.count, Int32(MSG_DONTWAIT), $0, $1) }
      == datagram.count
  }

  /// Where sockets stand on single addresses, a link-local one reaches its own link only.
  private func descriptor(for endpoint: Endpoint) -> Int32? {
    var second: Int32?
    for socket in bound where socket.local.isIPv4 == endpoint.isIPv4 {
      guard !socket.local.isLinkLocal || socket.local.scope == endpoint.scope else { continue }
      if socket.local.isLinkLocal == endpoint.isLinkLocal { return socket.descriptor }
      second = second ?? socket.descriptor
    }
    return second
  }
}
