import Synchronization

/// How many WebSockets are open, and whether there is room for one more.
final class SocketCount: Sendable {
  private let limit: Int
  private let open = Mutex(0)

  init(limit: Int) { self.limit = limit }

  var hasRoom: Bool { open.withLock { $0 < limit } }

  var count: Int { open.withLock { $0 } }

  struct Place: Sendable {
    fileprivate let count: SocketCount
    func leave() { count.open.withLock { $0 -= 1 } }
  }

  /// Nil where all places are taken.
  func enter() -> Place? {
    open.withLock {
      guard $0 < limit else { return nil }
      $0 += 1
      return Place(count: self)
    }
  }
}
