/// One reading of both clocks of a machine, taken by the shell and handed to every decision.
public struct Instant: Hashable, Sendable {
  /// Milliseconds on the clock that counts on while the machine sleeps (CLOCK_BOOTTIME). Deadlines use it.
  public var boot: Int64
  /// Unix milliseconds by the wall clock, as the machine has it. Stamps use it, corrected.
  public var wall: Int64

  public init(boot: Int64, wall: Int64) {
    self.boot = boot
    self.wall = wall
  }

  /// The same reading `milliseconds` later.
  public func advanced(by milliseconds: Int64) -> Instant {
    Instant(boot: boot + milliseconds, wall: wall + milliseconds)
  }
}
