/// Whether one device speaks in two voices, told by the sessions that its presence names.
///
/// A node begins a session at its start and at each resume, and never goes back to an earlier one. Whoever goes on with a
/// session long after another of the same device began is a second machine with that device's key: nothing that was under
/// way takes so long, and nothing that was heard once is heard again.
struct HeardSessions: Hashable, Sendable {
  private struct Voice: Hashable, Sendable {
    let session: Int64
    /// When it was heard first, on the boot clock.
    let since: Int64
    /// When it was heard last, on the boot clock.
    var last: Int64
  }

  /// The two that began last, as they were first heard.
  private var earlier: Voice?
  private var latest: Voice?
  /// Whether the earlier was heard so late.
  private var isDoubled = false

  /// - Returns: whether it is news that two machines speak.
  mutating func heard(_ session: Int64, at now: Instant) -> Bool {
    let wasDouble = isDouble(at: now)
    switch session {
    case latest?.session: latest?.last = now.boot
    case earlier?.session:
      earlier?.last = now.boot
      if let latest, now.boot - latest.since >= Limits.longestDelay { isDoubled = true }
    default:
      (earlier, latest) = (latest, Voice(session: session, since: now.boot, last: now.boot))
      isDoubled = false
    }
    return !wasDouble && isDouble(at: now)
  }

  /// Whoever speaks in it has said goodbye.
  mutating func ended(_ session: Int64) {
    guard earlier?.session == session || latest?.session == session else { return }
    if latest?.session == session { latest = earlier }
    earlier = nil
    isDoubled = false
  }

  /// Whether two machines were heard of late, and neither has said goodbye since.
  func isDouble(at now: Instant) -> Bool {
    guard isDoubled, let earlier, let latest else { return false }
    return now.boot - min(earlier.last, latest.last) < Limits.voiceMemory
  }
}
