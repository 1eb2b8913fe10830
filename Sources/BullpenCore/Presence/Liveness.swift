/// Whether one other device is here, judged by when it was last heard and by what was asked since.
///
///     here ── 5 s of silence ──▶ suspected ── 7.5 s of silence ──▶ gone
///       ▲                           │                               │
///       └── anything that it proved ┴───────────────────────────────┘
///
/// A suspect is probed five times in 1.5 s, asked over its connection, and two others are asked whether they
/// hear it. Others' word gives it half a second more, never a new life: what we cannot hear we do not show.
struct Liveness: Hashable, Sendable {
  enum State: Hashable, Sendable {
    case unknown
    case here
    case suspected(probesLeft: Int, nextProbe: Int64)
    case gone
    /// It said goodbye.
    case left
  }

  private(set) var state = State.unknown
  /// On the boot clock; nil before the first sign of life of this run.
  private(set) var lastHeard: Int64?
  private var deadline: Int64 = 0
  private var wasVouched = false

  enum Step: Hashable, Sendable { case suspect, probe, leave }

  /// The device proved that it lives. Returns whether that is news.
  mutating func heard(at now: Instant) -> Bool {
    let wasHere: Bool
    switch state {
    case .here: wasHere = true
    case .suspected: wasHere = true
    case .unknown, .gone, .left: wasHere = false
    }
    lastHeard = now.boot
    deadline = now.boot + Limits.offline
    wasVouched = false
    state = .here
    return !wasHere
  }

  /// The device said goodbye.
  mutating func leave() { state = .left }

  /// Its connection broke without a word: no need to wait for five seconds of silence to ask.
  mutating func doubt(at now: Instant) -> Bool {
    guard state == .here else { return false }
    state = .suspected(probesLeft: Limits.probes, nextProbe: now.boot)
    return true
  }

  /// Another peer heard it a moment ago.
  mutating func vouched(silence: Int64) {
    guard case .suspected = state, !wasVouched, silence < Limits.suspicion else { return }
    wasVouched = true
    deadline += Limits.vouchExtension
  }

  mutating func tick(at now: Instant) -> [Step] {
    guard let lastHeard else { return [] }
    switch state {
    case .unknown, .gone, .left: return []
    case .here:
      guard now.boot - lastHeard >= Limits.suspicion else { return [] }
      state = .suspected(probesLeft: Limits.probes - 1, nextProbe: now.boot + Limits.probeInterval)
      return [.suspect, .probe]
    case .suspected(let probesLeft, let nextProbe):
      if now.boot >= deadline {
        state = .gone
        return [.leave]
      }
      guard probesLeft > 0, now.boot >= nextProbe else { return [] }
      state = .suspected(probesLeft: probesLeft - 1, nextProbe: now.boot + Limits.probeInterval)
      return [.probe]
    }
  }

  var isHere: Bool {
    switch state {
    case .here, .suspected: true
    case .unknown, .gone, .left: false
    }
  }

  var nextDeadline: Int64? {
    switch state {
    case .unknown, .gone, .left: nil
    case .here: lastHeard.map { $0 + Limits.suspicion }
    case .suspected(let probesLeft, let nextProbe): probesLeft > 0 ? min(nextProbe, deadline) : deadline
    }
  }
}
