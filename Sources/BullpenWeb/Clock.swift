import Foundation

/// The machine's own wall clock, in Unix milliseconds.
@Sendable public func systemMilliseconds() -> Int64 {
  Int64(Date().timeIntervalSince1970 * 1_000)
}

/// A clock that never goes back, in milliseconds from somewhere: for rates and silences.
enum Monotonic {
  private static let start = ContinuousClock.now

  static var milliseconds: Int64 {
    let elapsed = (ContinuousClock.now - start).components
    return elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000
  }
}
