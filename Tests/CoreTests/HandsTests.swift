import Testing

@testable import BullpenCore

@Suite("Whether anybody is at the machine")
struct HandsTests {
  private var status = OwnStatus()
  private var now = Instant(boot: 3_600_000, wall: 1_700_000_000_000)

  private mutating func pass(_ milliseconds: Int64) {
    now = now.advanced(by: milliseconds)
    status.tick(at: now)
  }

  private mutating func look(_ idle: Int64?, isLocked: Bool? = nil) {
    status.look(DesktopReading(source: idle == nil ? nil : .mutter, idle: idle, isLocked: isLocked), at: now)
  }

  @Test("a desktop that nobody has touched for six minutes is idle, and a hand on it is seen at the next look")
  mutating func desktop() {
    look(360_000)
    #expect(status.status == .idle)
    look(800)
    #expect(status.status == .online)
    #expect(status.nextDeadline == now.boot - 800 + Limits.idleAfter)
    pass(Limits.idleAfter - 801)
    #expect(status.status == .online)
    pass(1)
    #expect(status.status == .idle)
  }

  @Test("of a hand in a view and one on the desktop the later counts")
  mutating func later() {
    status.input(at: now)
    look(Limits.idleAfter * 2)
    #expect(status.status == .online)
    pass(Limits.idleAfter - 1)
    look(1_000)
    pass(1)
    #expect(status.status == .online)
    // What the view saw is not undone by a desktop that saw less.
    status.input(at: now)
    look(Limits.idleAfter - 1)
    pass(2)
    #expect(status.status == .online)
  }

  @Test("a locked screen is idle at once whoever touches it, until it is unlocked or a view sees a hand")
  mutating func locked() {
    look(0, isLocked: false)
    #expect(status.status == .online)
    pass(1_000)
    look(0, isLocked: true)
    #expect(status.status == .idle)
    pass(60_000)
    look(10, isLocked: true)
    #expect(status.status == .idle && status.nextDeadline == nil)
    pass(1)
    look(nil, isLocked: false)
    #expect(status.status == .online, "it was unlocked by a hand")
    pass(1_000)
    look(0, isLocked: true)
    status.input(at: now.advanced(by: 1))
    #expect(status.status == .online)
    pass(Limits.idleAfter + 1)
    #expect(status.status == .idle)
  }

  @Test("a desktop that does not know, or goes silent, changes nothing of what was seen")
  mutating func silent() {
    look(nil)
    pass(Limits.idleAfter)
    #expect(status.status == .online, "nobody has said that there is anybody to see")
    look(0)
    pass(Limits.idleAfter - 1)
    look(nil)
    #expect(status.status == .online)
    pass(1)
    look(nil)
    #expect(status.status == .idle)
  }

  @Test("numbers that no desktop says are taken for what they mean")
  mutating func absurd() {
    look(.max)
    #expect(status.status == .idle)
    pass(60_000)
    look(.max)
    #expect(status.status == .idle)
    look(-5)
    #expect(status.status == .online)
    #expect(status.nextDeadline == now.boot + Limits.idleAfter)
  }

  @Test("who chose a status keeps it, locked or not")
  mutating func chosen() {
    _ = status.change(PresenceChange(status: .busy), at: now)
    look(0, isLocked: true)
    #expect(status.status == .busy)
  }
}
