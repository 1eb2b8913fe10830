import BullpenCore

/// Whom a notification is for. A team or a role stands for those who are in it or have it at the moment of writing, the
/// writer left out: who comes to it later reads nothing of before, unless the notification is shared with them.
public struct Recipients: Hashable, Sendable {
  public var members: [MemberID]
  public var teams: [TeamID]
  public var roles: [Role]

  public init(members: [MemberID] = [], teams: [TeamID] = [], roles: [Role] = []) {
    self.members = members
    self.teams = teams
    self.roles = roles
  }
}

extension Recipients: ExpressibleByArrayLiteral {
  public init(arrayLiteral members: MemberID...) { self.init(members: members) }
}

extension WorkspaceHandle {
  /// The members that are meant, in ascending order. Throws `notFound` for a member or a team that is none, `invalid`
  /// where nobody is meant, and `tooLarge` for more than a row may name.
  func resolve(_ recipients: Recipients) async throws -> [MemberID] {
    let membership = await node.look { machine, _ in machine.membership }
    for member in recipients.members where membership.members[member]?.devices.isEmpty != false {
      throw NodeError(.notFound, "Nobody of the workspace has the id \(member).")
    }
    var found = Set(recipients.members)
    var kin: Set<MemberID> = []
    if !recipients.teams.isEmpty {
      let teams = Dictionary(try await teams().map { ($0.id, $0.members) }, uniquingKeysWith: { first, _ in first })
      for id in recipients.teams {
        guard let members = teams[id] else { throw NodeError(.notFound, "There is no team with the id \(id).") }
        kin.formUnion(members)
      }
    }
    for member in membership.members.values where !member.devices.isEmpty && recipients.roles.contains(member.role) {
      kin.insert(member.id)
    }
    kin.remove(try await member())
    found.formUnion(kin)
    guard !found.isEmpty else {
      throw NodeError(
        .invalid, "A notification needs somebody to go to.",
        hint: recipients.teams.isEmpty && recipients.roles.isEmpty
          ? "Name at least one member." : "Nobody but you is among those named.")
    }
    return try bounded(found)
  }

  /// As many as a row may name, in ascending order. Throws `tooLarge` for more.
  func bounded(_ audience: Set<MemberID>) throws -> [MemberID] {
    guard audience.count <= Limits.audience else {
      throw NodeError(.tooLarge, "A notification goes to \(Limits.audience) members at most.")
    }
    return audience.sorted()
  }
}
