import BullpenCore
import Testing

@Suite("Seeded randomness")
struct SeededRandomnessTests {
  @Test("it is SplitMix64: the published stream of seed 1234567")
  func published() {
    var random = SeededRandomness(seed: 1_234_567)
    let stream = (0..<5).map { _ in random.next() }
    #expect(
      stream == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test("one seed gives one stream")
  func repeats() {
    var (a, b, c) = (SeededRandomness(seed: 5), SeededRandomness(seed: 5), SeededRandomness(seed: 6))
    #expect((0..<10).allSatisfy { _ in a.next() == b.next() })
    #expect(a.next() != c.next())
  }
}
