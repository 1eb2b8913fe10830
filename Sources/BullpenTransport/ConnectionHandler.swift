import BullpenCore
import BullpenWire
import NIOCore
import NIOSSL
import NIOTLS

/// Between TLS and the node, on one event loop: bytes become messages, and the connection's life becomes events.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State { case handshaking, open, ended }

  private let link: PeerLink
  private let deliver: @Sendable (ConnectionEvent) -> Void
  /// Hears once how the handshake ended.
  private let shook: @Sendable (Result<PeerConnection, any Error>) -> Void
  private let ended: @Sendable (CloseReason?) -> Void
  private let deadline: NIODeadline

  private var state = State.handshaking
  private var reader = FrameReader()
  private var timeout: Scheduled<Void>?
  private var failure: (any Error)?

  /// - Parameter deadline: when the handshake must be over.
  /// - Parameter ended: hears that the socket is closed; nil when no device had shown itself.
  init(
    link: PeerLink, deadline: NIODeadline, deliver: @escaping @Sendable (ConnectionEvent) -> Void,
    shook: @escaping @Sendable (Result<PeerConnection, any Error>) -> Void,
    ended: @escaping @Sendable (CloseReason?) -> Void
  ) {
    self.link = link
    self.deadline = deadline
    self.deliver = deliver
    self.shook = shook
    self.ended = ended
  }

  func handlerAdded(context: ChannelHandlerContext) {
    timeout = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      self.fail(ChannelError.connectTimeout(.milliseconds(0)), context)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(.handshakeCompleted) = event as? TLSUserEvent { open(context) }
    context.fireUserInboundEventTriggered(event)
  }

  private func open(_ context: ChannelHandlerContext) {
    guard state == .handshaking else { return }
    guard let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
      let device = DeviceID(certificate)
    else { return fail(NIOSSLError.noCertificateToValidate, context) }
    timeout?.cancel()
    state = .open
    let connection = PeerConnection(
      id: link.id, device: device, remote: link.remote, isInbound: link.isInbound, link: link)
    deliver(.opened(connection))
    shook(.success(connection))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state == .open, link.ending == nil else { return }
    reader.append(unwrapInboundIn(data).readableBytesView)
    do throws(WireError) {
      while let body = try reader.next() {
        let message = try PeerMessageCodec.decode(body)
        deliver(.received(link.id, message, link.received(body.count)))
        // Whoever was told may have closed it.
        guard link.ending == nil else { return }
      }
    } catch {
      link.abort(.malformed)
    }
  }

  /// Reading stops while too much is not dealt with; the link asks again when it may go on.
  func read(context: ChannelHandlerContext) {
    if !link.isPaused { context.read() }
  }

  func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
    guard event is PeerLink.Abort else { return context.triggerUserOutboundEvent(event, promise: promise) }
    promise?.succeed(())
    closeHard(context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if failure == nil { failure = error }
    switch state {
    case .handshaking: fail(error, context)
    // A cut without farewell is as good as one with: frames say for themselves when they are whole.
    case .open: if case .some(.uncleanShutdown) = error as? NIOSSLError { failure = nil } else { closeHard(context) }
    case .ended: break
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let before = state
    state = .ended
    timeout?.cancel()
    switch before {
    case .open:
      let reason = link.ending ?? (failure == nil ? .remote : .failed)
      // Counted before it is told, so that whoever hears of it finds it counted.
      ended(reason)
      deliver(.closed(link.id, reason))
    case .handshaking:
      ended(nil)
      shook(.failure(ShakeFailure(cause: failure)))
    case .ended: break
    }
    context.fireChannelInactive()
  }

  private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
    guard state == .handshaking else { return }
    if failure == nil { failure = error }
    closeHard(context)
  }

  /// Closes the socket below TLS, which would wait for the other side's farewell.
  private func closeHard(_ context: ChannelHandlerContext) {
    if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
      tls.close(promise: nil)
    } else {
      context.close(promise: nil)
    }
  }
}

/// A connection was made and ended before a device had shown itself, whatever became of the socket then.
struct ShakeFailure: Error {
  /// Nil when the other side just closed it.
  let cause: (any Error)?
}
