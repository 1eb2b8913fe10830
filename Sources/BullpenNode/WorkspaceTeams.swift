import BullpenCore
import BullpenCrypto
import BullpenStore

/// Which people work together.
extension WorkspaceHandle {
  func teams() async throws -> [Team] {
    _ = try await member()
    return try await ask { try $0.teams() }
  }

  func makeTeam(named name: String, of members: [MemberID]) async throws -> Team {
    let me = try await admin("make teams")
    let name = try Text.name(name)
    let members = try await checked(members)
    let teams = try await teams()
    guard teams.count < Limits.teams else {
      throw NodeError(.tooLarge, "A workspace has \(Limits.teams) teams at most.", hint: "Remove one first.")
    }
    var random = SystemRandomness()
    let team = Team(id: TeamID(using: &random), name: try free(name, teams), members: members)
    return try await write([team.named(by: me, name)] + members.map { team.member($0, belongs: true, by: me) }, team.id)
  }

  func changeTeam(_ id: TeamID, name: String?, members: [MemberID]?) async throws -> Team {
    let me = try await admin("change teams")
    let teams = try await teams()
    let team = try found(id, teams)
    var rows: [RowDraft?] = []
    if let name = try name.map(Text.name), name != team.name {
      rows.append(team.named(by: me, try free(name, teams.filter { $0.id != id })))
    }
    if let members {
      let wanted = Set(try await checked(members))
      let held = Set(team.members)
      rows += wanted.subtracting(held).sorted().map { team.member($0, belongs: true, by: me) }
      rows += held.subtracting(wanted).sorted().map { team.member($0, belongs: false, by: me) }
    }
    return try await write(rows, id)
  }

  func setTeam(_ id: TeamID, member: MemberID, belongs: Bool) async throws -> Team {
    let me = try await admin("change teams")
    let team = try found(id, try await teams())
    if belongs { _ = try await checked([member]) }
    guard team.members.contains(member) != belongs else { return team }
    return try await write([team.member(member, belongs: belongs, by: me)], id)
  }

  func removeTeam(_ id: TeamID) async throws {
    let me = try await admin("remove teams")
    let team = try found(id, try await teams())
    guard let row = team.named(by: me, nil) else { return }
    _ = try await node.write(Draft([row]))
    try await node.followSettings()
  }

  // MARK: - Steps

  private func write(_ rows: [RowDraft?], _ id: TeamID) async throws -> Team {
    let rows = rows.compactMap { $0 }
    if !rows.isEmpty {
      _ = try await node.write(Draft(rows))
      try await node.followSettings()
    }
    return try found(id, try await teams())
  }

  private func found(_ id: TeamID, _ teams: [Team]) throws -> Team {
    guard let team = teams.first(where: { $0.id == id }) else {
      throw NodeError(.notFound, "No team has this id.", hint: "`bullpen teams` lists them.")
    }
    return team
  }

  private func free(_ name: String, _ teams: [Team]) throws -> String {
    guard !teams.contains(where: { $0.name == name }) else {
      throw NodeError(.conflict, "There is a team “\(name)” already.", hint: "Choose another name.")
    }
    return name
  }

  private func checked(_ members: [MemberID]) async throws -> [MemberID] {
    let members = Set(members).sorted()
    guard members.count <= Limits.audience else {
      throw NodeError(.tooLarge, "A team has \(Limits.audience) members at most.")
    }
    let membership = await node.look { machine, _ in machine.membership }
    for member in members { _ = try present(member, in: membership) }
    return members
  }
}
