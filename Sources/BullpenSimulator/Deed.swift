import BullpenCore

/// Something that a person does.
public struct Deed: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Writes a notification for so many members.
    case notify(Int)
    case post
    /// Posts so many activities at once, each as long as one may be.
    case pour(Int)
    /// Shows a notification of its own to one more member.
    case share
    /// Takes back what it posted last.
    case withdraw
    /// Marks something as read, or as not read.
    case mark
    case rename
    /// Both devices of the founder write the same cell at the same moment: the one conflict that keys allow.
    case twins
    case show(Status)
    case say
    case join(RoomID)
    case point(RoomID)
    case give(Role, to: Int)
    case name(successor: Int)
    case takeOver
    case remove(Int)
    /// Decides anew who may hear of the person, and of what.
    case decide
    /// Puts somebody into a team, or takes them out of it.
    case changeTeam(Int)
    /// Sets who hears of those who have not decided it themselves.
    case setDefault(VisibilityLevel)
    case type(RoomID)
    /// Voids one of the changes that wait for their time, if any does.
    case void
  }

  /// Milliseconds from the start of the work.
  public var at: Int64
  public var node: Int
  public var kind: Kind
  /// Decides what is left open: texts, and who gets a notification.
  public var luck: UInt64

  static let rooms = ["desk", "kitchen"].compactMap { RoomID($0) }

  public init(at: Int64, node: Int, kind: Kind, luck: UInt64) {
    (self.at, self.node, self.kind, self.luck) = (at, node, kind, luck)
  }

  /// Forty deeds, in ascending order of moment.
  static func work(nodes: Int, duration: Int64, _ random: inout SeededRandomness) -> [Deed] {
    let deeds = (0..<40).map { _ in
      let other = random.below(nodes)
      let kind: Kind =
        switch random.below(52) {
        case 0..<10: .notify(1 + random.below(3))
        case 10..<16: .post
        case 16..<22: .mark
        case 22, 23: .rename
        case 24..<30: .twins
        case 30..<34: .show(random.pick(Status.allCases))
        case 34, 35: .say
        case 36, 37: .join(random.pick(rooms))
        case 38..<41: .give(random.pick([.guest, .member, .admin]), to: other)
        case 41, 42: .name(successor: other)
        case 43, 44: .takeOver
        case 45: random.chance(300) ? .remove(other) : .post
        case 46: .void
        case 47: .point(random.pick(rooms))
        case 48, 49: .share
        default: .withdraw
        }
      return Deed(at: random.between(0...(duration - 500)), node: random.below(nodes), kind: kind, luck: random.next())
    }
    return inOrder(deeds)
  }

  static func inOrder(_ deeds: [Deed]) -> [Deed] {
    deeds.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}
