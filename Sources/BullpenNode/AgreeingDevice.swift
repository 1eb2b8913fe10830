import BullpenCore
import BullpenCrypto
import Synchronization

/// A device that joins, and whether it has given anybody its word on a key.
final class AgreeingDevice: JoiningDevice {
  private let device: DeviceKey
  private let agreed = Atomic(false)

  init(_ device: DeviceKey) { self.device = device }

  var hasAgreed: Bool { agreed.load(ordering: .acquiring) }

  func consent(to member: MemberID, key: MemberKey, in workspace: WorkspaceID) -> Signature {
    agreed.store(true, ordering: .releasing)
    return device.consent(to: member, key: key, in: workspace)
  }
}
