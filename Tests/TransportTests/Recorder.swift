import NIOCore
import NIOPosix
import Synchronization

/// Everything that happened, and a way to wait for it without sleeping.
final class Recorder<Event: Sendable>: Sendable {
  struct DidNotHappen: Error { var what: String }

  private struct State {
    var events: [Event] = []
    var waiters: [Int: @Sendable ([Event]) -> Bool] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  var events: [Event] { state.withLock { $0.events } }

  func put(_ event: Event) {
    state.withLock { state in
      state.events.append(event)
      for (id, isDone) in state.waiters where isDone(state.events) { state.waiters[id] = nil }
    }
  }

  func clear() {
    // Events may do something when they go, so they go outside the lock.
    let gone = state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
    withExtendedLifetime(gone) {}
  }

  /// Waits until the events have what is looked for.
  @discardableResult
  func wait<Found: Sendable>(
    for what: String, within seconds: Int64 = 60, _ find: @escaping @Sendable ([Event]) -> Found?
  ) async throws -> Found {
    let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Found.self)
    let id: Int? = state.withLock { state in
      if let found = find(state.events) {
        promise.succeed(found)
        return nil
      }
      state.last += 1
      state.waiters[state.last] = { events in
        guard let found = find(events) else { return false }
        promise.succeed(found)
        return true
      }
      return state.last
    }
    guard let id else { return try await promise.futureResult.get() }
    let timer = promise.futureResult.eventLoop.scheduleTask(in: .seconds(seconds)) {
      if self.state.withLock({ $0.waiters.removeValue(forKey: id) }) != nil { promise.fail(DidNotHappen(what: what)) }
    }
    defer { timer.cancel() }
    return try await promise.futureResult.get()
  }
}

/// Waits for what no event tells, such as a counter.
func eventually(_ what: String, within seconds: Int = 60, _ isTrue: () -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while !isTrue() {
    guard ContinuousClock.now < deadline else { throw Recorder<Int>.DidNotHappen(what: what) }
    try await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(2)) {}.futureResult.get()
  }
}
