import NIOCore
import NIOWebSocket

/// Writes what waits in an outbox, as long as the client takes it: all of it in one go, on the channel's event loop.
final class SocketSpeaker: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let outbox: Outbox
  private var context: ChannelHandlerContext?

  init(_ outbox: Outbox) { self.outbox = outbox }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let loop = context.eventLoop
    let own = NIOLoopBound(self, eventLoop: loop)
    outbox.onNews { loop.execute { own.value.speak() } }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    outbox.finish()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    speak()
    context.fireChannelWritabilityChanged()
  }

  private func speak() {
    guard let context else { return }
    var hasSpoken = false
    while context.channel.isWritable, let frame = outbox.take() {
      context.write(wrapOutboundOut(frame), promise: frame.opcode == .connectionClose ? whenSaid(context) : nil)
      hasSpoken = true
    }
    if hasSpoken { context.flush() }
  }

  /// After the last frame there is nothing to say.
  private func whenSaid(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
    let promise = context.eventLoop.makePromise(of: Void.self)
    let outbox = outbox
    promise.futureResult.whenComplete { _ in outbox.finish() }
    return promise
  }
}
