import NIOCore
import NIOHTTP1

/// Takes the header `Upgrade` from every request that will not become a WebSocket.
///
/// NIO's typed upgrade handler loses the head of a request that has an `Upgrade` header and is not upgraded
/// (swift-nio issue 2632), whatever the reason: refused, malformed, or another protocol such as `h2c`. Without the
/// header such a request is an ordinary one, and gets an ordinary answer.
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private let admit: @Sendable (Door.Head) -> Bool

  init(admit: @escaping @Sendable (Door.Head) -> Bool) { self.admit = admit }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    if head.headers.contains(name: "upgrade"), !isWelcome(head) { head.headers.remove(name: "upgrade") }
    context.fireChannelRead(wrapInboundOut(.head(head)))
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  private func isWelcome(_ head: HTTPRequestHead) -> Bool {
    let headers = head.headers
    return head.method == .GET && head.uri.split(separator: "?").first == "/ws"
      && headers["upgrade"].map { $0.lowercased() } == ["websocket"] && headers["sec-websocket-key"].count == 1
      && headers["sec-websocket-version"] == ["13"] && !headers.contains(name: "content-length")
      && !headers.contains(name: "transfer-encoding") && headers["host"].count == 1
      && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" } && admit(Door.Head(head))
  }
}
