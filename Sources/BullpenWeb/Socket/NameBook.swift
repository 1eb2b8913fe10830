import BullpenCore
import BullpenNode
import Synchronization

/// Names and colours of members, for cursors: they come too often to ask for each.
final class NameBook: Sendable {
  private struct State {
    var known: [MemberID: MemberView] = [:]
    var asked: Set<MemberID> = []
  }

  private let workspace: any WorkspaceAPI
  private let state = Mutex(State())

  init(_ workspace: any WorkspaceAPI) { self.workspace = workspace }

  func read() async {
    guard let members = try? await workspace.members() else { return }
    state.withLock { $0 = State(known: Dictionary(members.map { ($0.id, $0) }) { $1 }) }
  }

  /// Nil for whom nobody has asked about yet.
  func known(_ id: MemberID) -> MemberView? { state.withLock { $0.known[id] } }

  /// Asks once for someone new.
  func member(_ id: MemberID) async -> MemberView? {
    if let member = known(id) { return member }
    if state.withLock({ $0.asked.insert(id).inserted }) { await read() }
    return known(id)
  }
}
