/// A person decides anew who may hear of it.
extension PresenceMachine {
  mutating func privacyChanged(_ privacy: Privacy, at now: Instant) -> [Effect] {
    var privacy = privacy
    // The settings know nothing of the status.
    privacy.isOffline = self.privacy.isOffline
    let effects = decide(privacy, at: now)
    return effects.isEmpty ? [] : effects + announce(at: now)
  }

  /// The person chose to be offline, at whichever of its devices, or another status after that. What those who may hear
  /// are told then is the caller's.
  mutating func statusDecides(at now: Instant) -> [Effect] {
    let isOffline = ownStatus.chosen == .offline
    guard isOffline != privacy.isOffline else { return [] }
    var privacy = privacy
    privacy.isOffline = isOffline
    return decide(privacy, at: now)
  }

  /// - Returns: nothing where the same devices may hear as before.
  private mutating func decide(_ privacy: Privacy, at now: Instant) -> [Effect] {
    self.privacy = privacy
    let before = visibility
    visibility = Visibility(of: own, privacy, in: membership)
    guard visibility != before else { return [] }
    owesFarewells = true
    return [.visibility] + part(at: now)
  }

  /// Whoever was told of us and may hear no longer gets a goodbye, as if we stopped, and then nothing.
  mutating func part(at now: Instant) -> [Effect] {
    guard owesFarewells, !isStopping else { return [] }
    owesFarewells = false
    let parting = peers.filter { device, peer in
      peer.isTold && peer.farewell == nil && peer.isReachable && !mayHear(device)
    }.keys.sorted()
    guard !parting.isEmpty else { return [] }
    counter += 1
    let version = version
    for device in parting {
      peers[device]?.unacknowledged = nil
      peers[device]?.farewell = (version, 0, now.boot + Limits.statusRetries[0])
    }
    return [.send(.goodbye(version), to: parting)]
  }

  /// A goodbye that is lost would leave us shown for a while, so it is said again as a change of status is. Who
  /// acknowledges none of it is owed one when it is met again.
  mutating func repeatFarewells(at now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for device in peers.keys.sorted() {
      guard let farewell = peers[device]?.farewell, farewell.due <= now.boot else { continue }
      let next = farewell.retry + 1
      peers[device]?.farewell =
        next < Limits.statusRetries.count ? (farewell.version, next, now.boot + Limits.statusRetries[next]) : nil
      effects.append(.send(.goodbye(farewell.version), to: [device]))
    }
    return effects
  }

  /// Whether a device lives, by other signs, and has not said for long that it shows itself: it may have been told not
  /// to, and its goodbye got lost.
  func isStale(_ device: DeviceID, at now: Instant) -> Bool {
    guard let peer = peers[device], peer.liveness.state == .here, peer.presence != nil else { return false }
    return now.boot - peer.saidAt >= Limits.presenceHolds
  }

  /// Whether this device may show another's person.
  func mayHearOf(_ device: DeviceID) -> Bool { visibility.believes(device, peers[device]?.hearsay) }

  /// Devices of which nothing may be shown.
  var unheard: Set<DeviceID> { Set(peers.keys.filter { !mayHearOf($0) }) }
}
