import Hummingbird

/// First run and its two doors.
extension RouteTable {
  func addSetup() {
    on(.get, "/api/v1/setup", needs: .read) { call in
      let workspaces = await call.site.node.workspaces
      return JSON.response(SetupBody(deviceId: call.site.node.device.description, workspaces: workspaces.count))
    }

    on(.get, "/api/v1/workspaces", needs: .read) { call in
      JSON.response(ItemsBody(items: await call.site.node.workspaces.map(WorkspaceBody.init)))
    }

    on(.post, "/api/v1/workspaces", needs: .own) { call in
      let asked = try await call.body(WorkspaceRequest.self)
      try Check.name(asked.name, at: "/name")
      try Check.name(asked.memberName, at: "/member_name")
      let made = try await call.site.node.startWorkspace(named: asked.name, memberName: asked.memberName)
      return JSON.response(WorkspaceBody(made), status: .created)
    }

    on(.get, "/api/v1/workspace", needs: .read) { call in
      JSON.response(WorkspaceBody(try await call.workspace().view()))
    }

    on(.put, "/api/v1/workspace", needs: .own) { call in
      let asked = try await call.body(RenameRequest.self)
      try Check.name(asked.name, at: "/name")
      return JSON.response(WorkspaceBody(try await call.workspace().renameWorkspace(to: asked.name)))
    }
  }
}
