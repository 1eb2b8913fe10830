/// Whether anybody is at the machine: by hands that a view saw, or the desktop. Of the two the later counts.
///
/// Where neither has ever seen any, nothing tells of anybody, there or away. A desktop that goes silent takes back
/// nothing of what it said.
struct Hands: Sendable {
  /// When the last was seen, on the boot clock.
  private var last: Int64?
  /// Since when the screen has been locked, on the boot clock.
  private var locked: Int64?
  /// For `Limits.idleAfter` none was seen, or none since the screen was locked.
  private(set) var areGone = false

  mutating func sawOne(at now: Instant) {
    last = now.boot
    areGone = false
  }

  mutating func look(_ reading: DesktopReading, at now: Instant) {
    switch reading.isLocked {
    case true?: locked = locked ?? now.boot
    case false? where locked != nil:
      // Whoever unlocked it has done so by hand.
      locked = nil
      last = now.boot
    case false?, nil: break
    }
    // Who wipes the table before a locked screen is not back.
    if let idle = reading.idle, locked == nil {
      // Longer ago says no more, and a number that makes no sense must not overflow.
      last = max(last ?? .min, now.boot - min(max(idle, 0), Limits.idleAfter))
    }
    tick(at: now)
  }

  mutating func tick(at now: Instant) {
    let isPast = last.map { now.boot - $0 >= Limits.idleAfter } ?? false
    let isLockedAway = locked.map { $0 > last ?? .min } ?? false
    areGone = isPast || isLockedAway
  }

  /// When they are gone unless one is seen before.
  var nextDeadline: Int64? { areGone ? nil : last.map { $0 + Limits.idleAfter } }
}

/// What this machine's desktop says of the one who sits there: for how long, and never what was done.
public struct DesktopReading: Hashable, Sendable {
  /// Who says it, who knows best first. Each is a word of the API (`protocol/api.md`).
  public enum Source: String, Hashable, Sendable, CaseIterable {
    /// GNOME's compositor, and others of its kind.
    case mutter
    /// KDE's, and others that speak as the freedesktop screen saver does.
    case screenSaver = "screen_saver"
    /// The login service, which the desktop tells when it takes its person for idle.
    case logind
  }

  /// Who knows of hands; nil where nobody does.
  public var source: Source?
  /// Milliseconds since the last hand, at least; nil where that is not known.
  public var idle: Int64?
  /// Whether the screen is locked; nil where that is not known.
  public var isLocked: Bool?

  public init(source: Source? = nil, idle: Int64? = nil, isLocked: Bool? = nil) {
    self.source = source
    self.idle = idle
    self.isLocked = isLocked
  }
}
