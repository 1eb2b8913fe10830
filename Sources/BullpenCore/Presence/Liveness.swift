/// Whether one other device is here, judged by when it was last heard and by what was asked since.
///
///     here ── 5 s of silence ──▶ suspected ── 7 s of silence ──▶ gone
///       ▲                           │                               │
///       └── anything that it proved ┴───────────────────────────────┘
///
/// A suspect is probed five times in 1.5 s, asked over its connection, and two others are asked whether they
/// hear it. Where there is no connection, one is sought when the first probe was not answered. Others' word gives it less than half a second more, never a new life: what we cannot hear we do not
/// show.
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

  /// What a sign of life changes.
  enum News: Hashable, Sendable {
    /// It was here all the time.
    case none
    /// It was suspected.
    case relief
    /// It was not here.
    case arrival
  }

  /// The device proved that it lives.
  mutating func heard(at now: Instant) -> News {
    let news: News
    switch state {
    case .here: news = .none
    case .suspected: news = .relief
    case .unknown, .gone, .left: news = .arrival
    }
    lastHeard = now.boot
    deadline = now.boot + Limits.offline
    wasVouched = false
    state = .here
    return news
  }

  /// The device said goodbye.
  mutating func leave() { state = .left }

  /// Its connection broke without a word: no need to wait for five seconds of silence to ask. The caller sends
  /// the first probe.
  mutating func doubt(at now: Instant) -> Bool {
    guard state == .here else { return false }
    suspect(at: now)
    return true
  }

  /// We slept, so its silence was ours: it gets the time that a suspect has to answer.
  mutating func resume(at now: Instant) {
    guard isHere else { return }
    suspect(at: now)
    deadline = now.boot + Limits.offline - Limits.suspicion
    wasVouched = false
  }

  private mutating func suspect(at now: Instant) {
    state = .suspected(probesLeft: Limits.probes - 1, nextProbe: now.boot + Limits.probeInterval)
    // Where this node itself was held up, the probes still have their time.
    deadline = max(deadline, now.boot + Int64(Limits.probes) * Limits.probeInterval)
  }

  /// Another peer heard it a moment ago.
  mutating func vouched(silence: Int64) {
    guard case .suspected = state, !wasVouched, (0..<Limits.suspicion).contains(silence) else { return }
    wasVouched = true
    deadline += Limits.vouchExtension
  }

  mutating func tick(at now: Instant) -> [Step] {
    guard let lastHeard else { return [] }
    switch state {
    case .unknown, .gone, .left: return []
    case .here:
      guard now.boot - lastHeard >= Limits.suspicion else { return [] }
      suspect(at: now)
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

  /// Whether it is suspected and has not answered the first probe.
  var isUnanswered: Bool {
    if case .suspected(let probesLeft, _) = state { probesLeft < Limits.probes - 1 } else { false }
  }

  var nextDeadline: Int64? {
    switch state {
    case .unknown, .gone, .left: nil
    case .here: lastHeard.map { $0 + Limits.suspicion }
    case .suspected(let probesLeft, let nextProbe): probesLeft > 0 ? min(nextProbe, deadline) : deadline
    }
  }
}
