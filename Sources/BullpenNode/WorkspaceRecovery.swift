import BullpenCore
import BullpenStore
import BullpenTransport

/// What became of this device's own history since its node began, while that is worth telling.
struct Recovery {
  private let beginning: NewBeginning?
  /// In which the node began.
  private let incarnation: Incarnation
  private var regained: Regained?
  /// When there was news last, on the boot clock.
  private var last: Int64

  init(_ store: Store, at boot: Int64) {
    beginning = store.beginning
    incarnation = store.incarnation
    last = boot
  }

  mutating func add(_ more: Regained, at boot: Int64) {
    regained = more + regained
    last = boot
  }

  /// - Parameter now: the incarnation in which the device writes.
  func notice(_ now: Incarnation, at boot: Int64) -> RecoveryNotice? {
    guard boot - last < Limits.recoveryMemory else { return nil }
    return RecoveryNotice(beginning, regained, isAnew: beginning != nil || now != incarnation)
  }
}

extension WorkspaceNode {
  /// What came back, for a day after the last of it; nil where nothing did.
  var recoveryNotice: RecoveryNotice? { recovery.notice(storage.store.incarnation, at: Clocks.now().boot) }

  func regain(_ more: Regained) {
    recovery.add(more, at: Clocks.now().boot)
    publishConnections()
  }
}
