import BullpenNode

struct SetupBody: Encodable {
  let deviceId: String
  let workspaces: Int
}

struct WorkspaceRequest: Decodable {
  let name: String
  let memberName: String
}

struct WorkspaceBody: Encodable {
  let id: String
  let name: String
  let isRemoved: Bool

  init(_ view: WorkspaceView) {
    id = view.id.description
    name = view.name
    isRemoved = view.isRemoved
  }
}
