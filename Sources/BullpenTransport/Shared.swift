import Synchronization

/// A value that several threads read and write, one at a time.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value {
    get { mutex.withLock { $0 } }
    set { mutex.withLock { $0 = newValue } }
  }

  func update<Outcome: Sendable>(_ body: (inout Value) throws -> Outcome) rethrows -> Outcome {
    try mutex.withLock { value throws in try body(&value) }
  }
}
