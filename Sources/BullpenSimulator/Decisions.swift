import BullpenCore
import BullpenStore

// What people decide about who hears of them, and admins about who works with whom.
extension Deed {
  /// Ten deeds, in no order.
  static func decisions(nodes: Int, duration: Int64, _ random: inout SeededRandomness) -> [Deed] {
    (0..<10).map { _ in
      let kind: Kind =
        switch random.below(10) {
        case 0..<3: .decide
        case 3..<6: .changeTeam(random.below(nodes))
        case 6: .setDefault(random.pick(VisibilityLevel.allCases))
        case 7: .join(random.pick(pages))
        default: .type(random.pick(rooms + pages))
        }
      let node: Int =
        switch kind {
        // Mostly somebody who may: the founder, at either machine.
        case .changeTeam, .setDefault: random.chance(800) ? random.pick([0, nodes - 1]) : random.below(nodes)
        default: random.below(nodes)
        }
      return Deed(at: random.between(0...(duration - 500)), node: node, kind: kind, luck: random.next())
    }
  }

  private static let pages = ["/plan", "/board"].compactMap { RoomID.room(ofPage: $0) }
}

extension Simulation {
  /// A person decides anew who may hear of it, and of what, on all of its devices.
  func decide(_ node: SimulatedNode, _ dice: inout SeededRandomness) {
    let others = nodes.compactMap(\.member).filter { $0 != node.member }
    let levels: [VisibilityLevel?] = [.everyone, .team, .contacts, .contacts, .nobody, nil]
    let settings = PresenceSettings(
      level: dice.pick(levels), showsPage: dice.chance(500), showsActivity: dice.chance(600),
      appearsOffline: dice.chance(150), contacts: Set(others.filter { _ in dice.chance(400) }).sorted())
    decide(node, settings)
    confide(node, settings, &dice)
  }

  func decide(_ node: SimulatedNode, _ settings: PresenceSettings) {
    for device in nodes where device.member == node.member {
      device.privacy.settings = settings
      device.handle(.privacy(device.privacy))
    }
  }

  /// An admin puts somebody into a team, or takes them out of it; where there is none yet, makes one.
  func changeTeam(_ node: SimulatedNode, _ other: SimulatedNode, _ dice: inout SeededRandomness) {
    guard let me = node.member, let member = other.member, let store = node.store,
      let role = node.run?.machine.membership.device(node.device)?.role, role >= .admin
    else { return }
    let teams = (try? store.teams()) ?? []
    guard teams.isEmpty else {
      let team = dice.pick(teams)
      let row = team.member(member, belongs: !team.members.contains(member), by: me)
      return write([row].compactMap(\.self), node)
    }
    let others = Set(nodes.compactMap(\.member)).sorted().filter { $0 == member || dice.chance(500) }
    let team = Team(id: TeamID(using: &dice), name: "the desk", members: others)
    write(
      ([team.named(by: me, team.name)] + others.map { team.member($0, belongs: true, by: me) }).compactMap(\.self), node
    )
  }

  /// The owner says who hears of those who have not decided it themselves.
  func setDefault(_ node: SimulatedNode, _ level: VisibilityLevel) {
    guard let me = node.member, let key = RowKey.named(me, Store.visibilitySetting),
      node.run?.machine.membership.owner == me
    else { return }
    write([RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(level.rawValue)])], node)
  }
}

extension SimulatedNode {
  /// Reads from the disk what admins have set. Of what the person chose there is one truth for all of its machines.
  func readSettings() {
    guard let store, let teams = try? store.teams() else { return }
    privacy.teams = teams
    let level = try? store.ownersSetting(Store.visibilitySetting)
    privacy.usual = level.flatMap { VisibilityLevel(rawValue: $0) } ?? .team
  }

  /// Goes by what admins have set, if that is news.
  func followSettings() {
    let before = privacy
    readSettings()
    if privacy != before { handle(.privacy(privacy)) }
  }

  /// Whether the person lets a device hear of it, by what it chose and by what this machine knows of teams and roles.
  func lets(_ device: DeviceID) -> Bool {
    guard let machine = run?.machine, let me = machine.membership.device(self.device),
      let other = machine.membership.device(device)
    else { return false }
    if other.member == me.member { return true }
    if machine.shown(me.member, at: instant)?.status == .offline { return false }
    return switch privacy.level {
    case .everyone: true
    case .team: other.role >= .member
    case .contacts:
      privacy.settings.contacts.contains(other.member)
        || privacy.teams.contains { $0.members.contains(me.member) && $0.members.contains(other.member) }
    case .nobody: false
    }
  }
}

extension Publication {
  /// Whether who may hear of whom may be another from now on, by what admins have set.
  var bearsOnPrivacy: Bool {
    switch self {
    // Another owner's default holds.
    case .members: true
    case .rows(let table, _): table == Tables.teams.name || table == Tables.workspaceSettings.name
    case .presence, .cursor, .cursorRemoved, .connections: false
    }
  }
}
