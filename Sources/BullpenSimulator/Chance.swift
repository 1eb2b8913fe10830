import BullpenCore

extension SeededRandomness {
  /// A number below `bound`, which is positive.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func between(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// True so many times in a thousand.
  mutating func chance(_ permille: Int) -> Bool { below(1_000) < permille }

  /// One of a list that is not empty.
  mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  /// A generator of its own for one part of a run, so that parts do not disturb one another.
  mutating func fork() -> SeededRandomness { SeededRandomness(seed: next()) }
}
