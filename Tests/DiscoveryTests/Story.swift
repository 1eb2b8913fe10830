import Foundation

/// Runs a test that waits for the world on a thread of its own, so that it keeps no other test from running.
func story(_ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    Thread { continuation.resume(with: Result(catching: body)) }.start()
  }
}
