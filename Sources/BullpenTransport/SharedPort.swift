import BullpenCore

/// One port for connections and datagrams, so that one number names a device on its machine.
public enum SharedPort {
  /// Binds both, IPv4 and IPv6.
  /// - Parameter port: 0 picks one that is free for all four sockets.
  /// - Returns: the port.
  /// - Throws: `BindError`; then neither is bound.
  public static func bind(
    _ connections: Connections, _ presence: PresenceSocket, port: UInt16, interface: String? = nil
  ) async throws -> UInt16 {
    var attempt = 0
    while true {
      attempt += 1
      // UDP first: its bound sockets are heard by nobody yet, while a listener would have to be taken back.
      let picked = try await presence.bind(port: port, interface: interface)
      do {
        return try await connections.listen(port: picked, interface: interface)
      } catch {
        await presence.close()
        guard port == 0, attempt < 16, case BindError.portInUse = error else { throw error }
      }
    }
  }
}
