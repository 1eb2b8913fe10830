import BullpenCore
import BullpenNode

/// Names and colours of members, for cursors: they come too often to ask for each.
actor NameBook {
  private let workspace: any WorkspaceAPI
  private var known: [MemberID: MemberView] = [:]
  private var asked: Set<MemberID> = []

  init(_ workspace: any WorkspaceAPI) { self.workspace = workspace }

  func read() async {
    guard let members = try? await workspace.members() else { return }
    known = Dictionary(members.map { ($0.id, $0) }) { $1 }
    asked = []
  }

  /// Asks once for someone new.
  func member(_ id: MemberID) async -> MemberView? {
    if let member = known[id] { return member }
    if asked.insert(id).inserted { await read() }
    return known[id]
  }
}
