import Hummingbird

/// Invites: they let people in, so no app makes them.
extension RouteTable {
  func addInvites() {
    on(.post, "/api/v1/invites", needs: .own) { call in
      let asked = try await call.bodyIfAny(InviteRequest.self) ?? InviteRequest()
      if asked.ownDevice == true {
        return JSON.response(InviteBody(try await call.workspace().inviteOwnDevice()), status: .created)
      }
      let (role, uses, lifetime) = try asked.checked()
      let made = try await call.workspace().invite(role: role, uses: uses, lifetime: lifetime)
      return JSON.response(InviteBody(made), status: .created)
    }
  }
}
