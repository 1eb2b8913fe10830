import BullpenCore
import Hummingbird

struct LeaveRequest: Decodable {
  let name: String
}

/// The way out of a workspace. It cannot be undone, so the request says the workspace's name.
extension RouteTable {
  func addLeaving() {
    on(.delete, "/api/v1/workspaces/:id", needs: .own) { call in
      let asked = try await call.body(LeaveRequest.self)
      let text = call.context.parameters.get("id") ?? ""
      guard let id = WorkspaceID(text), let workspace = await call.site.node.workspaces.first(where: { $0.id == id })
      else { throw Problem.notFound("This node is in no workspace of that id.") }
      guard asked.name == workspace.name else {
        throw Problem.invalid(
          "/name", "This is not the workspace's name, so nothing was done.",
          hint: "Leaving erases it from this machine: say its name exactly.")
      }
      try await call.site.node.leave(id)
      return Response(status: .noContent)
    }
  }
}
