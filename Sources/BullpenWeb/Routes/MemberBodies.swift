import BullpenCore
import BullpenNode

struct MemberBody: Encodable {
  let userId: String
  let name: String
  let role: String
  let devices: [String]
  let isSelf: Bool
  let colour: Int
  let assignableRoles: [String]
  let isRemovable: Bool
  let isSuccessor: Bool
  let isNameable: Bool
  let isFormer: Bool
  let isSurplus: Bool

  init(_ view: MemberView) {
    userId = view.id.description
    name = view.name
    role = view.role.name
    devices = view.devices.map(\.description)
    isSelf = view.isSelf
    colour = view.colour
    assignableRoles = view.assignableRoles.map(\.name)
    isRemovable = view.isRemovable
    isSuccessor = view.isSuccessor
    isNameable = view.isNameable
    isFormer = view.isFormer
    isSurplus = view.isSurplus
  }
}

struct RenameRequest: Decodable {
  let name: String
}

extension Role {
  var name: String {
    switch self {
    case .guest: "guest"
    case .member: "member"
    case .admin: "admin"
    case .owner: "owner"
    }
  }
}
