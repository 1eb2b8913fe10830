import BullpenStore
import Dispatch

/// The store's own thread. Waiting for the disk must not hold up cursors, and writes keep their order.
final class StoreQueue: Sendable {
  let store: Store
  private let queue: DispatchQueue

  init(_ store: Store) {
    self.store = store
    queue = DispatchQueue(label: "bullpen.store", qos: .userInitiated)
    let aside = DispatchQueue(label: "bullpen.checkpoints", qos: .utility)
    store.checkpointAside { aside.async(execute: $0) }
  }

  /// Runs after everything that was asked before it.
  func run(_ work: @escaping @Sendable (Store) -> Void) {
    let store = store
    queue.async { work(store) }
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
    let store = store
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try work(store) }) }
    }
  }
}
