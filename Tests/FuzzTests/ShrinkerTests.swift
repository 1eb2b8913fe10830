import Testing

@testable import bullpen_fuzz

@Suite("A finding is made small")
struct ShrinkerTests {
  @Test("what is not needed goes, and what stays says nothing where it can")
  func least() {
    let input = [UInt8](1...200)
    let least = Shrinker.shrink(input, tries: 1_000) { bytes in
      bytes.count >= 5 && bytes.contains(77) && bytes.contains(140)
    }
    #expect(least.count == 5)
    #expect(least.filter { $0 != 0 } == [77, 140])
  }

  @Test("it asks no more often than it may, and never returns what does not fail")
  func bounded() {
    var asked = 0
    let least = Shrinker.shrink([UInt8](1...200), tries: 20) { bytes in
      asked += 1
      return bytes.contains(200)
    }
    #expect(asked <= 20)
    #expect(least.contains(200))
  }
}
