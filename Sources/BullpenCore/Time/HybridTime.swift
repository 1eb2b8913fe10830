/// A reading of a hybrid logical clock (Kulkarni et al., 2014): 48 bits of Unix milliseconds and a 16-bit
/// counter, in one integer that orders as time does.
public struct HybridTime: Hashable, Comparable, Sendable {
  public let raw: Int64

  public init(raw: Int64) { self.raw = raw }
  public init(milliseconds: Int64, counter: UInt16) { raw = milliseconds << 16 | Int64(counter) }

  public static let zero = HybridTime(raw: 0)
  public var milliseconds: Int64 { raw >> 16 }
  public var counter: UInt16 { UInt16(truncatingIfNeeded: raw) }

  public static func < (a: HybridTime, b: HybridTime) -> Bool { a.raw < b.raw }
}

/// The clock that stamps writes. It never goes back and never stands still.
public struct HybridClock: Hashable, Sendable {
  /// The greatest time that was given out or observed.
  public private(set) var last: HybridTime

  public init(last: HybridTime = .zero) { self.last = last }

  /// A time for a write, strictly greater than all before it. A counter that overflows borrows a millisecond
  /// from the future, so that a burst never stops to wait for the clock.
  public mutating func tick(wall milliseconds: Int64) -> HybridTime {
    let now = HybridTime(milliseconds: milliseconds, counter: 0)
    last = now > last ? now : HybridTime(raw: last.raw + 1)
    return last
  }

  /// Takes note of another's time. Times further ahead than the bound are not believed; the caller
  /// quarantines what carries them.
  public mutating func observe(_ time: HybridTime, wall milliseconds: Int64) {
    guard time.milliseconds <= milliseconds + Limits.clockBound else { return }
    if time > last { last = time }
  }
}
