import Glibc

/// What the owner wants of the discovery thread. Wishes replace one another, so there is one of each at most.
final class Wishes: Sendable {
  struct Taken: Sendable {
    /// The newest advertisement, when there was one since the last look; `.some(nil)` withdraws.
    var advertisement: Advertisement??
    var refresh = false
    var stop = false
  }

  private struct State: Sendable {
    var taken = Taken()
    /// What the thread that sleeps is woken by (`AvahiRounds.alarm`); nil before it can sleep. It is used only under the
    /// lock, and the thread sets it to nil under the lock before it closes it.
    var alarm: Int32?
  }

  private let state = Locked(State())

  private func put(_ change: (inout Taken) -> Void) {
    state.withLock {
      change(&$0.taken)
      // A pipe that is full has been rung often enough.
      if let alarm = $0.alarm { _ = write(alarm, [1], 1) }
    }
  }

  func advertise(_ advertisement: Advertisement?) { put { $0.advertisement = .some(advertisement) } }
  func refresh() { put { $0.refresh = true } }
  func stop() { put { $0.stop = true } }

  /// What is wanted since the last call; that it is to stop stays.
  func take() -> Taken {
    state.withLock {
      let taken = $0.taken
      $0.taken = Taken(stop: taken.stop)
      return taken
    }
  }

  /// From now on wishes are told by this descriptor.
  func ring(_ alarm: Int32?) { state.withLock { $0.alarm = alarm } }
}
