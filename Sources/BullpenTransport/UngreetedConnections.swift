import BullpenCore

/// Inbound connections that have not been greeted: anybody can make one, so there are only so many places. When
/// they run out, the oldest connection of the address that holds most of them goes, and one machine cannot crowd
/// out the others.
struct UngreetedConnections: Sendable {
  /// Oldest first.
  private var places: [(id: ConnectionID, address: [UInt8])] = []

  var count: Int { places.count }

  /// - Returns: who loses the place.
  mutating func add(_ id: ConnectionID, from remote: Endpoint) -> ConnectionID? {
    places.append((id, remote.address))
    guard places.count > Limits.greetings else { return nil }
    let counts = Dictionary(places.map { ($0.address, 1) }, uniquingKeysWith: +)
    let most = counts.values.max()
    guard let index = places.firstIndex(where: { counts[$0.address] == most }) else { return nil }
    return places.remove(at: index).id
  }

  func contains(_ id: ConnectionID) -> Bool { places.contains { $0.id == id } }

  mutating func remove(_ id: ConnectionID) { places.removeAll { $0.id == id } }
}
