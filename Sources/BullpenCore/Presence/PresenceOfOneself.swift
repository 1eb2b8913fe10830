/// What the person does that changes what its presence says.
extension PresenceMachine {
  /// The person changed something of itself. What comes too fast waits, and is told by a tick.
  mutating func change(_ change: PresenceChange, at now: Instant) -> [Effect] {
    updating(at: now) { _ = $0.change(change, at: now) }
  }

  /// Whether something that the person said is not shown yet, for it came too fast.
  var isStatusWaiting: Bool { ownStatus.waiting != nil }

  /// Whether a change says anything that is neither shown nor waits to be.
  func alters(_ change: PresenceChange, at now: Instant) -> Bool { ownStatus.alters(change, at: now) }

  mutating func restore(_ kept: KeptStatus, at now: Instant) -> [Effect] {
    updating(at: now) { $0.restore(kept, at: now) }
  }

  /// Another device of the person says how it is: who is offline is so at all of its devices, and what was said in
  /// words before is over.
  mutating func follow(_ presence: DevicePresence, at now: Instant) -> [Effect] {
    updating(at: now) {
      $0.follow(isOffline: presence.status == .offline, presence.statusTurn)
      $0.follow(presence.words, presence.wordsTurn)
    }
  }

  mutating func input(at now: Instant) -> [Effect] { updating(at: now) { $0.input(at: now) } }

  mutating func look(_ reading: DesktopReading, at now: Instant) -> [Effect] {
    updating(at: now) { $0.look(reading, at: now) }
  }

  mutating func statusTick(at now: Instant) -> [Effect] { updating(at: now) { $0.tick(at: now) } }

  private mutating func updating(at now: Instant, _ update: (inout OwnStatus) -> Void) -> [Effect] {
    let before = ownStatus.kept
    update(&ownStatus)
    let decided = statusDecides(at: now)
    var presence = ownPresence
    presence.status = ownStatus.status
    presence.statusTurn = ownStatus.turn
    presence.customStatus = ownStatus.words.text
    presence.customEmoji = ownStatus.words.emoji
    presence.wordsTurn = ownStatus.wordsTurn
    return (before == ownStatus.kept ? [] : [.keepStatus(ownStatus.kept)]) + decided + show(presence, at: now)
  }
}
