/// The ten hues of people. A member has the same one on every node, and the members of a small office have
/// different ones.
public enum Palette {
  public static let size = 10

  /// Everybody's place, 0–9. Members choose in ascending order of id: the place that their id names, or the next
  /// free one while there is one. So it depends on the membership alone.
  public static func colours(in membership: Membership) -> [MemberID: Int] {
    var colours: [MemberID: Int] = [:]
    var taken: Set<Int> = []
    for id in membership.members.keys.sorted() {
      let first = Int(id.raw.low % UInt64(size))
      let place = (0..<size).lazy.map { (first + $0) % size }.first { !taken.contains($0) } ?? first
      taken.insert(place)
      colours[id] = place
    }
    return colours
  }

  /// 0–9.
  public static func colour(of member: MemberID, in membership: Membership) -> Int {
    colours(in: membership)[member] ?? Int(member.raw.low % UInt64(size))
  }
}
