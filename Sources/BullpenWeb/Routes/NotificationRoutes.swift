import BullpenCore
import HTTPTypes
import Hummingbird

/// What was sent to this person, and what this person sent.
extension RouteTable {
  func addNotifications() {
    on(.get, "/api/v1/notifications", needs: .read) { call in
      let unread = call.query("unread") ?? "false"
      guard let unreadOnly = Bool(unread) else { throw Problem.malformed("`unread` is `true` or `false`.") }
      let page = try await call.workspace().notifications(
        unreadOnly: unreadOnly, after: call.query("after"), limit: try call.limit())
      return JSON.response(PageBody(items: page.rows.map(NotificationBody.init), next: page.next))
    }

    on(.post, "/api/v1/notifications", needs: .write) { call in
      let asked = try await call.body(NotificationRequest.self)
      try asked.check()
      let workspace = try await call.workspace()
      let sent = try await workspace.notify(
        try await asked.recipients.recipients(of: workspace), kind: asked.kind ?? "message", title: asked.title,
        body: asked.body ?? "",
        link: asked.link)
      var response = JSON.response(NotificationBody(sent), status: .created)
      response.headers[.location] = "/api/v1/notifications/\(sent.key)"
      return response
    }

    on(.get, "/api/v1/notifications/unread/count", needs: .read) { call in
      JSON.response(CountBody(count: try await call.workspace().unreadCount()))
    }

    on(.get, "/api/v1/notifications/:id", needs: .read) { call in
      JSON.response(NotificationBody(try await call.workspace().notification(try call.rowKey())))
    }

    on(.put, "/api/v1/notifications/:id/recipients", needs: .write) { call in
      let asked = try await call.body(RecipientsRequest.self)
      let workspace = try await call.workspace()
      let recipients = try await asked.recipients(of: workspace)
      return JSON.response(NotificationBody(try await workspace.share(try call.rowKey(), with: recipients)))
    }

    on(.put, "/api/v1/notifications/:id/read", needs: .write) { call in
      let read = try await call.bodyIfAny(ReadRequest.self)?.read ?? true
      return JSON.response(NotificationBody(try await call.workspace().mark(try call.rowKey(), read: read)))
    }

    on(.put, "/api/v1/notifications/read-all", needs: .write) { call in
      JSON.response(CountBody(count: try await call.workspace().markAllRead()))
    }
  }
}
