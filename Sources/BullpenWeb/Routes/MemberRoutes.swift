import BullpenCore
import Hummingbird

/// The people of the workspace.
extension RouteTable {
  func addMembers() {
    on(.get, "/api/v1/members", needs: .read) { call in
      let members = try await call.workspace().members().sorted { $0.id < $1.id }
      return JSON.response(ItemsBody(items: members.map(MemberBody.init)))
    }

    on(.get, "/api/v1/user/current", needs: .read) { call in
      JSON.response(MemberBody(try await call.workspace().me()))
    }

    on(.put, "/api/v1/user/current", needs: .write) { call in
      let asked = try await call.body(RenameRequest.self)
      try Check.name(asked.name, at: "/name")
      return JSON.response(MemberBody(try await call.workspace().rename(to: asked.name)))
    }
  }
}
