import HTTPTypes
import Hummingbird

/// How a browser gets in and out, and the one thing that everybody may ask.
extension RouteTable {
  func addLogin() {
    on(.get, "/health", needs: .none) { _ in JSON.response(HealthBody()) }

    on(.post, "/api/v1/login-links", needs: .command) { call in
      let link = call.site.desk.newLink(to: call.site.authority)
      return JSON.response(LoginLinkBody(url: link.url, expires: link.expires), status: .created)
    }

    on(.post, "/api/v1/login", needs: .none) { call in
      try call.site.rates.takeLogin()
      let asked = try await call.body(LoginRequest.self)
      guard let session = call.site.desk.spend(asked.t) else {
        throw Problem(
          .unauthorized, code: "login_spent", "This login link was used, is too old, or is another node's.",
          hint: "Run `bullpen open` for a fresh one.")
      }
      var response = JSON.response(LoginBody(originToken: call.site.door.sessions.originToken(of: session)))
      response.headers[.setCookie] = call.site.door.setCookie(session)
      return response
    }

    on(.post, "/api/v1/logout", needs: .write) { call in
      if let session = call.site.door.session(Door.Head(call.request.head)) {
        try call.site.door.logouts.end(session, at: call.site.clock())
      }
      return Response(status: .noContent, headers: [.setCookie: call.site.door.clearCookie])
    }
  }
}
