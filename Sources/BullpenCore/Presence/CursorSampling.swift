/// Which cursors have their signatures checked. The seal has proved the peer by then, so that an unsigned cursor can be
/// nobody's but the peer's own: what a signature adds is that the peer cannot deny it. Checking one costs as much as
/// all else that is done for a cursor, so under pressure one of `Limits.cursorSample` is checked, chosen at random.
///
/// Pressure is more than `Limits.cursorsChecked` cursors within a second, over all peers, now or in the second before.
/// A device of which any signature did not hold has all of its own checked for `Limits.distrust`, whatever session it
/// comes by.
struct CursorSampling: Sendable {
  private var random: SeededRandomness
  /// The second that is counted, from its beginning on the boot clock, and the one before.
  private var began: Int64 = 0
  private var count = 0
  private var countBefore = 0
  /// Until when a device is not believed, on the boot clock.
  private var distrusted: [DeviceID: Int64] = [:]

  /// - Parameter seed: not to be foreseen by peers.
  init(seed: UInt64) { random = SeededRandomness(seed: seed) }

  /// A cursor has come: whether its signature is to be checked.
  mutating func chooses(_ device: DeviceID, at now: Int64) -> Bool {
    let isPressed = count(at: now)
    if let end = distrusted[device] {
      if now < end { return true }
      distrusted[device] = nil
    }
    return !isPressed || random.next() % UInt64(Limits.cursorSample) == 0
  }

  /// A signature did not hold.
  mutating func caught(_ device: DeviceID, at now: Int64) {
    distrusted[device] = now + Limits.distrust
    guard distrusted.count > Limits.datagramSessions else { return }
    if let first = distrusted.min(by: { ($0.value, $0.key) < ($1.value, $1.key) })?.key { distrusted[first] = nil }
  }

  /// Counts one more. Returns whether there is pressure.
  private mutating func count(at now: Int64) -> Bool {
    if now < began || now - began >= 1_000 {
      countBefore = now >= began && now - began < 2_000 ? count : 0
      count = 0
      began = now
    }
    count += 1
    return max(count, countBefore) > Limits.cursorsChecked
  }
}
