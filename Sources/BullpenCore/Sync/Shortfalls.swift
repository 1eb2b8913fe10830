/// Who announces what it does not deliver.
///
/// Once may be a bad moment, in which everything lapses that was asked of it. A device is named that let the time pass, or
/// sent what does not prove, at two moments, and has sent nothing of that since. That another has sent it is no excuse.
struct Shortfalls: Sendable {
  /// What is held against a device for one log.
  private struct Debt {
    /// The entry up to which it was asked.
    var last: UInt64
    /// When it let the time pass first, and when last, on the boot clock.
    var moments: ClosedRange<Int64>
  }

  private var debts: [DeviceID: [LogID: Debt]] = [:]

  /// A device let the time pass in which it should have sent a log up to an entry, or sent something else in its place.
  mutating func fell(short device: DeviceID, of log: LogID, through last: UInt64, at now: Instant) {
    var known = recent(device, at: now)
    guard debts[device] != nil || debts.count < Limits.peers, known[log] != nil || known.count < Limits.rangesQueued
    else { return }
    let first = min(known[log]?.moments.lowerBound ?? now.boot, now.boot)
    known[log] = Debt(last: last, moments: first...now.boot)
    debts[device] = known
  }

  /// A device has sent logs up to these entries, whether or not they were still news, and what it sent holds.
  mutating func delivered(_ device: DeviceID, _ reached: [LogID: UInt64]) {
    debts[device] = debts[device]?.filter { log, debt in reached[log] ?? 0 < debt.last }
    if debts[device]?.isEmpty == true { debts[device] = nil }
  }

  mutating func forget(_ device: DeviceID) { debts[device] = nil }

  /// Whether it keeps falling short of what it announced.
  func isWithholding(_ device: DeviceID, at now: Instant) -> Bool {
    let moments = recent(device, at: now).values.map(\.moments)
    guard let first = moments.map(\.lowerBound).min(), let last = moments.map(\.upperBound).max() else { return false }
    return last - first >= Limits.pullPatience
  }

  private func recent(_ device: DeviceID, at now: Instant) -> [LogID: Debt] {
    (debts[device] ?? [:]).filter { now.boot - $0.value.moments.upperBound < Limits.shortfallMemory }
  }
}
