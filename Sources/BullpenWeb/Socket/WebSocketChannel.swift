import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import ServiceLifecycle

typealias SocketChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

/// A connection that speaks HTTP/1.1, and whose first request may turn it into a WebSocket (RFC 6455).
///
/// Only the first: a browser opens a connection of its own for each WebSocket, and so do all libraries.
struct WebSocketChannel: ServerChildChannel, HTTPChannelHandler {
  enum Negotiated: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case webSocket(SocketChannel, Outbox, Door.Head)
  }

  struct Value: ServerChildChannelValue {
    let negotiated: EventLoopFuture<Negotiated>
    let channel: any Channel
  }

  let responder: HTTPChannelHandler.Responder
  /// Whether a handshake may go on. What may not is answered by the responder like any other request.
  let admit: @Sendable (Door.Head) -> Bool
  let serve: @Sendable (SocketChannel, Outbox, Door.Head, Logger) async throws -> Void

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let sync = channel.pipeline.syncOperations
      let untilNegotiated = PreUpgradeGuard(patience: .seconds(WebBounds.firstRequest))
      try sync.addHandler(untilNegotiated)
      let negotiated = try sync.configureUpgradableHTTPServerPipeline(configuration: configuration(logger))
      try sync.addHandler(
        UpgradeFilter(admit: admit),
        position: .before(sync.handler(type: NIOTypedHTTPServerUpgradeHandler<Negotiated>.self)))
      negotiated.assumeIsolated().whenComplete { _ in untilNegotiated.disarm() }
      return Value(negotiated: negotiated, channel: channel)
    }
  }

  private func configuration(_ logger: Logger) -> NIOUpgradableHTTPServerPipelineConfiguration<Negotiated> {
    let upgrader = NIOTypedWebSocketServerUpgrader<Negotiated>(
      maxFrameSize: WebBounds.messageBytes,
      shouldUpgrade: { channel, head in
        // `UpgradeFilter` has decided already. Of the subprotocols offered, the one without a secret is chosen.
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        return channel.eventLoop.makeSucceededFuture(
          offered.contains("bullpen") ? ["Sec-WebSocket-Protocol": "bullpen"] : [:])
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          let outbox = Outbox(tooSlow: channel.leaveSoon)
          try channel.pipeline.syncOperations.addHandlers(FarewellHandler(), SocketSpeaker(outbox))
          return .webSocket(try SocketChannel(wrappingChannelSynchronously: channel), outbox, Door.Head(head))
        }
      })
    var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Negotiated>(
      upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
        channel.eventLoop.makeCompletedFuture {
          let sync = channel.pipeline.syncOperations
          try sync.addHandler(HTTP1ToHTTPServerCodec(secure: false))
          try sync.addHandler(HTTPConnectionStateHandler(idleTimeout: .seconds(WebBounds.idle), logger: logger))
          return .http(
            try NIOAsyncChannel(
              wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
      })
    // As Hummingbird's own HTTP/1.1 channel has it: pipelining, errors and header validation are dealt with above.
    configuration.enablePipelining = false
    configuration.enableErrorHandling = false
    configuration.enableResponseHeaderValidation = false
    return configuration
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.negotiated.get() {
      case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
      case .webSocket(let channel, let outbox, let head): try await serve(channel, outbox, head, logger)
      }
    } catch {
      logger.debug("A connection ended early.", metadata: ["error": "\(error)"])
      value.channel.close(promise: nil)
    }
  }
}

extension HTTPServerBuilder {
  static func httpAndWebSocket(
    admit: @escaping @Sendable (Door.Head) -> Bool,
    serve: @escaping @Sendable (SocketChannel, Outbox, Door.Head, Logger) async throws -> Void
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { WebSocketChannel(responder: $0, admit: admit, serve: serve) }
  }
}

extension Channel {
  /// A farewell may never fit, or never be answered: the client is left after a moment.
  @Sendable func leaveSoon() {
    eventLoop.scheduleTask(in: .milliseconds(WebBounds.farewell)) { self.close(promise: nil) }
  }
}

extension Outbox {
  /// Says why nobody serves a WebSocket, and closes it.
  func refuse(_ channel: SocketChannel, _ code: WebSocketErrorCode, reason: String) async throws {
    close(code, reason: reason)
    channel.channel.leaveSoon()
    try await channel.executeThenClose { _, _ in await ended() }
  }
}

extension Door.Head {
  init(_ head: HTTPRequestHead) {
    self.init(
      authority: head.headers.first(name: "host"), path: head.uri, method: .get,
      fields: HTTPFields(head.headers, splitCookie: false))
  }
}
