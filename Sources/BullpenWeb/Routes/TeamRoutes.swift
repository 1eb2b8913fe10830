import BullpenCore
import Hummingbird

/// Which people work together. Admins say so.
extension RouteTable {
  func addTeams() {
    on(.get, "/api/v1/teams", needs: .read) { call in
      JSON.response(ItemsBody(items: try await call.workspace().teams().map(TeamBody.init)))
    }

    on(.post, "/api/v1/teams", needs: .own) { call in
      let asked = try await call.body(TeamRequest.self).checked()
      guard let name = asked.name else { throw Problem.invalid("/name", "`name` is missing.") }
      let team = try await call.workspace().makeTeam(named: name, of: asked.members ?? [])
      return JSON.response(TeamBody(team), status: .created)
    }

    on(.put, "/api/v1/teams/:id", needs: .own) { call in
      let asked = try await call.body(TeamRequest.self).checked()
      let team = try await call.workspace().changeTeam(try call.team(), name: asked.name, members: asked.members)
      return JSON.response(TeamBody(team))
    }

    on(.delete, "/api/v1/teams/:id", needs: .own) { call in
      try await call.workspace().removeTeam(try call.team())
      return Response(status: .noContent)
    }

    on(.put, "/api/v1/teams/:id/members/:user_id", needs: .own) { call in
      let team = try await call.workspace().setTeam(try call.team(), member: try call.teamMember(), belongs: true)
      return JSON.response(TeamBody(team))
    }

    on(.delete, "/api/v1/teams/:id/members/:user_id", needs: .own) { call in
      let team = try await call.workspace().setTeam(try call.team(), member: try call.teamMember(), belongs: false)
      return JSON.response(TeamBody(team))
    }
  }
}

extension Call {
  fileprivate func team() throws -> TeamID {
    guard let team = TeamID(context.parameters.get("id") ?? "") else {
      throw Problem.notFound("There is no team with this id.")
    }
    return team
  }

  fileprivate func teamMember() throws -> MemberID {
    guard let member = MemberID(context.parameters.get("user_id") ?? "") else {
      throw Problem.notFound("There is no member with this id.")
    }
    return member
  }
}
