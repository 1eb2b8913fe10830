/// When a device was seen last: heard while its person let this one.
public struct LastSeen: Hashable, Sendable {
  public var device: DeviceID
  /// When it came, and when it was heard last, Unix milliseconds by this node's clock.
  public var since: Int64
  public var last: Int64

  public init(device: DeviceID, since: Int64, last: Int64) {
    self.device = device
    self.since = since
    self.last = last
  }

  /// How long it was there, in milliseconds.
  public var duration: Int64 { max(last - since, 0) }

  /// It is there at a moment: a gap that is short ends no session, neither of its nor of our own restart.
  mutating func extend(to wall: Int64) {
    if abs(wall - last) > Limits.sessionGap { since = wall }
    since = min(since, wall)
    last = wall
  }
}

extension PresenceMachine {
  /// What was kept from earlier runs. What this run has seen counts for more.
  mutating func remember(_ sightings: [LastSeen]) {
    for sighting in sightings where peers[sighting.device]?.seen == nil { peers[sighting.device]?.seen = sighting }
  }

  /// Everything that is worth keeping, in ascending order of device.
  var sightings: [LastSeen] { peers.values.compactMap(\.seen).sorted { $0.device < $1.device } }

  /// A device gave a sign of life. It was seen if it shows itself; that it lives is not for a person to know.
  mutating func noteSight(of device: DeviceID, at now: Instant) {
    guard let presence = peers[device]?.presence, presence.status != .offline else { return }
    var sighting = peers[device]?.seen ?? LastSeen(device: device, since: now.wall, last: now.wall)
    sighting.extend(to: now.wall)
    peers[device]?.seen = sighting
  }
}
