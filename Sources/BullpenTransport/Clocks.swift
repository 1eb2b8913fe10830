import BullpenCore
import Glibc

/// The machine's clocks, in milliseconds.
public enum Clocks {
  /// Both clocks that decisions use.
  public static func now() -> Instant {
    Instant(boot: milliseconds(CLOCK_BOOTTIME), wall: milliseconds(CLOCK_REALTIME))
  }

  /// The clock that stands still while the machine sleeps.
  public static func awake() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
