import CAvahi
import CAvahiCore

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
    /// The address of the AvahiSimplePoll that the thread sleeps in, or 0. Kept as a number because a pointer is
    /// not Sendable; it is used only under the lock, and the thread sets it to 0 under the lock before it frees
    /// the poll.
    var poll: UInt = 0
  }

  private let state = Locked(State())

  private func put(_ change: (inout Taken) -> Void) {
    state.withLock {
      change(&$0.taken)
      // The poll lives, as `State.poll` says; a wakeup is a write to its pipe, made for other threads.
      if let poll = OpaquePointer(bitPattern: $0.poll) { avahi_simple_poll_wakeup(poll) }
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

  /// From now on wishes wake this poll; 0 is none.
  func wake(poll: UInt) { state.withLock { $0.poll = poll } }
}
