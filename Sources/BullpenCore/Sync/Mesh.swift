/// To whom a node keeps a connection. A handful of peers connect to all; beyond that a node keeps the two next to it on
/// the ring of device ids, so that the office hangs together, and some others by chance, so that news takes few steps.
///
/// Everybody still meets everybody once: that is where datagram keys come from. Who has dialed and does not need the
/// connection closes it then, and whoever needs it dials.
struct Mesh: Sendable {
  /// Whether there are too many peers to keep a connection to each.
  private(set) var isPartial = false
  /// Whom this node keeps while the mesh is partial.
  private(set) var chosen: Set<DeviceID> = []
  /// Who closed a connection that we had chosen, and until when somebody else is taken in its place.
  private var declined: [DeviceID: Int64] = [:]

  /// - Parameter here: the peers that are here and were met, in ascending order, without our own device.
  mutating func update(
    _ here: [DeviceID], own: DeviceID, using random: inout some RandomNumberGenerator, at now: Instant
  ) {
    isPartial = here.count > (isPartial ? Limits.meshWhole : Limits.meshWholeMost)
    declined = declined.filter { $0.value > now.boot }
    guard isPartial else {
      chosen = []
      return
    }
    let ring = Self.neighbours(of: own, in: here)
    let free = here.filter { !ring.contains($0) && declined[$0] == nil }
    var others = free.filter(chosen.contains)
    var rest = free.filter { !chosen.contains($0) }
    let room = max(Limits.meshChosen - ring.count, 0)
    while others.count > room { others.remove(at: Int(random.next() % UInt64(others.count))) }
    while others.count < room, !rest.isEmpty {
      others.append(rest.remove(at: Int(random.next() % UInt64(rest.count))))
    }
    chosen = ring.union(others)
  }

  /// A chosen peer has closed the connection, for it has enough of them.
  mutating func decline(_ device: DeviceID, at now: Instant) {
    guard chosen.contains(device) else { return }
    declined[device] = now.boot + Limits.meshDeclined
  }

  /// The next smaller and the next greater, around the end.
  static func neighbours(of own: DeviceID, in here: [DeviceID]) -> Set<DeviceID> {
    let before = here.last { $0 < own } ?? here.last
    let after = here.first { own < $0 } ?? here.first
    return Set([before, after].compactMap { $0 })
  }
}
