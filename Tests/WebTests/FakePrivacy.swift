import BullpenCore

@testable import BullpenNode

/// How the person of a node in memory wants to be seen, and the teams of its workspace.
extension FakeWorkspace {
  func presenceSettings() async throws -> PresenceSettingsView {
    state.withLock { state in
      let privacy = Privacy(settings: state.settings, usual: state.usual, teams: state.teams)
      return PresenceSettingsView(
        settings: state.settings, level: privacy.level, usual: state.usual,
        visibleTo: privacy.level == .nobody ? [] : [Self.bob], analytics: state.analytics)
    }
  }

  func setPresenceSettings(_ change: PresenceSettingsChange) async throws -> PresenceSettingsView {
    state.withLock { state in
      let after = change.applied(to: state.settings)
      let changed = after.parts(differentFrom: state.settings)
      state.settings = after
      state.history.insert(
        PresenceSettingsEntry(at: 1_763_700_000_000, device: device, changed: changed, settings: after), at: 0)
    }
    return try await presenceSettings()
  }

  func presenceSettingsHistory(after: String?, limit: Int) async throws -> Page<PresenceSettingsEntry> {
    Page(rows: Array(state.withLock { $0.history }.prefix(limit)), next: nil)
  }

  func setDefaultVisibility(_ level: VisibilityLevel) async throws -> PresenceSettingsView {
    try allowed()
    state.withLock { $0.usual = level }
    return try await presenceSettings()
  }

  func teams() async throws -> [Team] { state.withLock { $0.teams } }

  func makeTeam(named name: String, of members: [MemberID]) async throws -> Team {
    try allowed()
    let team = Team(id: TeamID(Bytes16(Array(repeating: 0x7e, count: 16))!), name: name, members: members)
    state.withLock { $0.teams = [team] }
    return team
  }

  func changeTeam(_ id: TeamID, name: String?, members: [MemberID]?) async throws -> Team {
    try change(id) { team in
      team.name = name ?? team.name
      team.members = members ?? team.members
    }
  }

  func setTeam(_ id: TeamID, member: MemberID, belongs: Bool) async throws -> Team {
    try change(id) { team in
      team.members = team.members.filter { $0 != member } + (belongs ? [member] : [])
    }
  }

  func removeTeam(_ id: TeamID) async throws {
    _ = try change(id) { _ in }
    state.withLock { $0.teams = [] }
  }

  private func allowed() throws {
    guard state.withLock({ $0.isOwner }) else { throw NodeError(.forbidden, "Only the owner and admins make teams.") }
  }

  private func change(_ id: TeamID, _ work: (inout Team) -> Void) throws -> Team {
    try allowed()
    return try state.withLock { state in
      guard let place = state.teams.firstIndex(where: { $0.id == id }) else {
        throw NodeError(.notFound, "No team has this id.")
      }
      work(&state.teams[place])
      return state.teams[place]
    }
  }
}
