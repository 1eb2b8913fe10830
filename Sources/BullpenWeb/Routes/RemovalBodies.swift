import BullpenCore
import BullpenNode

struct RoleRequest: Decodable {
  let role: String

  /// Throws `invalid` for what no role is.
  func checked() throws(Problem) -> Role {
    guard let role = Role.allCases.first(where: { $0.name == role }), role < .owner else {
      throw Problem.invalid("/role", "A member is made a `guest`, a `member` or an `admin`.")
    }
    return role
  }
}

struct RemovalBody: Encodable {
  let userId: String
  let devices: [String]
  let isLast: Bool
  let keptChanges: UInt64
  let alsoCut: [String]
  let alsoRemoved: [String]
  let alsoDemoted: [String]
  let endedInvites: Int
  @Nullable var lastHeard: Int64?

  init(_ view: RemovalView) {
    userId = view.member.description
    devices = view.devices.map(\.description)
    isLast = view.isLast
    keptChanges = view.kept
    alsoCut = view.alsoCut.map(\.description)
    alsoRemoved = view.alsoRemoved.map(\.description)
    alsoDemoted = view.alsoDemoted.map(\.description)
    endedInvites = view.endedInvites
    lastHeard = view.lastHeard
  }
}

struct TakeoverBody: Encodable {
  let ownerId: String
  let keptChanges: UInt64
  let alsoRemoved: [String]
  let alsoDemoted: [String]
  @Nullable var lastHeard: Int64?

  init(_ view: TakeoverView) {
    ownerId = view.owner.description
    keptChanges = view.kept
    alsoRemoved = view.alsoRemoved.map(\.description)
    alsoDemoted = view.alsoDemoted.map(\.description)
    lastHeard = view.lastHeard
  }
}
