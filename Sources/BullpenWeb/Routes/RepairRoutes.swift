import BullpenCore
import BullpenNode
import Hummingbird

struct RepairRequest: Decodable {
  /// Also where nothing is wrong; false where it is left out.
  let force: Bool?
}

struct RepairBody: Encodable {
  struct Waiting: Encodable {
    let log: String
    let deviceId: String
    let entries: UInt64
    let known: UInt64
  }

  let workspaceId: String
  @Nullable var aside: String?
  let entries: UInt64
  let statements: Int
  let missing: UInt64
  let rewritten: UInt64
  let waiting: [Waiting]
  let isNewIncarnation: Bool
  let knowsItself: Bool
  let peers: Int

  init(_ id: WorkspaceID, _ repair: WorkspaceRepair) {
    workspaceId = id.description
    aside = repair.aside
    entries = repair.entries
    statements = repair.statements
    missing = repair.missing
    rewritten = repair.rewritten
    waiting = repair.waiting.map {
      Waiting(log: $0.name, deviceId: $0.log.device.description, entries: $0.entries, known: $0.known)
    }
    isNewIncarnation = repair.isNewIncarnation
    knowsItself = repair.knowsItself
    peers = repair.peers
  }
}

/// A database that is damaged is rebuilt, while the node and its other workspaces go on.
extension RouteTable {
  func addRepair() {
    on(.post, "/api/v1/workspaces/:id/repair", needs: .own) { call in
      let asked = try await call.bodyIfAny(RepairRequest.self)
      guard let id = WorkspaceID(call.context.parameters.get("id") ?? "") else {
        throw Problem.notFound("This node is in no workspace of that id.")
      }
      let made = try await call.site.node.repair(id, force: asked?.force ?? false)
      return JSON.response(RepairBody(id, made))
    }
  }
}
