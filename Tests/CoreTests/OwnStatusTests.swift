import Testing

@testable import BullpenCore

@Suite("What a person says of itself")
struct OwnStatusTests {
  private var status = OwnStatus()
  private var now = Instant(boot: 0, wall: 1_700_000_000_000)

  private mutating func pass(_ milliseconds: Int64) {
    now = now.advanced(by: milliseconds)
    status.tick(at: now)
  }

  @Test("five changes follow one another, then one a second; of what came too fast the newest is shown")
  mutating func rate() {
    for number in 1...Limits.statusBurst {
      let isFirstShown = status.change(PresenceChange(customStatus: "\(number)"), at: now)
      #expect(isFirstShown)
    }
    let isSixthShown = status.change(PresenceChange(status: .busy, customStatus: "six"), at: now)
    #expect(!isSixthShown)
    let isSeventhShown = status.change(PresenceChange(customStatus: "seven"), at: now)
    #expect(!isSeventhShown)
    #expect((status.status, status.words.text) == (.online, "5"))
    #expect(status.nextDeadline == now.boot + 1_000)
    pass(999)
    #expect(status.words.text == "5")
    pass(1)
    #expect((status.status, status.words.text) == (.busy, "seven"), "each part's newest")
    #expect(status.waiting == nil && status.nextDeadline == nil)
    // The second is spent: the next waits for another.
    let isNextShown = status.change(PresenceChange(status: .away), at: now)
    #expect(!isNextShown)
    pass(1_000)
    #expect(status.status == .away)
  }

  @Test("nothing overtakes what waits")
  mutating func order() {
    for _ in 0...Limits.statusBurst { _ = status.change(PresenceChange(status: .busy), at: now) }
    now = now.advanced(by: 5_000)
    let isLateShown = status.change(PresenceChange(status: .away), at: now)
    #expect(isLateShown, "it is told with what waits")
    #expect(status.status == .away && status.waiting == nil)
  }

  @Test("what says nothing new costs nothing: not while it is shown, not while it waits, and not when it is shown then")
  mutating func repeated() {
    let lunch = PresenceChange(status: .busy, customStatus: "At lunch", clearAfter: 3_600_000)
    for _ in 0..<100 {
      let isShown = status.change(lunch, at: now)
      #expect(isShown)
    }
    for number in 2...Limits.statusBurst { _ = status.change(PresenceChange(customStatus: "\(number)"), at: now) }
    let isRefused = !status.change(lunch, at: now)
    #expect(isRefused && status.status == .busy && status.words.text == "5")
    for _ in 0..<100 {
      let isTaken = status.change(lunch, at: now)
      #expect(isTaken, "it waits already")
    }
    #expect(status.waiting == lunch)
    pass(1_000)
    #expect(status.words.text == "At lunch" && status.waiting == nil)
    now = now.advanced(by: 900)
    let isAgain = status.change(lunch, at: now)
    #expect(isAgain && status.words.clearsAt == now.wall - 900 + 3_600_000, "the same hour")
    let isPart = status.change(PresenceChange(status: .busy), at: now)
    #expect(isPart)
    let isOther = status.change(PresenceChange(customStatus: "At lunch"), at: now)
    #expect(!isOther, "for good is something else than for an hour")
    pass(100)
    #expect(status.words.text == "At lunch" && status.words.clearsAt == nil)
  }

  @Test("words clear when they were to, also where the clock is set meanwhile; words said anew stay")
  mutating func clearing() {
    _ = status.change(PresenceChange(customStatus: "At lunch", customEmoji: "🍜", clearAfter: 3_600_000), at: now)
    #expect(status.words.clearsAt == now.wall + 3_600_000)
    now = Instant(boot: now.boot, wall: now.wall + 10 * 86_400_000)
    pass(3_599_999)
    #expect(status.words.text == "At lunch")
    #expect(status.nextDeadline == now.boot + 1)
    pass(1)
    #expect(status.words == StatusWords())
    #expect(status.nextDeadline == nil)
    _ = status.change(PresenceChange(customStatus: "Back", clearAfter: 1_000), at: now)
    _ = status.change(PresenceChange(customStatus: "Back for good"), at: now)
    pass(10_000)
    #expect(status.words.text == "Back for good")
  }

  @Test("only the status may change while words are bounded in time")
  mutating func statusAlone() {
    _ = status.change(PresenceChange(customStatus: "At lunch", clearAfter: 1_000), at: now)
    _ = status.change(PresenceChange(status: .away), at: now)
    pass(1_000)
    #expect(status.words.isEmpty && status.status == .away)
  }

  @Test("words of an earlier run are back unless their time is over, and never over what was said since")
  mutating func restoring() {
    status.restore(KeptStatus(words: StatusWords(text: "At lunch", clearsAt: now.wall + 500)), at: now)
    #expect(status.words.text == "At lunch")
    pass(500)
    #expect(status.words.isEmpty)
    status.restore(KeptStatus(words: StatusWords(text: "Gone", clearsAt: now.wall)), at: now)
    #expect(status.words.isEmpty)
    // A clock that was a year ahead wrote this.
    status.restore(KeptStatus(words: StatusWords(text: "Far", clearsAt: now.wall + 400 * 86_400_000)), at: now)
    #expect(status.words.clearsAt == now.wall + Limits.customStatusLongest)
    status.restore(KeptStatus(words: StatusWords(text: "Old")), at: now)
    #expect(status.words.text == "Far")
  }

  @Test("words are one plain line within their bounds, in characters and in bytes")
  func bounds() {
    let (text, emoji) = (Limits.customStatusCharacters, Limits.emojiCharacters)
    #expect(StatusWords(text: String(repeating: "é", count: text), emoji: String(repeating: "☕", count: emoji)).isSound)
    let family = "👩‍👩‍👧‍👦"
    for words in [
      StatusWords(text: String(repeating: "e", count: text + 1)), StatusWords(text: "a\nb"),
      StatusWords(emoji: "\u{202E}"),
      StatusWords(text: String(repeating: family, count: text)),
      StatusWords(emoji: String(repeating: "e", count: emoji + 1)),
      StatusWords(emoji: family + String(repeating: "\u{301}", count: Limits.emojiBytes)),
    ] {
      #expect(!words.isSound)
    }
  }

  @Test("who does nothing for five minutes is idle, and back at the first touch; who chose a status keeps it")
  mutating func idle() {
    pass(Limits.idleAfter * 3)
    #expect(status.status == .online, "nobody has said that there is anybody to see")
    status.input(at: now)
    #expect(status.nextDeadline == now.boot + Limits.idleAfter)
    pass(Limits.idleAfter - 1)
    #expect(status.status == .online)
    pass(1)
    #expect(status.status == .idle && status.chosen == .online)
    #expect(status.nextDeadline == nil)
    status.input(at: now)
    #expect(status.status == .online)
    _ = status.change(PresenceChange(status: .busy), at: now)
    pass(Limits.idleAfter)
    #expect(status.status == .busy)
  }
}
