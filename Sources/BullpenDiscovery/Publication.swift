import BullpenCore

/// What is to be published, under which name, and how far that is.
struct Publication {
  enum Phase: Hashable {
    /// To be handed to the responder as soon as it is ready, not before this moment.
    case wanted(notBefore: Int64)
    /// Handed over; the responder probes for the name.
    case underway
    case established
  }

  private(set) var wish: Advertisement?
  private(set) var phase = Phase.wanted(notBefore: 0)
  /// Why it is not published, in a sentence.
  private(set) var trouble: String?
  private var attempt = 1
  private var former: [String] = []

  /// The name in use or next to be tried.
  var name: String? { wish.map { InstanceName.alternative($0.instance, attempt: attempt) } }

  /// Names that are, or lately were, our own; newest first.
  var ownNames: [String] { (name.map { [$0] } ?? []) + former }

  /// False when nothing changes by it.
  mutating func want(_ advertisement: Advertisement?) -> Bool {
    guard advertisement != wish else { return false }
    if let name, advertisement?.instance != wish?.instance {
      former = Array(([name] + former.filter { $0 != name }).prefix(Limits.formerInstances))
    }
    if advertisement?.instance != wish?.instance { attempt = 1 }
    wish = advertisement
    let current = name
    former.removeAll { $0 == current }
    trouble = nil
    phase = .wanted(notBefore: 0)
    return true
  }

  /// What to hand to the responder now.
  func next(at now: Int64) -> (name: String, wish: Advertisement)? {
    guard let wish, let name, case .wanted(let notBefore) = phase, notBefore <= now else { return nil }
    return (name, wish)
  }

  mutating func handedOver() { phase = .underway }

  mutating func established() {
    guard phase == .underway else { return }
    phase = .established
    trouble = nil
  }

  /// The responder is new, or its host name is: what was published is void.
  mutating func void() {
    if phase != .wanted(notBefore: 0) { phase = .wanted(notBefore: 0) }
  }

  mutating func refused(_ sentence: String, at now: Int64) {
    trouble = sentence
    phase = .wanted(notBefore: now + Limits.publishRetry)
  }

  /// Another host has the name: the next one is tried.
  mutating func taken(at now: Int64) {
    attempt += 1
    guard attempt > Limits.instanceAttempts else {
      phase = .wanted(notBefore: now)
      return
    }
    attempt = 1
    trouble =
      "mDNS: every name that was tried for this device is taken. Is its key in use on another machine?"
    phase = .wanted(notBefore: now + Limits.collisionPause)
  }

  var nextDeadline: Int64? {
    guard wish != nil, case .wanted(let notBefore) = phase, notBefore > 0 else { return nil }
    return notBefore
  }
}
