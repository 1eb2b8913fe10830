import BullpenCore
import BullpenTransport
import Synchronization

/// When a datagram of each device was heard last: connections keep a peer alive whose datagrams a firewall drops.
final class DatagramHearing: Sendable {
  /// By the boot clock.
  private let last = Mutex<[DatagramSessionRef: Int64]>([:])

  func note(_ peer: DatagramSessionRef) {
    let now = Clocks.now().boot
    last.withLock { last in
      // Only those with a session are heard, so it fills up with members that have gone.
      if last.count >= Limits.datagramSessions, last[peer] == nil { last.removeAll() }
      last[peer] = now
    }
  }

  /// Milliseconds; nil where none was heard in this run.
  func silence(of device: DeviceID, in workspace: WorkspaceID) -> Int64? {
    let peer = DatagramSessionRef(workspace: workspace, device: device)
    return last.withLock { $0[peer] }.map { Clocks.now().boot - $0 }
  }
}
