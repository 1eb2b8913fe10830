import Hummingbird

struct AtLoginRequest: Decodable {
  let enabled: Bool
}

struct AtLoginBody: Encodable {
  let possible: Bool
  let enabled: Bool
  let reason: String
  let hint: String

  init(_ state: AtLogin.State) {
    possible = state.isEnabled != nil
    enabled = state.isEnabled ?? false
    reason = state.reason
    hint = state.hint
  }
}

/// Whether the node starts when its person logs in.
extension RouteTable {
  func addAtLogin() {
    on(.get, "/api/v1/node/at-login", needs: .read) { call in
      JSON.response(AtLoginBody(await call.site.atLogin.state()))
    }

    on(.put, "/api/v1/node/at-login", needs: .own) { call in
      let asked = try await call.body(AtLoginRequest.self)
      let state = await call.site.atLogin.change(asked.enabled)
      guard state.isEnabled == asked.enabled else {
        throw Problem(.conflict, code: "conflict", state.reason, hint: state.hint)
      }
      return JSON.response(AtLoginBody(state))
    }
  }
}
