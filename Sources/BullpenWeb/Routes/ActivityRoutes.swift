import BullpenCore
import HTTPTypes
import Hummingbird

/// What members did.
extension RouteTable {
  func addActivity() {
    on(.get, "/api/v1/activity", needs: .read) { call in
      let page = try await call.workspace().activities(
        room: call.query("room"), after: call.query("after"), limit: try call.limit())
      return JSON.response(PageBody(items: page.rows.map(ActivityBody.init), next: page.next))
    }

    on(.post, "/api/v1/activity", needs: .write) { call in
      let asked = try await call.body(ActivityRequest.self)
      try asked.check()
      let posted = try await call.workspace().post(
        kind: asked.kind ?? "note", text: asked.text, room: asked.room, link: asked.link)
      var response = JSON.response(ActivityBody(posted), status: .created)
      response.headers[.location] = "/api/v1/activity/\(posted.key)"
      return response
    }

    on(.get, "/api/v1/activity/:id", needs: .read) { call in
      JSON.response(ActivityBody(try await call.workspace().activity(try call.rowKey())))
    }
  }
}
