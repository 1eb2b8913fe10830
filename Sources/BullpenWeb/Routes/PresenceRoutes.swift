import BullpenCore
import HTTPTypes
import Hummingbird

/// Who is here, and how.
extension RouteTable {
  func addPresence() {
    on(.get, "/api/v1/presence", needs: .read) { call in
      JSON.response(ItemsBody(items: try await call.workspace().presence().map(PresenceBody.init)))
    }

    on(.get, "/api/v1/presence/:user_id", needs: .read) { call in
      guard let member = MemberID(call.context.parameters.get("user_id") ?? "") else {
        throw Problem.notFound("There is no member with this id.")
      }
      return JSON.response(PresenceBody(try await call.workspace().presence(of: member)))
    }

    for (method, path) in [(HTTPRequest.Method.put, "/api/v1/presence/status"), (.post, "/api/v1/presence")] {
      on(method, path, needs: .write) { call in
        let asked = try await call.body(StatusRequest.self)
        let status = try asked.checked()
        let mine = try await call.workspace().setStatus(
          status, customStatus: asked.customStatus, customEmoji: asked.customEmoji)
        return JSON.response(PresenceBody(mine))
      }
    }
  }
}
