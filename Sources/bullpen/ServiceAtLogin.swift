import BullpenWeb
import Dispatch

extension AtLogin {
  /// By the person's own systemd.
  ///
  /// - Parameter home: the running node's; the service has one home and no other.
  static func service(_ unit: UserUnit, home: String) -> AtLogin {
    @Sendable func ask(_ step: @escaping @Sendable () throws -> UserUnit.State) async -> State {
      guard home == HomeOptions.ofService else {
        return State(
          isEnabled: nil,
          reason: "What starts at login has the home \(HomeOptions.ofService), and this node's is \(home).")
      }
      // systemctl is waited for, so that happens elsewhere.
      return await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          do {
            continuation.resume(returning: State(isEnabled: try step().isEnabled))
          } catch {
            let failure = Failure(error)
            continuation.resume(returning: State(isEnabled: nil, reason: failure.message, hint: failure.hint))
          }
        }
      }
    }
    return AtLogin(
      state: { await ask { try unit.state() } },
      // The node that runs now goes on, whoever started it.
      change: { isEnabled in await ask { try isEnabled ? unit.enable(now: false) : unit.disable(now: false) } })
  }
}
