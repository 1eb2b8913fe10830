/// The ten hues of people. A member has the same one on every node, and the members of a small office have
/// different ones.
public enum Palette {
  public static let size = 10

  /// 0–9. Members choose in ascending order of id: the place that their id names, or the next free one while
  /// there is one. So it depends on the membership alone.
  public static func colour(of member: MemberID, in membership: Membership) -> Int {
    var taken: Set<Int> = []
    for id in membership.members.keys.sorted() {
      let first = Int(id.raw.low % UInt64(size))
      let free = (0..<size).lazy.map { (first + $0) % size }.first { !taken.contains($0) }
      if id == member { return free ?? first }
      if taken.count < size { taken.insert(free ?? first) }
    }
    return Int(member.raw.low % UInt64(size))
  }
}
