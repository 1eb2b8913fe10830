import Hummingbird

/// Tokens for apps.
extension RouteTable {
  func addTokens() {
    on(.get, "/api/v1/tokens", needs: .own) { call in
      JSON.response(ItemsBody(items: call.site.tokens.all.map { TokenBody($0) }))
    }

    on(.post, "/api/v1/tokens", needs: .own) { call in
      let asked = try await call.body(TokenRequest.self)
      try Check.name(asked.name, at: "/name")
      guard !asked.scopes.isEmpty else {
        throw Problem.invalid(
          "/scopes", "A token without a scope may do nothing.", hint: "Give `read`, `write` or both.")
      }
      let scopes = Scope.allCases.filter(asked.scopes.contains)
      let made = try call.site.tokens.add(name: asked.name, scopes: scopes, at: call.site.clock())
      return JSON.response(TokenBody(made.entry, token: made.token), status: .created)
    }

    on(.delete, "/api/v1/tokens/:id", needs: .own) { call in
      guard try call.site.tokens.remove(call.context.parameters.get("id") ?? "") else {
        throw Problem.notFound("There is no token with this id.")
      }
      return Response(status: .noContent)
    }
  }
}
