import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("Settings of presence, and teams, over the local API")
struct PresenceSettingsTests {
  private static let bob = JSONValue.string(FakeWorkspace.bob.description)

  @Test("a person changes part of it, and the rest stays; default follows the workspace again")
  func partly() async throws {
    try await Served.run { served async throws in
      let first = try await served.api("GET", "/presence/settings")
      #expect(first.json["visibility"] == "default")
      #expect((first.json["level"], first.json["show_page"]) == ("team", false))
      let shown = try await served.api("PUT", "/presence/settings", ["show_page": true])
      #expect((shown.status, shown.json["show_page"], shown.json["show_activity"]) == (200, true, true))
      let narrow = try await served.api(
        "PUT", "/presence/settings", ["visibility": "contacts", "contacts": [Self.bob]])
      #expect((narrow.json["level"], narrow.json["contacts"]) == ("contacts", [Self.bob]))
      #expect(narrow.json["show_page"] == true)
      let away = try await served.api("PUT", "/presence/settings", ["appear_offline": true])
      #expect((away.json["visibility"], away.json["level"], away.json["visible_to"]) == ("contacts", "nobody", []))
      let back = try await served.api("PUT", "/presence/settings", ["visibility": "default", "appear_offline": false])
      #expect((back.json["visibility"], back.json["level"]) == ("default", "team"))
      let history = try await served.api("GET", "/presence/settings/history?limit=2")
      #expect(history.items.map { $0["changed"] } == [["visibility", "appear_offline"], ["appear_offline"]])
    }
  }

  @Test(
    "what makes no sense is refused with the field to blame, and changes nothing",
    arguments: [
      (["visibility": "friends"], "/visibility"), (["visibility": ""], "/visibility"),
      (["contacts": ["bob"]], "/contacts/0"), (["show_page": "yes"], "/show_page"),
      (["contacts": .array(Array(repeating: .string(String(repeating: "0b", count: 16)), count: 201))], "/contacts"),
    ] as [(JSONValue, String)])
  func refused(_ body: JSONValue, _ pointer: String) async throws {
    try await Served.run { served async throws in
      let answer = try await served.api("PUT", "/presence/settings", body)
      #expect((answer.status, answer.json["pointer"]) == (422, .string(pointer)))
      #expect(served.node.office.state.withLock { $0.settings } == PresenceSettings())
    }
  }

  @Test("teams are made, filled, renamed and removed by admins; others read them")
  func teams() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("POST", "/teams", [:]).json["pointer"] == "/name")
      let made = try await served.api("POST", "/teams", ["name": "Night desk"])
      #expect((made.status, made.json["user_ids"]) == (201, []))
      let path = "/teams/\(made.json["id"]?.text ?? "")"
      let bob = "\(path)/members/\(FakeWorkspace.bob)"
      #expect(try await served.api("PUT", bob).json["user_ids"] == [Self.bob])
      #expect(try await served.api("PUT", path, ["name": "Late desk"]).json["name"] == "Late desk")
      #expect(try await served.api("GET", "/teams").items.map { $0["user_ids"] } == [[Self.bob]])
      #expect(try await served.api("DELETE", bob).json["user_ids"] == [])
      served.node.office.state.withLock { $0.isOwner = false }
      for (method, path, body) in [
        ("POST", "/teams", ["name": "Mine"]), ("PUT", path, ["name": "Mine"]), ("DELETE", path, nil),
        ("PUT", "/workspace/visibility", ["default_visibility": "nobody"]),
      ] as [(String, String, JSONValue?)] {
        #expect(try await served.api(method, path, body).status == 403, "\(method) \(path)")
      }
      served.node.office.state.withLock { $0.isOwner = true }
      #expect(try await served.api("DELETE", path).status == 204)
      for missing in [path, "/teams/night", bob] {
        #expect(try await served.api("DELETE", missing).status == 404, "\(missing)")
      }
    }
  }

  @Test("an app's token reads how its person is seen, and changes nothing of it")
  func apps() async throws {
    try await Served.run { served async throws in
      let made = try await served.api("POST", "/tokens", ["name": "Plug-in", "scopes": ["read", "write"]])
      let token = "Bearer \(made.json["token"]?.text ?? "")"
      func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Int {
        try await served.ask(HTTP(method, "/api/v1" + path, body).with("Authorization", token)).status
      }
      #expect(try await ask("GET", "/presence/settings") == 200)
      #expect(try await ask("GET", "/teams") == 200)
      #expect(try await ask("GET", "/presence/settings/history") == 403)
      #expect(try await ask("PUT", "/presence/settings", ["visibility": "everyone"]) == 403)
      #expect(try await ask("POST", "/teams", ["name": "Mine"]) == 403)
    }
  }
}
