import BullpenCore
import Testing

@Suite("The replay window")
struct ReplayWindowTests {
  /// The same rule, written the slow way.
  struct Naive {
    var seen: Set<UInt64> = []
    var newest: UInt64 = 0
    mutating func accept(_ number: UInt64) -> Bool {
      guard number > 0, number > newest || newest - number < ReplayWindow.width else { return false }
      newest = max(newest, number)
      return seen.insert(number).inserted
    }
  }

  @Test("it accepts exactly what a plain set of all numbers would", arguments: 0..<20 as Range<UInt64>)
  func property(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    var window = ReplayWindow()
    var naive = Naive()
    var newest: UInt64 = 1
    for _ in 0..<20_000 {
      let number: UInt64
      switch UInt64.random(in: 0..<20, using: &random) {
      case 0: number = newest + UInt64.random(in: 0..<5_000, using: &random)
      case 1: number = UInt64.random(in: 0...newest, using: &random)
      case 2: number = newest &- ReplayWindow.width &+ UInt64.random(in: 0..<3, using: &random)
      case 3..<12: number = newest + 1
      default: number = newest - min(newest, UInt64.random(in: 0..<1_200, using: &random))
      }
      // Before there is room behind the newest, the subtraction wraps round to the end of all numbers.
      guard number < 1 << 62 else { continue }
      let (fast, slow) = (window.accept(number), naive.accept(number))
      if fast != slow { Issue.record("\(number) after \(newest): \(fast), not \(slow)") }
      newest = max(newest, number)
    }
    #expect(window.newest == naive.newest)
  }

  @Test("the oldest number that counts, and the one before it")
  func edges() {
    var window = ReplayWindow()
    #expect((window.accept(0)) == false)
    #expect((window.accept(5_000)) == true)
    #expect((window.accept(5_000 - 1_023)) == true)
    #expect((window.accept(5_000 - 1_023)) == false)
    #expect((window.accept(5_000 - 1_024)) == false)
    #expect((window.accept(.max)) == true)
    #expect((window.accept(.max)) == false)
    #expect((window.accept(.max - 1_023)) == true)
    #expect((window.accept(5_001)) == false)
  }
}
