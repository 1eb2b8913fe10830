/// Makes an input smaller while it still fails, so that a person can read what it is about.
enum Shrinker {
  /// - Parameter tries: how often it may ask.
  static func shrink(_ input: [UInt8], tries: Int, _ fails: ([UInt8]) -> Bool) -> [UInt8] {
    var (best, left) = (input, tries)
    func keeps(_ candidate: [UInt8]) -> Bool {
      guard left > 0, candidate != best else { return false }
      left -= 1
      guard fails(candidate) else { return false }
      best = candidate
      return true
    }
    // Pieces go, from halves down to single bytes.
    var size = max(1, best.count / 2)
    while left > 0 {
      var start = 0
      var hasShrunk = false
      while start < best.count {
        let end = min(best.count, start + size)
        if keeps(Array(best[..<start] + best[end...])) { hasShrunk = true } else { start = end }
      }
      if size == 1, !hasShrunk { break }
      size = max(1, size / 2)
    }
    // What stays says nothing where it can say nothing.
    for at in best.indices {
      var plain = best
      plain[at] = 0
      _ = keeps(plain)
    }
    return best
  }
}
