/// The ten hues of people. A member has the same one on every node, and the members of a small office have hues
/// that are easily told apart.
public enum Palette {
  public static let size = 10

  /// Everybody's place on the wheel of hues, 0–9. Members choose in the order in which they came: the first the
  /// place that its id names, each next the one farthest from those that are taken, so that nobody's hue changes
  /// when somebody comes. When all are taken, all are free again. It depends on the membership alone.
  public static func colours(in membership: Membership) -> [MemberID: Int] {
    var colours: [MemberID: Int] = [:]
    var taken: Set<Int> = []
    for id in arrivals(membership) {
      if taken.count == size { taken = [] }
      let first = Int(id.raw.low % UInt64(size))
      let free = (0..<size).map { (first + $0) % size }.filter { !taken.contains($0) }
      // The first of several that are as far, from the place that the id names.
      let place = free.reduce(free[0]) { room(of: $1, taken) > room(of: $0, taken) ? $1 : $0 }
      taken.insert(place)
      colours[id] = place
    }
    return colours
  }

  /// 0–9.
  public static func colour(of member: MemberID, in membership: Membership) -> Int {
    colours(in: membership)[member] ?? Int(member.raw.low % UInt64(size))
  }

  /// Steps around the wheel to the nearest place that is taken.
  private static func room(of place: Int, _ taken: Set<Int>) -> Int {
    taken.map { min(abs($0 - place), size - abs($0 - place)) }.min() ?? size
  }

  /// Members by their first credential, valid or not: the founder, then by time. A new role, device or owner moves
  /// nobody.
  private static func arrivals(_ membership: Membership) -> [MemberID] {
    var first: [MemberID: (time: HybridTime, statement: StatementID)] = [:]
    for proved in membership.statements.map(\.value) {
      guard case .credential(let credential) = proved.statement.claim,
        let member = membership.memberOf[credential.device]
      else { continue }
      let own = (time: proved.statement.time, statement: proved.id)
      if let known = first[member], known < own { continue }
      first[member] = own
    }
    let owner = membership.genesis.flatMap { membership.memberOf[$0.statement.signer] }
    return membership.members.keys.sorted { a, b in
      if (a == owner) != (b == owner) { return a == owner }
      switch (first[a], first[b]) {
      case (let x?, let y?): return x < y
      case (nil, nil): return a < b
      case (_?, nil): return true
      case (nil, _?): return false
      }
    }
  }
}
