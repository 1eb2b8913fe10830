import Foundation

/// A value behind a lock.
///
/// Unchecked: the value is reached only while the lock is held, which the compiler cannot see.
final class Locked<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func read() -> Value { lock.withLock { value } }
  func withValue<T>(_ body: (inout Value) throws -> T) rethrows -> T { try lock.withLock { try body(&value) } }
}
