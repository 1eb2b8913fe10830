import NIOCore
import NIOWebSocket

/// When the node stops, tells the client that it goes away (1001), gives it a moment to answer, and closes.
final class FarewellHandler: ChannelDuplexHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame
  typealias OutboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private var hasSaidGoodbye = false
  private var deadline: Scheduled<Void>?

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
    guard !hasSaidGoodbye else { return }
    hasSaidGoodbye = true
    var reason = context.channel.allocator.buffer(capacity: 2)
    reason.write(webSocketErrorCode: .goingAway)
    context.writeAndFlush(
      wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: reason)), promise: nil)
    // Closing at once could reset the connection before the client has read why.
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let isClose = unwrapOutboundIn(data).opcode == .connectionClose
    // Nothing may follow a close frame (RFC 6455, section 5.5.1).
    guard !hasSaidGoodbye else {
      promise?.succeed()
      return
    }
    hasSaidGoodbye = isClose
    context.write(data, promise: promise)
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }
}
