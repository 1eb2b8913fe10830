/// The wall clock, corrected by what authenticated peers report: one laptop with a wrong clock must not stamp
/// its way to the top of every merge.
public struct CorrectedTime: Hashable, Sendable {
  /// By device: its clock minus ours, in milliseconds, from the newest sample.
  private var offsets: [DeviceID: Int64] = [:]

  public init() {}

  /// A peer told its wall clock in answer to something that was sent at `sentAt` on our boot clock. Half of the
  /// round trip is taken as the way back.
  public mutating func sample(_ device: DeviceID, wall: Int64, sentAt: Int64, at now: Instant) {
    // The peer says which of our messages it answers, and may say anything: the difference need not be a number.
    let (roundTrip, isBeyond) = now.boot.subtractingReportingOverflow(sentAt)
    guard !isBeyond, (0...Limits.clockRoundTrip).contains(roundTrip) else { return }
    note(device, offset: wall + roundTrip / 2 - now.wall)
  }

  /// A peer told its wall clock in passing.
  public mutating func note(_ device: DeviceID, wall: Int64, at now: Instant) { note(device, offset: wall - now.wall) }

  private mutating func note(_ device: DeviceID, offset: Int64) {
    guard offsets[device] != nil || offsets.count < Limits.peers else { return }
    offsets[device] = offset
  }

  public mutating func forget(_ device: DeviceID) { offsets[device] = nil }

  /// A peer's clock minus ours, in milliseconds.
  public func offset(of device: DeviceID) -> Int64? { offsets[device] }

  /// The median of what peers report, once two of them agree; else 0. With an even number the smaller of the
  /// two in the middle.
  public var correction: Int64 {
    let sorted = offsets.values.sorted()
    let doAgree = zip(sorted, sorted.dropFirst()).contains { $1 - $0 <= Limits.clockAgreement }
    return doAgree ? sorted[(sorted.count - 1) / 2] : 0
  }

  /// Unix milliseconds.
  public func corrected(at now: Instant) -> Int64 { now.wall + correction }

  /// Whose clock is wrong by more than the bound, in the light of the others.
  public enum Suspect: Hashable, Sendable {
    case ourselves(by: Int64)
    case peer(DeviceID, by: Int64)
  }

  public var suspects: [Suspect] {
    let correction = correction
    var suspects: [Suspect] = []
    if abs(correction) > Limits.clockBound { suspects.append(.ourselves(by: -correction)) }
    for (device, offset) in offsets.sorted(by: { $0.key < $1.key })
    where abs(offset - correction) > Limits.clockBound {
      suspects.append(.peer(device, by: offset - correction))
    }
    return suspects
  }
}
