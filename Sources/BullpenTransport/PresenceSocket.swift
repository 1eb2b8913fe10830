import BullpenCore
import BullpenCrypto
import BullpenWire
import Glibc
import NIOCore
import NIOPosix

/// The UDP socket of a device: it runs every datagram through the gate, signs once and seals for each recipient.
///
/// All of it happens on one event loop of the group. Calls from elsewhere are queued, in order, and the queue is
/// worked off before any datagram is looked at: a session is open as soon as `open` returns. Whoever sends on that loop
/// has sent when `send` returns.
public final class PresenceSocket: Sendable {
  private let loop: any EventLoop
  private let engine: NIOLoopBoundBox<PresenceEngine>
  private let orders = Shared<[PresenceEngine.Order]>([])
  private let queued = Shared(0)
  /// Cursors that wait for the loop, each in its place in the queue.
  private let cursors = Shared<[CursorPlace: WaitingCursor]>([:])
  private let refused = Shared<[SendDropReason: Int]>([:])
  private let published: Shared<DatagramCounts>

  /// - Parameter identity: signs what is sent.
  /// - Parameter deliver: called on the event loop and must not block.
  public init(
    identity: DeviceKey, group: any EventLoopGroup, deliver: @escaping @Sendable (ReceivedDatagram) -> Void
  ) {
    let loop = group.next()
    let published = Shared(DatagramCounts())
    self.loop = loop
    self.published = published
    engine = .makeBoxSendingValue(
      PresenceEngine(identity: identity, loop: loop, orders: orders, published: published, deliver: deliver),
      eventLoop: loop)
  }

  /// What has passed, up to the last burst.
  public var counts: DatagramCounts {
    var counts = published.value
    counts.sendDrops.merge(refused.value, uniquingKeysWith: +)
    return counts
  }

  public var drops: [DropReason: Int] { counts.drops }

  /// Binds IPv4 and IPv6 sockets on one port. A socket that is bound already is closed first; sessions stay.
  /// - Parameter port: 0 picks one that is free for both.
  /// - Parameter interface: the only one to use; nil for all.
  /// - Returns: the port.
  /// - Throws: `BindError`.
  public func bind(port: UInt16, interface: String? = nil) async throws -> UInt16 {
    try await run { try $0.bind(port: port, interface: interface) }.flatMap { $0 }.get()
  }

  public func close() async {
    try? await run { $0.close() }.get()
  }

  // MARK: - Sessions

  /// Lets a peer write to us. Several sessions of one peer may be open at a time; beyond `Limits.datagramSessions`
  /// over all peers no more are opened, and the peer's datagrams count as unknown.
  public func open(_ session: LocalSession) {
    onLoop { $0.open(session) }
  }

  /// Lets us write to a peer, by what it told over TLS. Told again with the same key, only the address changes:
  /// the numbers run on, since a number must never be used twice with a key.
  /// - Parameter endpoint: where its UDP socket is. A valid datagram from elsewhere corrects it.
  public func aim(
    _ peer: DatagramSessionRef, at endpoint: Endpoint, connection: DatagramConnectionID, key: Bytes32
  ) {
    onLoop { $0.aim(peer, at: endpoint, connection: connection, key: key) }
  }

  /// The peer is somewhere else now.
  public func redirect(_ peer: DatagramSessionRef, to endpoint: Endpoint) {
    onLoop { $0.redirect(peer, to: endpoint) }
  }

  /// Ends both directions with a peer.
  public func forget(_ peer: DatagramSessionRef) {
    onLoop { $0.forget(peer) }
  }

  /// Ends one receiving session; newer ones of the peer stay.
  public func forget(_ connection: DatagramConnectionID) {
    onLoop { $0.forget(connection) }
  }

  // MARK: - Sending

  /// Signs a body once, seals it for every recipient and sends. It never blocks, and nothing is promised: what
  /// cannot go now is dropped and counted. A cursor takes the place of an older one that still waits for the same
  /// recipients.
  /// - Returns: false when the body does not fit a datagram (`DatagramHeader.maximumBody`), or too many wait.
  @discardableResult
  public func send(_ body: DatagramBody, to peers: [DatagramSessionRef]) -> Bool {
    guard !peers.isEmpty else { return true }
    let bytes = DatagramCodec.encode(body)
    guard bytes.count <= DatagramHeader.maximumBody else { return refuse(.size) }
    if loop.inEventLoop {
      engine.value.catchUp()
      engine.value.send(bytes, to: peers)
      return true
    }
    let (queued, cursors) = (self.queued, self.cursors)
    let place = CursorPlace(body, to: peers)
    if let place, cursors.update({ $0[place]?.takes(bytes, to: peers) }) == true { return true }
    let hasRoom = queued.update {
      guard $0 < Limits.datagramsQueued else { return false }
      $0 += 1
      return true
    }
    guard hasRoom else { return refuse(.queue) }
    let mine = place.flatMap { place in
      cursors.update { waiting in
        guard waiting[place] == nil else { return nil as CursorPlace? }
        waiting[place] = WaitingCursor(bytes: bytes, peers: peers)
        return place
      }
    }
    onLoop { engine in
      queued.update { $0 -= 1 }
      let newest = mine.flatMap { place in cursors.update { $0.removeValue(forKey: place) } }
      engine.send(newest?.bytes ?? bytes, to: peers)
    }
    return true
  }

  private func refuse(_ reason: SendDropReason) -> Bool {
    refused.update { $0[reason, default: 0] += 1 }
    return false
  }

  private func onLoop(_ order: @escaping PresenceEngine.Order) {
    orders.update { $0.append(order) }
    let engine = engine
    loop.execute { engine.value.catchUp() }
  }

  private func run<Outcome: Sendable>(
    _ body: @escaping @Sendable (PresenceEngine) throws -> Outcome
  ) -> EventLoopFuture<Outcome> {
    let engine = engine
    return loop.submit { try body(engine.value) }
  }
}
