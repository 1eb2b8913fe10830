/// A disk that does not take what peers send: it is full, may not be written, or fails. Nothing is asked for then and no
/// credit is given back, so peers stop sending by themselves; reading and presence go on.
extension Workspace {
  /// Gives an own write to the disk, unless as many as may wait for it do so already.
  mutating func queue(_ request: RequestID, _ write: Effect) -> [Effect] {
    guard pending.count < Limits.commitsQueued else {
      return [.answer(request, .failure(.queueIsFull(waiting: pending.count)))]
    }
    pending.insert(request)
    return [write]
  }

  /// Something was not taken: wait, then try again.
  mutating func diskStalled(at now: Instant) { stalledUntil = now.boot + Limits.diskRetry }

  /// Whether nothing is given to the disk for now.
  var isStalled: Bool { stalledUntil != nil }

  /// The time has come to try again: peers hear afresh what is known here and how far, so that they send again what was
  /// not taken.
  mutating func tryDisk(at now: Instant) -> [Effect] {
    guard let until = stalledUntil, until <= now.boot else { return [] }
    stalledUntil = nil
    plan.retryAll()
    // What greetings proved counts already, and is not on disk.
    var effects: [Effect] = membership.statements.isEmpty ? [] : [.admit(membership.statements, wall: corrected(now))]
    for connection in sessions.keys.sorted() {
      guard var session = sessions[connection] else { continue }
      let messages = [session.forgiven()] + session.open(membership, headsDigest, heads, at: now)
      sessions[connection] = session
      effects += messages.map { .send(connection, $0) }
    }
    return effects
  }
}
