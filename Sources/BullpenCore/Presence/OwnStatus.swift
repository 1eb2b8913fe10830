/// What this node's person says of itself, whichever room it is in: the status that was chosen, a few words until they
/// clear, and whether anybody is at the machine.
struct OwnStatus: Sendable {
  private(set) var chosen = Status.online
  /// Orders the choosing of `offline`, and of another status after it, among the person's devices.
  private(set) var turn: Turn = 0
  /// What was said here, unless another of the person's devices has said something since.
  private(set) var words = StatusWords()
  /// Orders the words among the person's devices: the turn of the newest that is known, wherever it was said.
  private(set) var wordsTurn: Turn = 0
  /// The newest that was said at another device, where that is newer. How long it holds is kept there.
  private var elsewhere = StatusWords()
  /// What was said faster than a status may change. The newest of each part waits here, and is shown in time.
  private(set) var waiting: PresenceChange?
  private var bucket: TokenBucket?
  private var hands = Hands()
  /// When the words clear, on the boot clock.
  private var clearing: Int64?

  /// What others are told. Only who chose nothing else is shown as idle.
  var status: Status { chosen == .online && hands.areGone ? .idle : chosen }

  /// The person changed something; false when it has to wait. What says nothing new is no change, and costs nothing.
  mutating func change(_ change: PresenceChange, at now: Instant) -> Bool {
    guard alters(change, at: now) else { return true }
    var bucket = bucket ?? TokenBucket(burst: Limits.statusBurst, rate: Limits.statusRate, at: now.boot)
    defer { self.bucket = bucket }
    // What waits is told with it, or the older would be shown last.
    let wanted = waiting.map { $0.followed(by: change) } ?? change
    guard bucket.take(at: now.boot) else {
      waiting = wanted
      return false
    }
    waiting = nil
    take(wanted, at: now)
    return true
  }

  /// Whether a change says anything that is neither shown nor waits to be.
  func alters(_ change: PresenceChange, at now: Instant) -> Bool {
    var (without, with) = (self, self)
    if let waiting { without.take(waiting, at: now) }
    with.take(waiting.map { $0.followed(by: change) } ?? change, at: now)
    let (before, after) = (without.shown, with.shown)
    guard (without.chosen, before.text, before.emoji) == (with.chosen, after.text, after.emoji) else { return true }
    switch (without.clearing, with.clearing) {
    case (nil, nil): return false
    case (let before?, let after?):
      // Who says again "for an hour" because it was refused a moment ago means the same hour.
      return abs(after - before) > min((after - now.boot) / 100, Limits.sameClearing)
    default: return true
    }
  }

  /// The person's words, wherever they were said.
  private var shown: StatusWords { elsewhere.isEmpty ? words : elsewhere }

  private mutating func take(_ change: PresenceChange, at now: Instant) {
    if let status = change.status {
      if (status == .offline) != (chosen == .offline) { turn = turn.next }
      chosen = status
    }
    guard change.customStatus != nil || change.customEmoji != nil || change.clearAfter != nil else { return }
    // What is left out stays as it is shown.
    var said = shown
    if let text = change.customStatus {
      said.text = text.cut(characters: Limits.customStatusCharacters, bytes: Limits.customStatusBytes)
    }
    if let emoji = change.customEmoji {
      said.emoji = emoji.cut(characters: Limits.emojiCharacters, bytes: Limits.emojiBytes)
    }
    // Words of another device stay there, where it is known when they clear.
    if !elsewhere.isEmpty, said == elsewhere, change.clearAfter == nil { return }
    (words, elsewhere) = (said, StatusWords())
    wordsTurn = wordsTurn.next
    // Words that are said anew stay, unless it is said for how long.
    let lasts = words.isEmpty ? nil : change.clearAfter.map { min(max($0, 1), Limits.customStatusLongest) }
    clearing = lasts.map { now.boot + $0 }
    words.clearsAt = lasts.map { now.wall + $0 }
  }

  /// Another device of the person is offline, or is not: who said so last, at whichever, means all of them. Of two who
  /// did not hear one another, offline counts.
  mutating func follow(isOffline: Bool, _ turn: Turn) {
    guard turn > self.turn || turn == self.turn && isOffline else { return }
    self.turn = turn
    // A status that waits was said before.
    if isOffline { waiting?.status = nil }
    if isOffline != (chosen == .offline) { chosen = isOffline ? .offline : .online }
  }

  /// Another device of the person said something newer, or that there is nothing to say: what was said here is over.
  mutating func follow(_ said: StatusWords, _ turn: Turn) {
    guard turn > wordsTurn else { return }
    (words, elsewhere, wordsTurn, clearing) = (StatusWords(), said, turn, nil)
  }

  /// What outlives this run. Of the statuses `offline` alone, or a restart would show who hides.
  var kept: KeptStatus {
    KeptStatus(words: words, wordsTurn: wordsTurn, isOffline: chosen == .offline, turn: turn)
  }

  mutating func restore(_ kept: KeptStatus, at now: Instant) {
    follow(isOffline: kept.isOffline, kept.turn)
    wordsTurn = max(wordsTurn, kept.wordsTurn)
    restore(kept.words, at: now)
  }

  /// The words of an earlier run, unless their time is over.
  private mutating func restore(_ kept: StatusWords, at now: Instant) {
    // Whoever was quicker than the disk has said something newer.
    guard words.isEmpty, waiting == nil, !kept.isEmpty else { return }
    guard let clearsAt = kept.clearsAt else {
      words = kept
      return
    }
    // A clock that was set back must not make an hour a year.
    let left = min(clearsAt - now.wall, Limits.customStatusLongest)
    guard left > 0 else { return }
    words = kept
    words.clearsAt = now.wall + left
    clearing = now.boot + left
  }

  /// Somebody is at the machine, in a view.
  mutating func input(at now: Instant) { hands.sawOne(at: now) }

  /// What the desktop says of the one who sits there.
  mutating func look(_ reading: DesktopReading, at now: Instant) { hands.look(reading, at: now) }

  mutating func tick(at now: Instant) {
    if let clearing, clearing <= now.boot {
      words = StatusWords()
      self.clearing = nil
      // The others hear that they are over, and not that nothing was said.
      wordsTurn = wordsTurn.next
    }
    hands.tick(at: now)
    if let change = waiting, bucket?.take(at: now.boot) != false {
      waiting = nil
      take(change, at: now)
    }
  }

  var nextDeadline: Int64? {
    return [clearing, hands.nextDeadline, waiting.flatMap { _ in bucket?.nextToken }].compactMap(\.self).min()
  }
}

/// What a person said of itself that outlives a restart of its node.
public struct KeptStatus: Hashable, Sendable {
  public var words: StatusWords
  /// Orders `words` among the person's devices.
  public var wordsTurn: Turn
  public var isOffline: Bool
  /// Orders `isOffline` among the person's devices.
  public var turn: Turn

  public init(words: StatusWords = StatusWords(), wordsTurn: Turn = 0, isOffline: Bool = false, turn: Turn = 0) {
    self.words = words
    self.wordsTurn = wordsTurn
    self.isOffline = isOffline
    self.turn = turn
  }
}

/// A custom status: words, a picture, and until when they hold.
public struct StatusWords: Hashable, Sendable {
  /// ≤ 100 characters and 400 bytes; empty when there is none.
  public var text: String
  /// ≤ 10 characters and 250 bytes; empty when there is none.
  public var emoji: String
  /// Unix milliseconds; nil: until the person says otherwise.
  public var clearsAt: Int64?

  public init(text: String = "", emoji: String = "", clearsAt: Int64? = nil) {
    self.text = text
    self.emoji = emoji
    self.clearsAt = clearsAt
  }

  public var isEmpty: Bool { text.isEmpty && emoji.isEmpty }

  /// Whether both keep their bounds, and are one plain line.
  public var isSound: Bool {
    text.utf8.count <= Limits.customStatusBytes && text.count <= Limits.customStatusCharacters && text.isPlainLine
      && emoji.utf8.count <= Limits.emojiBytes && emoji.count <= Limits.emojiCharacters && emoji.isPlainLine
  }
}

extension DevicePresence {
  /// What the device says in words; until when is its own affair.
  var words: StatusWords { StatusWords(text: customStatus, emoji: customEmoji) }
}

extension PresenceChange {
  /// Both, where the later counts.
  fileprivate func followed(by later: PresenceChange) -> PresenceChange {
    let saysWords = later.customStatus != nil || later.customEmoji != nil
    return PresenceChange(
      status: later.status ?? status, customStatus: later.customStatus ?? customStatus,
      customEmoji: later.customEmoji ?? customEmoji,
      clearAfter: later.clearAfter ?? (saysWords ? nil : clearAfter))
  }
}
