import Hummingbird

extension RouteTable {
  /// Only what did not become a WebSocket arrives here: it is told why.
  func addSocket() {
    on(.get, "/ws", needs: .none) { call in
      _ = try call.site.door.admitSocket(Door.Head(call.request.head))
      if call.site.sockets.hasRoom { throw Self.upgradeRequired }
      throw Problem(
        .serviceUnavailable, code: "unavailable", "There are \(WebBounds.sockets) WebSockets already.",
        hint: "Close a tab or a program.")
    }
  }

  private static let upgradeRequired = Problem(
    .upgradeRequired, code: "upgrade_required", "This address speaks WebSocket, version 13 (RFC 6455).",
    fields: [.upgrade: "websocket"])
}
