import BullpenCore

/// What others said of themselves to one process: what it tells of them in turn is held against it.
struct HeardWords {
  private struct Word {
    var hearsay: Hearsay
    var page: RoomID?
    var activity: LastSeen.Activity?
    /// Since when it holds, by the wall clock of whoever heard it.
    var since: Int64

    init(_ update: PresenceUpdate, _ since: Int64) {
      (hearsay, page, self.since) = (update.hearsay, update.presence.page, since)
      let presence = update.presence
      activity =
        presence.typing != nil ? .typing : presence.status == .idle ? .idle : presence.rooms.isEmpty ? nil : .viewing
    }

    func isSame(as other: Word) -> Bool {
      (hearsay, page, activity) == (other.hearsay, other.page, other.activity)
    }

    func admits(_ asker: Role) -> Bool {
      switch hearsay {
      case .everyone: true
      case .team: asker >= .member
      case .nobody: false
      }
    }
  }

  private struct Speaker {
    var version: PresenceVersion
    /// In the order in which they were said, each for as long as it differs from the one before.
    var words: [Word]
    /// What arrived last, which may be older.
    var last: Word
  }

  private var speakers: [DeviceID: Speaker] = [:]

  mutating func note(_ body: DatagramBody, from device: DeviceID, at now: Instant) {
    if case .goodbye(let version) = body, let speaker = speakers[device] {
      // What was under way before it counts no more.
      speakers[device]?.version = max(version, speaker.version)
    }
    guard case .presence(let update) = body else { return }
    let word = Word(update, now.wall)
    guard var speaker = speakers[device] else {
      speakers[device] = Speaker(version: update.version, words: [word], last: word)
      return
    }
    speaker.last = word
    if update.version >= speaker.version {
      speaker.version = update.version
      if speaker.words.last?.isSame(as: word) != true { speaker.words.append(word) }
    }
    speakers[device] = speaker
  }

  /// Whether a device that has said something lets it be told that it is here; nil for one that has not.
  func admits(_ asker: Role, to device: DeviceID) -> Bool? {
    speakers[device].map { speaker in
      [speaker.words.last, speaker.last].contains { $0?.admits(asker) == true }
    }
  }

  /// Whether a device showed to all such askers what is told of it.
  func show(_ sighting: ToldSighting, of device: DeviceID, to asker: Role) -> Bool {
    let words = speakers[device]?.words.filter { $0.admits(asker) } ?? []
    return (sighting.page == nil || words.contains { $0.page == sighting.page })
      && (sighting.activity == nil || words.contains { $0.activity == sighting.activity })
  }

  /// Whether a device let such askers know of it for as long as it is said to have been there.
  ///
  /// - Parameter now: by the clock that made the sighting, and that nobody has set meanwhile.
  func admits(_ asker: Role, to device: DeviceID, all sighting: ToldSighting, at now: Instant) -> Bool {
    let words = speakers[device]?.words ?? []
    let last = now.wall - sighting.age, since = last - sighting.stayed
    let begun = words.lastIndex { $0.since <= since } ?? 0
    return words.dropFirst(begun).allSatisfy { $0.since > last || $0.admits(asker) }
  }
}
