import BullpenCore

/// Notices that the machine slept: the boot clock ran on, the monotonic clock stood still. Ask it at every turn
/// of a timer; what runs while the machine sleeps is nothing, so the first turn after it tells.
public struct SleepMonitor: Sendable {
  /// A difference that is no sleep but two clocks read one after the other, in milliseconds.
  public static let threshold: Int64 = 2_000

  private var offset: Int64

  /// - Parameter boot: milliseconds by `Clocks.now().boot`.
  /// - Parameter awake: milliseconds by `Clocks.awake()`.
  public init(boot: Int64, awake: Int64) { offset = boot - awake }

  public init() { self.init(boot: Clocks.now().boot, awake: Clocks.awake()) }

  /// How many milliseconds the machine slept since it was asked last; nil when it did not.
  public mutating func check(boot: Int64, awake: Int64) -> Int64? {
    let slept = boot - awake - offset
    offset = boot - awake
    return slept >= Self.threshold ? slept : nil
  }

  public mutating func check() -> Int64? { check(boot: Clocks.now().boot, awake: Clocks.awake()) }
}
