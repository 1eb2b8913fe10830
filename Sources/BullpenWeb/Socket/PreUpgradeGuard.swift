import NIOCore

/// Closes a connection that sends no request in time, and, until its first request has come, one that the server
/// wants to see ended: nothing else in the pipeline does so yet.
final class PreUpgradeGuard: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let patience: TimeAmount
  private var isArmed = true
  private var deadline: Scheduled<Void>?

  init(patience: TimeAmount) { self.patience = patience }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isArmed, event is ChannelShouldQuiesceEvent {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  /// The request has come: from here on others see to both.
  func disarm() {
    isArmed = false
    deadline?.cancel()
  }
}
