import BullpenCore

// For stories of who sees whom. Nodes are numbered in the order in which they came.
extension Simulation {
  /// The person at a node decides who may hear of it, and of what.
  public func decide(_ node: Int, _ settings: PresenceSettings) { decide(nodes[node], settings) }

  /// An admin has the members of these nodes be the office's one team.
  public func setTeam(_ node: Int, of others: [Int]) {
    guard let me = nodes[node].member, let store = nodes[node].store, let teams = try? store.teams() else { return }
    let team = teams.first ?? Team(id: TeamID(using: &random), name: "the desk", members: [])
    let wanted = Set(others.compactMap { nodes[$0].member })
    let changes = wanted.symmetricDifference(team.members).sorted()
    let rows = [team.named(by: me, team.name)] + changes.map { team.member($0, belongs: wanted.contains($0), by: me) }
    write(rows.compactMap(\.self), nodes[node])
  }

  /// A tab of the person's is in this room, or in none.
  public func enter(_ node: Int, _ room: RoomID?) {
    let view = ViewID(raw: 1)
    nodes[node].handle(.view(view, room.map { .join($0, .desktop) } ?? .close))
  }

  /// What one node shows of the member of another; nil when it does not run.
  public func shown(_ node: Int, _ other: Int) -> MemberPresence? {
    guard let member = nodes[other].member else { return nil }
    return nodes[node].run?.machine.shown(member, at: nodes[node].instant)
  }
}
