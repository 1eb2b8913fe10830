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
    let descriptor = try Self.routeSocket()
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

  // linux/netlink.h and linux/rtnetlink.h, which Glibc's module leaves out.
  private struct Address {
    var family = UInt16(AF_NETLINK)
    var padding: UInt16 = 0
    var port: UInt32 = 0
    var groups: UInt32
  }
  private static let route: Int32 = 0
  private static let links: UInt32 = 0x1
  private static let addresses4: UInt32 = 0x10
  private static let addresses6: UInt32 = 0x100

  private static func routeSocket() throws(BindError) -> Int32 {
    let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_NETLINK, flags, route)
    guard descriptor >= 0 else { throw .system(errno) }
    let bound = withUnsafeBytes(of: Address(groups: links | addresses4 | addresses6)) {
      // Every socket address begins as a sockaddr does.
      bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard bound == 0 else {
      let reason = errno
      close(descriptor)
      throw .system(reason)
    }
    return descriptor
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
