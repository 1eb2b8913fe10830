import BullpenCore
import BullpenNode

struct RoleRequest: Decodable {
  let role: String
  /// What goes by it, as it was shown.
  let digest: String?

  /// Throws `invalid` for what no role is.
  static func checked(_ name: String, at pointer: String?) throws(Problem) -> Role {
    guard let role = Role.allCases.first(where: { $0.name == name }), role < .owner else {
      throw Problem.invalid(pointer, "A member is made a `guest`, a `member` or an `admin`.")
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
  let digest: String

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
    digest = view.digest
  }
}

struct DemotionBody: Encodable {
  let userId: String
  let from: String
  let role: String
  let alsoCut: [String]
  let alsoRemoved: [String]
  let alsoDemoted: [String]
  let endedInvites: Int
  @Nullable var lastHeard: Int64?
  let digest: String

  init(_ view: DemotionView) {
    userId = view.member.description
    from = view.from.name
    role = view.role.name
    alsoCut = view.alsoCut.map(\.description)
    alsoRemoved = view.alsoRemoved.map(\.description)
    alsoDemoted = view.alsoDemoted.map(\.description)
    endedInvites = view.endedInvites
    lastHeard = view.lastHeard
    digest = view.digest
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
