/// Another machine that holds this device's key: a disk was cloned, or a home was copied.
public struct Twin: Hashable, Sendable {
  /// Where it was met.
  public let endpoint: Endpoint
  /// When, on the boot clock.
  let met: Int64
}

extension Workspace {
  /// The other machine with this device's key, while it was met of late.
  public func twin(at now: Instant) -> Twin? {
    twin.flatMap { now.boot - $0.met < Limits.twinMemory ? $0 : nil }
  }

  /// It has proved that it holds this device's key. There is nothing to exchange that others do not carry, and each is
  /// whom the others meet in turn: the person has to end one.
  mutating func metTwin(at endpoint: Endpoint, on connection: ConnectionID, _ now: Instant) -> [Effect] {
    twin = Twin(endpoint: endpoint, met: now.boot)
    return [.close(connection), .publish(.connections)]
  }

  /// Tells a peer that came from another place than before where that was. A laptop that moved finds nobody there; of
  /// two machines with one key each finds the other.
  func formerPlace(of session: SyncSession) -> [Effect] {
    guard let former = session.former, former != session.door, former.scope == 0 else { return [] }
    return [.send(session.connection, .addresses([PeerAddresses(device: session.peer, endpoints: [former])]))]
  }
}
