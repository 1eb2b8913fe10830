/// Who may hear of this node's person.
extension Workspace {
  /// As it is in force now.
  public var visibility: Visibility { presence.visibility }

  public var privacy: Privacy { presence.privacy }

  /// Milliseconds since a device last said what it shows; nil where nothing of it is shown. What is told a goodbye in
  /// vain goes by it.
  public func age(ofPresence device: DeviceID, at now: Instant) -> Int64? {
    presence.peers[device].flatMap { $0.presence == nil ? nil : now.boot - $0.saidAt }
  }

  /// The membership is another: who may hear of whom is looked at once, for presence and rooms alike. Goodbyes to those
  /// who lost sight of us go out before the next event.
  mutating func membershipSettled() {
    presence.membershipChanged(membership)
    rooms.membershipChanged(membership, presence.visibility, unheard: presence.unheard)
  }

  mutating func privacyChanged(_ privacy: Privacy, at now: Instant) -> [Effect] {
    presenceEffects(presence.privacyChanged(privacy, at: now), at: now)
  }

  // MARK: - When others were seen

  /// What was kept from earlier runs.
  public mutating func remember(_ sightings: [LastSeen]) {
    presence.remember(sightings)
    keptSightings = presence.sightings
  }

  mutating func keepSightings() -> [Effect] {
    let sightings = presence.sightings
    guard sightings != keptSightings else { return [] }
    keptSightings = sightings
    return [.keepSightings(sightings)]
  }
}
