import BullpenCore
import BullpenNode
import Hummingbird

/// Who is here, and how.
extension RouteTable {
  func addPresence() {
    on(.get, "/api/v1/presence", needs: .read) { call in
      let workspace = try await call.workspace()
      let filter = try await PresenceFilter.named(room: call.query("room"), team: call.query("team"), in: workspace)
      let found = try await workspace.presence().filter(filter.admits)
      return JSON.response(PresenceText.items(found))
    }

    on(.get, "/api/v1/presence/users", needs: .read) { call in
      let named = (call.query("user_ids") ?? "").utf8.split(separator: UInt8(ascii: ","))
      guard (1...Limits.bulkMembers).contains(named.count) else {
        throw Problem.invalid(
          "/user_ids", "This asks about \(named.count) people; 1 to \(Limits.bulkMembers) are possible.",
          hint: "Name them as `user_ids=…,…`.")
      }
      let asked = Set(try named.map { try Check.member(String(Substring($0)), at: "/user_ids") })
      // Of who is no member nothing is said, as of who left.
      let found = try await call.workspace().presence().filter { asked.contains($0.member) }
      return JSON.response(PresenceText.items(found))
    }

    on(.get, "/api/v1/presence/:user_id", needs: .read) { call in
      guard let member = MemberID(call.context.parameters.get("user_id") ?? "") else {
        throw Problem.notFound("There is no member with this id.")
      }
      return JSON.response(PresenceBody(try await call.workspace().presence(of: member)))
    }

    on(.put, "/api/v1/presence/status", needs: .write) { call in
      let asked = try await call.body(StatusRequest.self)
      let mine = try await call.workspace().setStatus(try asked.checked())
      return JSON.response(PresenceBody(mine))
    }

    on(.post, "/api/v1/presence", needs: .write) { call in
      let asked = try await call.body(PresenceRequest.self)
      let (place, status) = (try asked.checkedPlace(), try asked.status.checked())
      let workspace = try await call.workspace()
      // A status may be refused because it comes too fast, which is no reason to forget where its person is.
      try await call.site.cursors.show(place, of: workspace, by: call.caller)
      return JSON.response(PresenceBody(try await workspace.setStatus(status)))
    }
  }
}
