import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("Analytics over the local API")
struct AnalyticsTests {
  private static let path = "/presence/analytics"

  @Test("an admin reads everybody's sums, another person its own, and nobody what makes no sense")
  func read() async throws {
    try await Served.run { served async throws in
      let all = try await served.api("GET", Self.path + "?from=2026-11-19&to=2026-11-20")
      #expect((all.status, all.json["scope"], all.json["sessions"]) == (200, "all", 4))
      #expect((all.json["seconds"], all.json["average_seconds"], all.json["views"]) == (1_800, 450, 6))
      #expect(all.json["days"]?[0]?["members"] == 0)
      #expect(all.json["days"]?[1]?["members"] == 2)
      #expect(all.json["hours"]?[10] == 1_800)
      #expect(all.json["pages"]?[0] == ["page": "/plan", "views": 6, "members": 2])
      #expect(all.json["devices"]?["desktop"] == 1_800)
      let mine = try await served.api("GET", Self.path + "?scope=me")
      #expect((mine.json["scope"], mine.json["sessions"], mine.json["from"]) == ("me", 2, "2026-10-22"))
      for (query, pointer) in [
        ("scope=us", "/scope"), ("from=2026-02-30", "/from"), ("to=today", "/to"), ("format=pdf", "/format"),
      ] {
        let refused = try await served.api("GET", Self.path + "?" + query)
        #expect((refused.status, refused.json["pointer"]) == (422, .string(pointer)), "\(query)")
      }
      #expect(try await served.api("GET", Self.path + "?from=2026-11-20&to=2026-11-19").status == 422)
      served.node.office.state.withLock { $0.isOwner = false }
      #expect(try await served.api("GET", Self.path + "?scope=all").status == 403)
      #expect(try await served.api("GET", Self.path).json["scope"] == "me")
    }
  }

  @Test("as a table every number has its line, and a name that looks like a formula is none")
  func csv() async throws {
    try await Served.run { served async throws in
      let answer = try await served.api("GET", Self.path + "?format=csv")
      #expect(answer.header("content-type") == "text/csv; charset=utf-8; header=present")
      #expect(answer.header("content-disposition")?.contains("bullpen-all-2026-10-22-2026-11-20.csv") == true)
      let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\r\n").map(String.init)
      #expect(lines.first == "date,measure,key,name,value")
      for line in [
        "2026-11-20,sessions,,,4", "2026-11-20,hour_seconds,10,,1800", "2026-11-20,page_members,/plan,,2",
        "2026-11-20,device_seconds,desktop,,1800", "2026-11-20,member_seconds,\(FakeWorkspace.ada),Ada Quill,900",
        "2026-11-20,member_views,\(FakeWorkspace.bob),\"'=Bob, \"\"the\"\" Underwood\",3",
      ] { #expect(lines.contains(line), "\(line)") }
    }
  }

  @Test("only an admin turns it on, each person says that it knows, and erases its own")
  func switching() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/presence/settings").json["analytics"]?["on"] == false)
      #expect(try await served.api("PUT", Self.path + "/told").status == 409)
      let on = try await served.api("PUT", "/workspace/analytics", ["on": true])
      #expect((on.status, on.json["analytics"]?["counted"]) == (200, true))
      #expect(try await served.api("PUT", Self.path + "/told").status == 200)
      let history = try await served.api("GET", "/presence/settings/history")
      #expect(history.items.first?["changed"] == ["analytics"])
      #expect(try await served.api("DELETE", Self.path + "/me").json == ["erased": 1])
      #expect(try await served.api("GET", Self.path + "?scope=me").json["sessions"] == 0)
      #expect(try await served.api("PUT", "/workspace/analytics", ["on": "yes"]).status == 422)
      served.node.office.state.withLock { $0.isOwner = false }
      #expect(try await served.api("PUT", "/workspace/analytics", ["on": false]).status == 403)
    }
  }

  @Test("an app's token reads nothing of it and erases nothing")
  func apps() async throws {
    try await Served.run { served async throws in
      let made = try await served.api("POST", "/tokens", ["name": "Plug-in", "scopes": ["read", "write"]])
      let token = "Bearer \(made.json["token"]?.text ?? "")"
      for (method, path) in [
        ("GET", Self.path), ("PUT", Self.path + "/told"), ("DELETE", Self.path + "/me"),
        ("PUT", "/workspace/analytics"),
      ] {
        let body: JSONValue? = method == "PUT" ? ["on": true] : nil
        let answer = try await served.ask(HTTP(method, "/api/v1" + path, body).with("Authorization", token))
        #expect(answer.status == 403, "\(method) \(path)")
      }
    }
  }
}
