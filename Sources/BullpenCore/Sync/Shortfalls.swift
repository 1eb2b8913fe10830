/// Who announces what it does not deliver.
struct Shortfalls: Sendable {
  /// By device and log: how often it let the time pass in which it should have sent something of it.
  private var counts: [DeviceID: [LogID: Int]] = [:]

  mutating func fell(short device: DeviceID, of log: LogID) {
    guard counts[device] != nil || counts.count < Limits.peers,
      counts[device]?[log] != nil || (counts[device]?.count ?? 0) < Limits.rangesQueued
    else { return }
    counts[device, default: [:]][log, default: 0] += 1
  }

  /// The device sent something of these logs that was new.
  mutating func delivered(_ device: DeviceID, _ logs: [LogID]) {
    for log in logs { counts[device]?[log] = nil }
    if counts[device]?.isEmpty == true { counts[device] = nil }
  }

  mutating func forget(_ device: DeviceID) { counts[device] = nil }

  /// Whether it keeps falling short of what it announced: once may be a bad moment.
  func isWithholding(_ device: DeviceID) -> Bool {
    (counts[device]?.values.reduce(0, +) ?? 0) >= Limits.shortfalls
  }
}
