/// What a person's devices together show of it.
extension PresenceMachine {
  func publish(memberOf device: DeviceID, at now: Instant) -> [Effect] {
    guard let member = membership.device(device)?.member, let shown = shown(member, at: now) else { return [] }
    return [.publish(shown)]
  }

  /// One entry a person, over all of its devices. Nil for who is no member.
  func shown(_ id: MemberID, at now: Instant) -> MemberPresence? {
    guard let member = membership.members[id] else { return nil }
    let seen = member.devices.compactMap { sight(of: $0, at: now) }
    let here = seen.filter { $0.presence != nil }.sorted { $0.device < $1.device }
    let presences = here.compactMap(\.presence)
    // The newest saying, though it be that there are no words any more. Who has only heard of words has their turn, and
    // says none.
    let custom = presences.max { ($0.wordsTurn, $0.words.isEmpty ? 0 : 1) < ($1.wordsTurn, $1.words.isEmpty ? 0 : 1) }
    return MemberPresence(
      member: id, status: presences.map(\.status).max { $0.availability < $1.availability } ?? .offline,
      customStatus: custom?.customStatus ?? "", customEmoji: custom?.customEmoji ?? "",
      clearsAt: id == membership.device(own)?.member ? ownStatus.words.clearsAt : nil,
      rooms: Set(presences.flatMap(\.rooms)).sorted(),
      typing: presences.filter { $0.typing != nil }.max { $0.pageTurn < $1.pageTurn }?.typing,
      page: presences.filter { $0.page != nil }.max { $0.pageTurn < $1.pageTurn }?.page,
      devices: here.compactMap { sight in
        sight.presence.map {
          MemberPresence.Device(device: sight.device, kind: $0.kind, status: $0.status, rooms: $0.rooms)
        }
      },
      lastSeen: seen.map(\.sighting.last).max(),
      silentFor: here.map(\.silence).min().flatMap { $0 >= Limits.suspicion ? $0 : nil }, colour: colours[id] ?? 0,
      sightings: seen.map(\.sighting).filter { $0.device != own }.sorted { $0.device < $1.device })
  }

  /// Whether a device shows itself here. One's own is there also while its person is offline for all others; those of
  /// others say nothing then, and what says so all the same counts as silent.
  func isShown(_ device: DeviceID) -> Bool {
    guard let presence = peers[device]?.presence else { return false }
    return presence.status != .offline || visibility.ownDevices.contains(device)
  }

  private struct Sight {
    var device: DeviceID
    /// Nil while the device is away.
    var presence: DevicePresence?
    var sighting: LastSeen
    /// Milliseconds on the boot clock, which nobody sets.
    var silence: Int64
  }

  /// Nil for a device that was never seen, or of which this one may not hear.
  private func sight(of device: DeviceID, at now: Instant) -> Sight? {
    if device == own {
      return Sight(
        device: own, presence: isStopping ? nil : ownPresence,
        sighting: LastSeen(device: own, since: session, last: now.wall), silence: 0)
    }
    guard let peer = peers[device], var seen = newestSight(of: device),
      visibility.believes(device, peer.hearsay ?? .nobody)
    else { return nil }
    let shown = peer.liveness.isHere && isShown(device) ? peer.presence : nil
    if shown != nil {
      // Where somebody was before is not where it is.
      seen.page = nil
      seen.activity = nil
    }
    return Sight(
      device: device, presence: shown,
      sighting: seen, silence: peer.liveness.lastHeard.map { now.boot - $0 } ?? .max)
  }
}
