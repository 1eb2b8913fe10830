/// The wall clock, corrected by what authenticated peers report: one laptop with a wrong clock must not stamp
/// its way to the top of every merge.
public struct CorrectedTime: Hashable, Sendable {
  /// By device: its clock minus ours, in milliseconds, from the newest sample.
  private var offsets: [DeviceID: Int64] = [:]
  /// Our own wall clock minus our boot clock at the last reading.
  private var pace: Int64?

  /// The median of what peers report, where another agrees with it; else 0. With an even number the smaller of
  /// the two in the middle. A median that stands alone is one peer's word, and no peer sets our clock alone.
  public private(set) var correction: Int64 = 0
  /// Whether two peers agree, so that the time is the office's and no longer ours.
  private var isShared = false
  /// A moment that had come for certain before any peer told its clock.
  private let past: Instant

  /// - Parameter past: a moment that had come for certain, however long ago; by itself nothing has.
  public init(since past: Instant = Instant(boot: 0, wall: 0)) { self.past = past }

  /// A reading of our own clocks. Where the wall clock was set since the last, those of others have not moved with it,
  /// and the corrected time goes on as before.
  ///
  /// - Returns: whether it was set, by a second or more.
  @discardableResult
  public mutating func read(at now: Instant) -> Bool {
    let (pace, overflow) = now.wall.subtractingReportingOverflow(now.boot)
    guard !overflow else { return false }
    // The two clocks are read one after the other, in whole milliseconds: one more or less is no news.
    guard let before = self.pace, !(-1...1).contains(pace &- before) else {
      if self.pace == nil { self.pace = pace }
      return false
    }
    self.pace = pace
    let step = pace &- before
    for device in offsets.keys { offsets[device]? &-= step }
    weigh()
    return abs(step) >= 1_000
  }

  /// A peer told its wall clock in answer to something that was sent at `sentAt` on our boot clock. Half of the
  /// round trip is taken as the way back.
  public mutating func sample(_ device: DeviceID, wall: Int64, sentAt: Int64, at now: Instant) {
    // The peer returned `sentAt` to us, so it is the peer's word: subtract without trusting it.
    let (roundTrip, overflow) = now.boot.subtractingReportingOverflow(sentAt)
    guard !overflow, (0...Limits.clockRoundTrip).contains(roundTrip) else { return }
    note(device, wall: wall, late: roundTrip / 2, at: now)
  }

  /// A peer told its wall clock in passing.
  public mutating func note(_ device: DeviceID, wall: Int64, at now: Instant) {
    note(device, wall: wall, late: 0, at: now)
  }

  private mutating func note(_ device: DeviceID, wall: Int64, late: Int64, at now: Instant) {
    guard Self.readings.contains(wall), offsets[device] != nil || offsets.count < Limits.peers else { return }
    read(at: now)
    offsets[device] = wall + late - now.wall
    weigh()
  }

  /// What a wall clock may say: the 48 bits of a hybrid time.
  private static let readings: Range<Int64> = 0..<1 << 47

  public mutating func forget(_ device: DeviceID) {
    offsets[device] = nil
    weigh()
  }

  /// A peer's clock minus ours, in milliseconds.
  public func offset(of device: DeviceID) -> Int64? { offsets[device] }

  private mutating func weigh() {
    let sorted = offsets.values.sorted()
    let middle = (sorted.count - 1) / 2
    isShared = [middle - 1, middle + 1].contains {
      sorted.indices.contains($0) && abs(sorted[$0] - sorted[middle]) <= Limits.clockAgreement
    }
    correction = isShared ? sorted[middle] : 0
  }

  /// Unix milliseconds. A clock that was set since the last reading moves it only where it is our own.
  public func corrected(at now: Instant) -> Int64 {
    guard isShared, let pace else { return now.wall + correction }
    return now.boot &+ pace &+ correction
  }

  /// Whether somebody else's clock is within the bound of the corrected time. Where nobody's is, nobody knows which of
  /// them is right.
  public var isAgreed: Bool { offsets.values.contains(where: isClose) }

  /// Whether a peer's clock is known to be within the bound of the corrected time: then the same is over for both.
  public func agrees(with device: DeviceID) -> Bool { offsets[device].map(isClose) ?? false }

  private func isClose(_ offset: Int64) -> Bool { abs(offset - correction) <= Limits.clockBound }

  /// Unix milliseconds that have come whichever clock is right: the corrected time, or where nobody agrees with it, that of
  /// the clock which is furthest behind. Where no other clock is known, what had come before, and as much as this machine
  /// has run since: while it was off its clock may have been set, or have stood still, and nobody can say.
  public func certain(at now: Instant) -> Int64 {
    if isAgreed { return corrected(at: now) }
    if let least = offsets.values.min() { return now.wall + min(least, 0) }
    return min(now.wall, past.wall &+ (now.boot &- past.boot))
  }

  /// Whose clock is wrong by more than the bound, in the light of the others.
  public enum Suspect: Hashable, Sendable {
    case ourselves(by: Int64)
    case peer(DeviceID, by: Int64)
  }

  public var suspects: [Suspect] {
    var suspects: [Suspect] = []
    if abs(correction) > Limits.clockBound { suspects.append(.ourselves(by: -correction)) }
    for (device, offset) in offsets.sorted(by: { $0.key < $1.key })
    where abs(offset - correction) > Limits.clockBound {
      suspects.append(.peer(device, by: offset - correction))
    }
    return suspects
  }
}
