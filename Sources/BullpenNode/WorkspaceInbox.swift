import BullpenCore
import BullpenTransport
import Synchronization

/// Events from sockets and the disk that wait for their workspace, in the order of arrival. Connections are held back
/// by their receipts, so only datagrams can reach the bound, and those may be lost anyway.
final class WorkspaceInbox: Sendable {
  /// What arrived and waits for its turn.
  struct Arrival: Sendable {
    enum What: Sendable {
      case event(Event)
      /// A cursor, whose newest is looked up when its turn comes.
      case cursor(NewestCursors.Place)
    }

    let what: What
    /// While it is held, the connection that the event came by reads no further.
    let receipt: Receipt?
  }

  enum Outcome {
    /// Somebody must come for what waits.
    case first
    case waits
    case dropped
  }

  private struct State {
    var waiting: [Arrival] = []
    /// Whether somebody comes for what waits.
    var isFetched = false
  }

  private let state = Mutex(State())

  func put(_ arrival: Arrival) -> Outcome {
    state.withLock { state in
      guard state.waiting.count < Limits.eventsQueued else { return .dropped }
      state.waiting.append(arrival)
      guard !state.isFetched else { return .waits }
      state.isFetched = true
      return .first
    }
  }

  /// The first that wait, and whether there are more: then whoever took these must come again.
  func take() -> (arrivals: [Arrival], isMore: Bool) {
    state.withLock { state in
      let first = Array(state.waiting.prefix(Limits.eventsInTurn))
      state.waiting.removeFirst(first.count)
      state.isFetched = !state.waiting.isEmpty
      return (first, state.isFetched)
    }
  }
}
