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
  @Nullable var trouble: TroubleBody?

  init(_ view: WorkspaceView) {
    id = view.id.description
    name = view.name
    isRemoved = view.isRemoved
    trouble = view.trouble.map { TroubleBody(code: $0.code.rawValue, detail: $0.message, hint: $0.hint) }
  }
}

/// Why a workspace is shut on this node.
struct TroubleBody: Encodable {
  let code: String
  let detail: String
  let hint: String
}
