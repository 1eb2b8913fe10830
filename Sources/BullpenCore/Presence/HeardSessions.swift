/// Whether one device speaks in two voices, told by the sessions that its presence names.
///
/// A node begins a session at its start and at each resume, and never goes back to an earlier one. Whoever goes on with a
/// session long after another of the same device began is a second machine with that device's key: nothing that was under
/// way takes so long, and nothing that was heard once is heard again.
struct HeardSessions: Hashable, Sendable {
  private struct Voice: Hashable, Sendable {
    let session: Int64
    /// On the boot clock.
    let since: Int64
  }

  /// The two that began last, as they were first heard.
  private var earlier: Voice?
  private var latest: Voice?
  /// When the earlier was heard so late, on the boot clock.
  private var doubledAt: Int64?

  /// - Returns: whether it is news that two machines speak.
  mutating func heard(_ session: Int64, at now: Instant) -> Bool {
    switch session {
    case latest?.session: return false
    case earlier?.session:
      guard let latest, now.boot - latest.since >= Limits.longestDelay else { return false }
      defer { doubledAt = now.boot }
      return !isDouble(at: now)
    default:
      (earlier, latest) = (latest, Voice(session: session, since: now.boot))
      return false
    }
  }

  /// Whether two machines were heard of late.
  func isDouble(at now: Instant) -> Bool {
    doubledAt.map { now.boot - $0 < Limits.twinMemory } ?? false
  }
}
