import BullpenCore
import Testing

@Suite("Hybrid clock")
struct HybridClockTests {
  private let wall: Int64 = 1_700_000_000_000

  @Test("a counter that overflows in one millisecond borrows from the next, and times still ascend")
  func overflow() {
    var clock = HybridClock()
    var last = HybridTime.zero
    for _ in 0..<70_000 {
      let time = clock.tick(wall: wall)
      #expect(time > last)
      last = time
    }
    #expect(last.milliseconds == wall + 1)
    #expect(clock.tick(wall: wall + 1) > last)
    #expect(clock.tick(wall: wall + 2) == HybridTime(milliseconds: wall + 2, counter: 0))
  }

  @Test("another's last time of a millisecond is passed by the first of the next")
  func overflowOfAnother() {
    var clock = HybridClock()
    clock.observe(HybridTime(milliseconds: wall, counter: .max), wall: wall)
    #expect(clock.tick(wall: wall) == HybridTime(milliseconds: wall + 1, counter: 0))
  }

  @Test("it goes on ascending when the wall clock goes back, and believes nobody beyond the bound")
  func neverBack() {
    var clock = HybridClock()
    let first = clock.tick(wall: wall)
    #expect(clock.tick(wall: wall - 3_600_000) > first)
    clock.observe(HybridTime(milliseconds: wall + Limits.clockBound + 1, counter: 0), wall: wall)
    #expect(clock.last.milliseconds == wall)
    clock.observe(HybridTime(milliseconds: wall + Limits.clockBound, counter: 0), wall: wall)
    #expect(clock.last.milliseconds == wall + Limits.clockBound)
  }
}
