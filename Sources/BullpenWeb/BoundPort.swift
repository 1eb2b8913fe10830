import Synchronization

/// The port that the server listens on, once it does.
final class BoundPort: Sendable {
  private enum State {
    case waiting([CheckedContinuation<UInt16, any Error>])
    case bound(UInt16)
    case failed(any Error)
  }

  private let state = Mutex(State.waiting([]))

  /// 0 until the server listens.
  var number: UInt16 { state.withLock { if case .bound(let port) = $0 { port } else { 0 } } }

  /// Waits until the server listens; throws what kept it from it.
  func wait() async throws -> UInt16 {
    try await withCheckedThrowingContinuation { continuation in
      let known: Result<UInt16, any Error>? = state.withLock { state in
        switch state {
        case .bound(let port): return .success(port)
        case .failed(let error): return .failure(error)
        case .waiting(let others):
          state = .waiting(others + [continuation])
          return nil
        }
      }
      if let known { continuation.resume(with: known) }
    }
  }

  func settle(_ outcome: Result<UInt16, any Error>) {
    let waiting: [CheckedContinuation<UInt16, any Error>] = state.withLock { state in
      guard case .waiting(let waiting) = state else { return [] }
      switch outcome {
      case .success(let port): state = .bound(port)
      case .failure(let error): state = .failed(error)
      }
      return waiting
    }
    for continuation in waiting { continuation.resume(with: outcome) }
  }
}
