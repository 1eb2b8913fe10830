/// Which statements of a workspace are kept. Of a set that is too large they are always the same, in whatever order and
/// from whomever its statements came.
///
/// All are brought into one order: by how many admissions their signer's member is away from an owner, by how many links
/// their device is away from the member's first, by number and by id. One after another is taken while there is room in
/// every group that it belongs to. Each group lies within another or beside it, so that what has no room once has none
/// however much comes later.
public struct StatementBook: Sendable {
  /// How many statements each group has room for.
  public struct Room: Sendable {
    public var all = Limits.statements
    /// Of one owner, and of that what is no cut, demotion or change of owner.
    public var owner = Limits.ownerStatements + Limits.ownerReserve
    public var ownerOrdinary = Limits.ownerStatements
    /// Of one whom an owner let in, with all whom it has let in, and who they have.
    public var branch = Limits.branchStatements
    /// Of one whom one of those let in, with all below.
    public var twig = Limits.twigStatements

    public init() {}

    /// What one member may state itself: a quarter is left for those whom it lets in.
    public func own(isTwig: Bool) -> Int { (isTwig ? twig : branch) / 4 * 3 }
    /// Besides, for what puts an end to something, so that a lost laptop does not keep its member from cutting it.
    public var reserve = Limits.memberReserve

    /// As many as there is room for whoever has made them.
    var least: Int { min(own(isTwig: true), own(isTwig: false), ownerOrdinary, all) }
  }

  public enum Shortage: Hashable, Sendable {
    /// The member has stated so many, which is all that it may.
    case member(Int)
    /// They and whom they have let in, or who came in by the same member as they.
    case branch(Int)
    case workspace
  }

  private enum Group: Hashable {
    case ordinary(MemberID)
    case own(MemberID)
    case twig(MemberID)
    case branch(MemberID)
    case all
  }

  private struct Place: Comparable {
    var steps: Int
    var links: Int
    var sequence: UInt64
    var id: StatementID
    static func < (a: Place, b: Place) -> Bool {
      if a.steps != b.steps { return a.steps < b.steps }
      if a.links != b.links { return a.links < b.links }
      return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id
    }
  }

  private var lineage: Lineage
  private let room: Room
  private var count: [Group: Int] = [:]
  /// The last that each group has taken.
  private var last: [Group: Place] = [:]
  public private(set) var kept: Set<StatementID> = []
  /// Those of members that are not kept.
  public private(set) var surplus: Set<StatementID> = []

  /// - Parameters:
  ///   - statements: of one workspace. Those of devices that are nobody's are neither kept nor refused.
  ///   - membership: by all of them.
  ///   - uncut: by all of them but cuts and demotions: whoever was cut since has stated what it has.
  public init(_ statements: [ProvedStatement], _ membership: Membership, uncut: Membership, room: Room = Room()) {
    lineage = Lineage(membership, uncut: uncut)
    self.room = room
    let placed = statements.compactMap { proved in place(of: proved).map { (place: $0, proved: proved) } }
    for (place, proved) in placed.sorted(by: { $0.place < $1.place }) {
      // Whom nobody has let in by a statement that is kept takes no room.
      let admission = lineage.admission(of: proved.statement.signer)
      let groups = groups(of: proved)
      guard admission.map(kept.contains) != false, !groups.contains(where: isFull) else {
        surplus.insert(proved.id)
        continue
      }
      kept.insert(proved.id)
      for group in groups {
        count[group, default: 0] += 1
        last[group] = place
      }
    }
  }

  /// Whether there is room for so many, whoever has made them.
  public static func hasRoom(for count: Int) -> Bool { count <= Room().least }

  /// Why there is no room for one more, in whose place none of the others would go; nil where there is room, or it takes
  /// a closer look. Never for one of a device that is not known.
  public mutating func shortage(for proved: ProvedStatement) -> Shortage? {
    guard let place = place(of: proved) else { return nil }
    let full = groups(of: proved).first { group in isFull(group) && last[group].map { $0 < place } == true }
    return full.map { group in
      switch group {
      case .ordinary, .own: .member(limit(of: group))
      case .twig, .branch: .branch(limit(of: group))
      case .all: .workspace
      }
    }
  }

  // MARK: - Groups

  private mutating func place(of proved: ProvedStatement) -> Place? {
    guard let found = lineage.place(of: proved.statement.signer) else { return nil }
    return Place(
      steps: found.steps, links: lineage.links(of: proved.statement.signer), sequence: proved.statement.sequence,
      id: proved.id)
  }

  private mutating func groups(of proved: ProvedStatement) -> [Group] {
    guard let found = lineage.place(of: proved.statement.signer) else { return [] }
    let ordinary: [Group] = isReserved(proved) ? [] : [.ordinary(found.member)]
    return ordinary + [.own(found.member)]
      + [found.twig.map { .twig($0) }, found.branch.map { .branch($0) }]
      .compactMap { $0 } + [.all]
  }

  /// Whether it is one for which there is more room than for others. Its claim alone says so: what it is about may come
  /// later.
  private func isReserved(_ proved: ProvedStatement) -> Bool {
    switch proved.statement.claim {
    case .cut, .demotion, .succession, .takeover, .generation, .voiding: true
    case .genesis, .credential, .invite, .unknown: false
    }
  }

  private func isFull(_ group: Group) -> Bool { count[group] ?? 0 >= limit(of: group) }

  private func limit(of group: Group) -> Int {
    switch group {
    case .ordinary(let member):
      lineage.isOwner(member) ? room.ownerOrdinary : room.own(isTwig: lineage.isTwig(member))
    case .own(let member):
      lineage.isOwner(member) ? room.owner : room.own(isTwig: lineage.isTwig(member)) + room.reserve
    case .twig: room.twig
    case .branch: room.branch
    case .all: room.all
    }
  }
}
