import BullpenCore
import NIOCore

/// Reads one socket. Whatever a datagram is, the next one is read.
///
/// Where they come fast, as in a room of many people, reading rests after each look: then several share one wake of the
/// node and one write to each WebSocket.
final class DatagramReader: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// How many datagrams one system call reads.
  static let burst = 16
  /// How long reading rests where datagrams come fast: a quarter of what a screen shows a picture for.
  private static let rest = TimeAmount.milliseconds(4)

  private let engine: PresenceEngine
  private var pace = DatagramPace()
  /// One reading of the clocks for a burst.
  private var now: Instant?
  private var count = 0

  init(_ engine: PresenceEngine) { self.engine = engine }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    let now = now ?? Clocks.now()
    self.now = now
    count += 1
    engine.received(envelope.data, from: envelope.remoteAddress, at: now)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if let now, pace.isFast(with: count, at: now.boot), count < Self.burst { rest(context.channel) }
    (now, count) = (nil, 0)
    engine.publish()
  }

  private func rest(_ channel: any Channel) {
    guard (try? channel.syncOptions?.setOption(.autoRead, value: false)) != nil else { return }
    channel.eventLoop.assumeIsolated().scheduleTask(in: Self.rest) {
      try? channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { engine.ended(context.channel) }

  /// ICMP says that nobody listened there: the presence protocol finds that out by itself.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Whether datagrams come fast: told by the tenth of a second before.
struct DatagramPace {
  /// In datagrams a second: more than ten people in a room send, fewer than fifteen do.
  private static let threshold = 400
  private static let window: Int64 = 100

  private var began = Int64.min / 2
  private var count = 0
  private var wasFast = false

  /// - Parameter fresh: how many have come since this was asked last.
  /// - Parameter now: milliseconds by the boot clock.
  mutating func isFast(with fresh: Int, at now: Int64) -> Bool {
    let elapsed = now - began
    if elapsed >= Self.window {
      wasFast = elapsed < 2 * Self.window && count * 1_000 >= Self.threshold * Int(elapsed)
      (began, count) = (now, 0)
    }
    count += fresh
    return wasFast
  }
}
