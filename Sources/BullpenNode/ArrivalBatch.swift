import BullpenCore
import BullpenStore
import Synchronization

/// A message with segments, and who hears what became of it.
struct Arrival: Sendable {
  let segments: ArrivedSegments
  /// As `Store.apply` takes them.
  let wall: Int64
  let certain: Int64
  /// Whether its sender was asked for it.
  let isAwaited: Bool
  let hears: @Sendable (Result<Application, any Error>) -> Void
}

/// Messages that are stored in one transaction, for each costs the same however much it brings.
final class ArrivalBatch: Sendable {
  /// Nil once they are being stored.
  private let arrivals: Mutex<[Arrival]?>

  init(_ first: Arrival) { arrivals = Mutex([first]) }

  /// Whether it is stored with the others; too late, or one too many, it is not.
  func takesIn(_ arrival: Arrival) -> Bool {
    arrivals.withLock { arrivals in
      guard let count = arrivals?.count, count < Limits.arrivalsTogether else { return false }
      arrivals?.append(arrival)
      return true
    }
  }

  func apply(to store: Store) {
    let waiting = arrivals.withLock { arrivals in
      defer { arrivals = nil }
      return arrivals ?? []
    }
    if waiting.count > 1, (try? apply(waiting, to: store)) != nil { return }
    // One that cannot be stored takes no other with it.
    for arrival in waiting {
      do { try apply([arrival], to: store) } catch { arrival.hears(.failure(error)) }
    }
  }

  private func apply(_ arrivals: [Arrival], to store: Store) throws {
    guard let last = arrivals.last else { return }
    let outcomes = try store.apply(arrivals.map(\.segments), wall: last.wall, certain: last.certain)
    for (arrival, outcome) in zip(arrivals, outcomes) { arrival.hears(.success(outcome)) }
  }
}
