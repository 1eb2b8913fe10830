import BullpenCore
import Glibc
import NIOCore
import NIOPosix

/// Tells when interfaces or their addresses change: a cable, a radio, a VPN, a lease. It listens to the kernel's
/// route socket (rtnetlink(7)) and does not read what is said: whoever is told looks afresh.
public final class LinkMonitor: Sendable {
  /// Changes come in bursts; one word is enough for those within so many milliseconds of the first.
  public static let settling: Int64 = 200

  private struct State {
    var channel: (any Channel)?
    var isStopped = false
  }

  private let loop: any EventLoop
  private let changed: @Sendable () -> Void
  private let state = Shared(State())

  /// - Parameter changed: called on an event loop, once a burst.
  public init(group: any EventLoopGroup, changed: @escaping @Sendable () -> Void) {
    loop = group.next()
    self.changed = changed
  }

  /// Begins to listen, until `stop`.
  /// - Throws: `BindError` when the kernel gives no route socket.
  public func start() async throws {
    let descriptor = try RouteSocket.open(
      groups: RouteSocket.links | RouteSocket.addresses4 | RouteSocket.addresses6)
    let changed = changed
    let channel = try await NIOPipeBootstrap(group: loop)
      .channelOption(.maxMessagesPerRead, value: 4)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            LinkWatch(changed: changed) { [weak self] in self?.reopen() })
        }
      }
      .takingOwnershipOfDescriptor(input: descriptor)
      .flatMapErrorThrowing { error in
        close(descriptor)
        throw error
      }
      .get()
    let isStopped = state.update {
      if !$0.isStopped { $0.channel = channel }
      return $0.isStopped
    }
    if isStopped { try? await channel.close() }
  }

  public func stop() async {
    let channel = state.update {
      $0.isStopped = true
      return $0.channel.take()
    }
    try? await channel?.close()
  }

  /// The kernel had more to say than the socket holds, so reading failed: much has changed. The socket is opened
  /// anew after a moment.
  private func reopen() {
    guard !state.value.isStopped else { return }
    changed()
    loop.scheduleTask(in: .milliseconds(Self.settling)) { [weak self] in
      guard let self, !self.state.value.isStopped else { return }
      Task { try? await self.start() }
    }
  }
}

/// Turns a burst of the kernel's words into one call.
private final class LinkWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let changed: @Sendable () -> Void
  private let ended: @Sendable () -> Void
  private var settling: Scheduled<Void>?

  init(changed: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void) {
    self.changed = changed
    self.ended = ended
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard settling == nil else { return }
    settling = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(LinkMonitor.settling)) {
      self.settling = nil
      self.changed()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    settling?.cancel()
    ended()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
