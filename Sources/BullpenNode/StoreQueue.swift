import BullpenStore
import Dispatch
import Synchronization

/// The store's own thread. Waiting for the disk must not hold up cursors, and writes keep their order.
final class StoreQueue: Sendable {
  let store: Store
  private let queue: DispatchQueue
  private let proofs = DispatchQueue(label: "bullpen.proofs", qos: .userInitiated)
  /// What was asked for last, where more may still join it.
  private let last = Mutex<ArrivalBatch?>(nil)

  init(_ store: Store) {
    self.store = store
    queue = DispatchQueue(label: "bullpen.store", qos: .userInitiated)
    let aside = DispatchQueue(label: "bullpen.checkpoints", qos: .utility)
    store.checkpointAside { aside.async(execute: $0) }
  }

  /// Runs after everything that was asked before it.
  func run(_ work: @escaping @Sendable (Store) -> Void) {
    last.withLock { last in
      last = nil
      queue.async { [store] in work(store) }
    }
  }

  /// Stores what arrived, after everything that was asked before it: in one transaction with what arrived right before it
  /// and still waits.
  func apply(_ arrival: Arrival) {
    // A few entries are proved sooner than another thread wakes. What the store has dealt with before its turn to be proved
    // comes, is gone by then: credit for it went back, so nothing else bounds how much would wait. What nobody asked for
    // is not proved before the store has seen that it wants it.
    if arrival.isAwaited, arrival.segments.count >= 64 {
      proofs.async { [weak segments = arrival.segments] in segments?.prove() }
    }
    last.withLock { last in
      if last?.takesIn(arrival) == true { return }
      let batch = ArrivalBatch(arrival)
      last = batch
      queue.async { [store] in batch.apply(to: store) }
    }
  }

  /// Removes what is dead, step by step, so that what is asked meanwhile need not wait for all of it.
  func forget(wall: Int64, steps: Int = 1_000) {
    run { [self] store in
      guard steps > 0, let count = try? store.forget(wall: wall), count > 0 else { return }
      forget(wall: wall, steps: steps - 1)
    }
  }

  /// Runs and waits for the result, without holding a thread of Swift's pool.
  func ask<T: Sendable>(_ work: @escaping @Sendable (Store) throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      run { store in continuation.resume(with: Result { try work(store) }) }
    }
  }
}
