/// What a person is told of a clock that is wrong by more than the bound.
public struct ClockNotice: Hashable, Sendable {
  /// Whose clock; nil for this machine's.
  public var device: DeviceID?
  /// Milliseconds by which it is ahead of the others, negative where it is behind. Where nobody knows which is right:
  /// ahead of this machine's.
  public var ahead: Int64
  /// Whether others agree on the time. Of two clocks that differ nobody can say which is right.
  public var isCertain: Bool

  /// - Parameter name: of whom the device is.
  public func detail(_ name: String) -> String {
    let way = "\(JoinReport.span(ahead)) \(ahead > 0 ? "ahead of" : "behind")"
    guard device != nil else { return "This machine's clock is \(way) those of its colleagues." }
    return isCertain
      ? "\(name)'s clock is \(way) those of the others."
      : "\(name)'s clock is \(way) this machine's, and nobody else is here to say which is right."
  }

  public var hint: String {
    guard device != nil else {
      return "Set it (`timedatectl set-ntp true`). Bullpen goes by the others' time meanwhile; what was written by the "
        + "wrong one waits with your colleagues until its time has come."
    }
    return isCertain
      ? "Ask them to set it (`timedatectl set-ntp true`): what was written there by the wrong time and is ahead waits "
        + "until its time has come. Nothing is lost."
      : "Look at both and set the wrong one (`timedatectl set-ntp true`): until then what the clock that is ahead "
        + "has written waits on the other machine. Nothing is lost."
  }
}

extension Workspace {
  /// Whether somebody else's clock says the same as the time by which this node judges.
  public var isTimeAgreed: Bool { clock.isAgreed }

  /// Which clocks are wrong, this machine's first.
  public var clockNotices: [ClockNotice] {
    let isCertain = clock.isAgreed
    return clock.suspects.map { suspect in
      switch suspect {
      case .ourselves(let by): ClockNotice(device: nil, ahead: by, isCertain: true)
      case .peer(let device, let by): ClockNotice(device: device, ahead: by, isCertain: isCertain)
      }
    }
  }

  /// Where the time by which this node judges has moved, what was believed is looked at anew, at once.
  mutating func minding(clockAt now: Instant, _ change: (inout CorrectedTime) -> Void) {
    let (correction, isAgreed) = (clock.correction, clock.isAgreed)
    change(&clock)
    if abs(clock.correction - correction) >= 1_000 || clock.isAgreed != isAgreed { quarantineCheck = now.boot }
  }
}
