import Hummingbird

/// Who may see this node's person, and how.
extension RouteTable {
  func addPresenceSettings() {
    on(.get, "/api/v1/presence/settings", needs: .read) { call in
      JSON.response(PresenceSettingsBody(try await call.workspace().presenceSettings()))
    }

    on(.put, "/api/v1/presence/settings", needs: .own) { call in
      let change = try await call.body(PresenceSettingsRequest.self).checked()
      return JSON.response(PresenceSettingsBody(try await call.workspace().setPresenceSettings(change)))
    }

    on(.get, "/api/v1/presence/settings/history", needs: .own) { call in
      let page = try await call.workspace().presenceSettingsHistory(after: call.query("after"), limit: call.limit())
      return JSON.response(PageBody(items: page.rows.map(PresenceSettingsEntryBody.init), next: page.next))
    }

    on(.put, "/api/v1/workspace/visibility", needs: .own) { call in
      let level = try await call.body(DefaultVisibilityRequest.self).checked()
      return JSON.response(PresenceSettingsBody(try await call.workspace().setDefaultVisibility(level)))
    }
  }
}
