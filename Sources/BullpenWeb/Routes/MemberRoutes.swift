import BullpenCore
import BullpenNode
import Hummingbird

/// The people of the workspace.
extension RouteTable {
  func addMembers() {
    on(.get, "/api/v1/members", needs: .read) { call in
      let former = call.query("former") ?? "false"
      guard let hasFormer = Bool(former) else { throw Problem.malformed("`former` is `true` or `false`.") }
      let members = try await call.workspace().members().filter { hasFormer || !$0.isFormer }.sorted { $0.id < $1.id }
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

    on(.put, "/api/v1/members/:user_id/role", needs: .own) { call in
      let asked = try await call.body(RoleRequest.self)
      let role = try RoleRequest.checked(asked.role, at: "/role")
      return JSON.response(
        MemberBody(try await call.workspace().setRole(of: try call.member(), to: role, ifDigest: asked.digest)))
    }

    on(.get, "/api/v1/members/:user_id/demotion", needs: .read) { call in
      let role = try RoleRequest.checked(call.query("role") ?? "", at: nil)
      return JSON.response(DemotionBody(try await call.workspace().demotion(of: try call.member(), to: role)))
    }
  }

  /// Who takes the owner's place, and taking it.
  func addSuccession() {
    on(.put, "/api/v1/members/:user_id/successor", needs: .own) { call in
      JSON.response(MemberBody(try await call.workspace().setSuccessor(try call.member(), named: true)))
    }

    on(.delete, "/api/v1/members/:user_id/successor", needs: .own) { call in
      JSON.response(MemberBody(try await call.workspace().setSuccessor(try call.member(), named: false)))
    }

    on(.get, "/api/v1/takeover", needs: .read) { call in
      JSON.response(TakeoverBody(try await call.workspace().takeover()))
    }

    on(.post, "/api/v1/takeover", needs: .own) { call in
      JSON.response(TakeoverBody(try await call.workspace().takeOver()))
    }
  }

  /// Cuts. What one takes away is told before it is made.
  func addRemovals() {
    on(.get, "/api/v1/members/:user_id/removal", needs: .read) { call in
      JSON.response(RemovalBody(try await call.workspace().removal(of: .member(try call.member()))))
    }

    on(.delete, "/api/v1/members/:user_id", needs: .own) { call in
      let (leaver, digest) = (Leaver.member(try call.member()), call.query("digest"))
      return JSON.response(RemovalBody(try await call.workspace().remove(leaver, ifDigest: digest)))
    }

    on(.get, "/api/v1/devices/:device_id/removal", needs: .read) { call in
      JSON.response(RemovalBody(try await call.workspace().removal(of: .device(try call.device()))))
    }

    on(.delete, "/api/v1/devices/:device_id", needs: .own) { call in
      let (leaver, digest) = (Leaver.device(try call.device()), call.query("digest"))
      return JSON.response(RemovalBody(try await call.workspace().remove(leaver, ifDigest: digest)))
    }
  }
}

extension Call {
  /// The member that the path names.
  fileprivate func member() throws -> MemberID {
    guard let member = MemberID(context.parameters.get("user_id") ?? "") else {
      throw Problem.notFound("There is no member with this id.")
    }
    return member
  }

  fileprivate func device() throws -> DeviceID {
    guard let device = DeviceID(context.parameters.get("device_id") ?? "") else {
      throw Problem.notFound("There is no device with this id.")
    }
    return device
  }
}
