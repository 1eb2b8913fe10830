/// A rate with a burst: it fills with time, and each event takes one token.
public struct TokenBucket: Hashable, Sendable {
  /// Tokens that a full bucket holds, and tokens that a second adds.
  public let burst: Int
  public let rate: Int
  /// In thousandths of a token, so that a millisecond adds a whole number.
  private var level: Int
  private var last: Int64

  /// Starts full.
  /// - Parameter now: milliseconds on the boot clock.
  public init(burst: Int, rate: Int, at now: Int64) {
    self.burst = burst
    self.rate = rate
    level = burst * 1_000
    last = now
  }

  /// Takes a token; false when there is none. A clock that goes back adds nothing.
  public mutating func take(at now: Int64) -> Bool {
    fill(at: now)
    guard level >= 1_000 else { return false }
    level -= 1_000
    return true
  }

  /// When there will be a token, on the boot clock; in the past when there is one.
  public var nextToken: Int64 { last + Int64((max(1_000 - level, 0) + rate - 1) / rate) }

  /// Whether it has filled up again: then it remembers nothing and may be forgotten.
  public mutating func isFull(at now: Int64) -> Bool {
    fill(at: now)
    return level == burst * 1_000
  }

  private mutating func fill(at now: Int64) {
    // An hour fills any bucket; the bound keeps the product small.
    let elapsed = Int(max(0, min(now - last, 3_600_000)))
    level = min(burst * 1_000, level + elapsed * rate)
    last = max(last, now)
  }
}
