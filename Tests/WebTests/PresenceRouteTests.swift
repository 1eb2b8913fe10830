import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("Who is here, by the local API")
struct PresenceRouteTests {
  @Test("a status is set in part, and checked in characters")
  func presence() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/presence").items.count == 2)
      let emoji = String(repeating: "👩‍👩‍👧‍👦", count: 10)
      let set = try await served.api(
        "PUT", "/presence/status",
        [
          "status": "busy", "custom_status": .string(String(repeating: "é", count: 100)),
          "custom_emoji": .string(emoji),
        ])
      #expect((set.status, set.json["status"], set.json["custom_emoji"]) == (200, "busy", .string(emoji)))
      let part = try await served.api("POST", "/presence", ["custom_status": ""])
      #expect((part.json["status"], part.json["custom_status"]) == ("busy", ""))
      #expect(try await served.api("PUT", "/presence/status", ["status": "asleep"]).json["pointer"] == "/status")
      let long = try await served.api(
        "PUT", "/presence/status", ["custom_status": .string(String(repeating: "x", count: 101))])
      #expect((long.status, long.json["pointer"]) == (422, "/custom_status"))
      #expect(try await served.api("GET", "/presence/\(FakeWorkspace.bob)").json["user_id"] == RouteTests.bob)
      for id in [String(repeating: "0", count: 32), "bob"] {
        #expect(try await served.api("GET", "/presence/\(id)").status == 404)
      }
    }
  }

  @Test("what comes too fast is refused with when to try again, and a custom status ends within thirty days")
  func tooFast() async throws {
    try await Served.run { served async throws in
      let fast = try await served.api("PUT", "/presence/status", ["custom_status": "too fast"])
      #expect((fast.status, fast.code ?? "", fast.header("retry-after") ?? "") == (429, "too_many", "1"))
      for clearing in [0, -1, 30 * 86_400_000 + 1] {
        let answer = try await served.api(
          "POST", "/presence", ["custom_status": "x", "clear_after": .number(Double(clearing))])
        #expect((answer.status, answer.json["pointer"]) == (422, "/clear_after"))
      }
    }
  }

  @Test("several people are asked about at once, and those of one room")
  func bulk() async throws {
    try await Served.run { served async throws in
      let (ada, bob) = (FakeWorkspace.ada, FakeWorkspace.bob)
      let nobody = String(repeating: "0", count: 32)
      let both = try await served.api("GET", "/presence/users?user_ids=\(bob),\(nobody),\(ada)")
      #expect(Set(both.items.compactMap { $0["user_id"]?.text }) == [ada.description, bob.description])
      #expect(
        try await served.api("GET", "/presence/users?user_ids=\(bob)").items.map { $0["current_page"] } == ["/plan"])
      for asked in [
        "", "user_ids=", "user_ids=bob", "user_ids=" + Array(repeating: nobody, count: 101).joined(separator: ","),
      ] {
        let answer = try await served.api("GET", "/presence/users?\(asked)")
        #expect((answer.status, answer.json["pointer"]) == (422, "/user_ids"))
      }
      #expect(try await served.api("GET", "/presence?room=page:/plan").items.count == 2)
      #expect(try await served.api("GET", "/presence?room=page:/else").items == [])
      #expect(try await served.api("GET", "/presence?room=").status == 422)
    }
  }
}
