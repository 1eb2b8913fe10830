/// What colleagues say of devices that this one does not hear: who came after Bob had left asks those who saw him.
///
/// Each tells only what it heard itself, and only whom Bob's own word admits, so that nothing goes from mouth to mouth
/// and "never seen" and "hidden from you" are one answer. It is shown as said by whoever says it.
extension PresenceMachine {
  /// Devices about which somebody who was just met may know more than this one, in ascending order: those that were seen
  /// last, so that a bound leaves out who left long ago.
  func missed(besides peer: DeviceID) -> [DeviceID] {
    let absent = peers.filter { $0.key != peer && !$0.value.liveness.isHere }
    let newest = absent.sorted {
      let (one, other) = ($0.value.seen?.last ?? .max, $1.value.seen?.last ?? .max)
      return (other, $0.key) < (one, $1.key)
    }
    return newest.prefix(Limits.missedDevices).map(\.key).sorted()
  }

  /// What a third party may be told of when a device was seen: nil where it was not, and where it is not certain that
  /// the device's person lets the asker hear of it.
  ///
  /// Of its own person's devices a node says nothing: they tell one another more than anybody else may know.
  func sighting(of device: DeviceID, for asker: DeviceID, at now: Instant) -> ToldSighting? {
    guard let seen = peers[device]?.seen, mayTell(asker, of: device, seen.hearsay),
      let target = membership.device(device), target.member != membership.device(own)?.member
    else { return nil }
    // A clock that was set back makes no moment of the future.
    let age = max(now.wall - seen.last, 0)
    return ToldSighting(age: age, stayed: seen.duration, page: seen.page, activity: seen.activity)
  }

  /// A colleague has seen a device. It brings nobody back, and counts where this node knows of nothing newer.
  mutating func heard(_ sighting: ToldSighting, of device: DeviceID, from peer: DeviceID, at now: Instant) -> [Effect] {
    guard let known = peers[device], !known.liveness.isHere, let witness = membership.device(peer)?.member,
      (0...Limits.sightingAge).contains(sighting.age), (0...Limits.sightingAge).contains(sighting.stayed)
    else { return [] }
    let last = now.wall - sighting.age
    // Two who heard the same goodbye differ by less.
    if let own = known.seen, last <= own.last + Limits.sessionGap { return [] }
    if let other = known.toldOf, last <= other.last { return [] }
    peers[device]?.toldOf = LastSeen(
      device: device, since: last - sighting.stayed, last: last, page: sighting.page, activity: sighting.activity,
      witness: witness)
    return publish(memberOf: device, at: now)
  }

  /// The newest that is known of when a device was seen.
  func newestSight(of device: DeviceID) -> LastSeen? {
    guard let peer = peers[device] else { return nil }
    guard let told = peer.toldOf, told.last > (peer.seen?.last ?? .min) else { return peer.seen }
    return told
  }
}
