import Metrics
import Synchronization

/// One line of the exposition that only grows, or that is set.
final class NumberSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
  private let number = Mutex(0.0)

  var value: Double { number.withLock { $0 } }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { number.withLock { $0 += amount } }
  func decrement(by amount: Double) { number.withLock { $0 -= amount } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { number.withLock { $0 = value } }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }
  func reset() { set(0.0) }
}

/// How often something took how long.
final class HistogramSeries: TimerHandler {
  struct Reading: Hashable, Sendable {
    /// How many took at most as long as the bound of the same place.
    var counts = [UInt64](repeating: 0, count: HistogramSeries.bounds.count)
    var count: UInt64 = 0
    /// Seconds.
    var sum = 0.0
  }

  /// Seconds: from a disk with a battery to one that is worn out.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

  private let state = Mutex(Reading())

  var reading: Reading { state.withLock { $0 } }

  func recordNanoseconds(_ duration: Int64) {
    let seconds = Double(duration) / 1e9
    state.withLock { reading in
      reading.count += 1
      reading.sum += seconds
      for (place, bound) in Self.bounds.enumerated() where seconds <= bound { reading.counts[place] += 1 }
    }
  }
}
