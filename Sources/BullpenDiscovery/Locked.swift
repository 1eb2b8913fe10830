import Glibc

/// A value behind a lock. By pthread, because the thread sanitizer does not see the locking of
/// `Synchronization.Mutex`.
///
/// Unchecked: the value is reached only while the lock is held, which the compiler cannot see.
final class Locked<Value: Sendable>: @unchecked Sendable {
  /// On the heap, because a pthread mutex must not move.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  init(_ value: Value) {
    self.value = value
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
