import BullpenNode
import ServiceLifecycle
import Synchronization

/// Knows whether a node ends for good, or gives way to another in the same process. It is the last service of its group,
/// and so the first to hear that the group ends.
final class Ending: Service {
  private let node: Node?
  private let supervisor: Supervisor?
  /// Whether whoever left the last workspace begins anew here, on a new device key.
  private let isAnew = Mutex(false)

  var beginsAnew: Bool { isAnew.withLock { $0 } }

  /// - Parameter node: nil where none takes its place.
  init(of node: Node?, _ supervisor: Supervisor?) {
    self.node = node
    self.supervisor = supervisor
  }

  func run() async throws {
    if let node, await cancelWhenGracefulShutdown({ await node.isKeyErased() }) {
      isAnew.withLock { $0 = true }
    } else {
      try? await gracefulShutdown()
      supervisor?.tell(.stopping)
    }
  }
}
