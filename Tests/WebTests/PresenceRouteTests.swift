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

  @Test("those of a team are asked for, alone and with a room")
  func team() async throws {
    try await Served.run { served async throws in
      let bob = FakeWorkspace.bob.description
      let made = try await served.api("POST", "/teams", ["name": "Night desk", "user_ids": [.string(bob)]])
      let id = made.json["id"]?.text ?? ""
      for team in ["Night%20desk", "night%20desk", id] {
        let found = try await served.api("GET", "/presence?team=\(team)").items
        #expect(found.map { $0["user_id"]?.text } == [bob], "\(team)")
      }
      #expect(try await served.api("GET", "/presence?team=\(id)&room=page:/plan").items.count == 1)
      #expect(try await served.api("GET", "/presence?team=\(id)&room=page:/else").items == [])
      for team in ["Day%20desk", ""] {
        let refused = try await served.api("GET", "/presence?team=\(team)")
        #expect((refused.status, refused.json["pointer"]) == (422, "/team"), "\(team)")
      }
    }
  }
}

@Suite("All of one's presence in one request")
struct PresencePostTests {
  private static let plan = RoomID("page:/plan")!
  private static let notes = RoomID("page:/notes")!

  @Test("a program says on which page its person is, that it types there, with what, and how it is")
  func whole() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      let answer = try await served.api("POST", "/presence", try PageTests.example("PresenceRequest"))
      #expect((answer.status, answer.json["custom_status"]) == (200, "Going through it"))
      let said = office.state.withLock { ($0.rooms.keys.map(\.self), $0.typed, $0.kinds) }
      #expect(said.0 == [Self.plan] && said.1 == [Self.plan] && said.2 == [.tablet])
      // Another page is another room, and the view is the same.
      #expect(try await served.api("POST", "/presence", ["current_page": "/notes"]).status == 200)
      #expect(office.state.withLock { Array($0.rooms.keys) } == [Self.notes])
      #expect(try await served.api("POST", "/presence", ["is_typing": true]).status == 200)
      #expect(office.state.withLock { $0.typed.last } == Self.notes)
      #expect(try await served.api("POST", "/presence", ["is_typing": false]).status == 200)
      #expect(office.state.withLock { $0.typed } == [Self.plan, Self.notes, nil])
      #expect(office.state.withLock { $0.views.count } == 1)
      // Nothing said changes nothing; null is said.
      #expect(try await served.api("POST", "/presence", [:]).status == 200)
      #expect(office.state.withLock { Array($0.rooms.keys) } == [Self.notes])
      #expect(try await served.api("POST", "/presence", ["current_page": .null]).status == 200)
      #expect(office.state.withLock { $0.rooms.isEmpty })
    }
  }

  @Test("what is not said again ends by itself: typing after 5 s, the page and the kind after 300 s")
  func ends() async throws {
    try await Served.run { served async throws in
      let office = served.node.office, desk = served.server.site.cursors
      let body: JSONValue = ["current_page": "/plan", "is_typing": true, "device": "headless"]
      #expect(try await served.api("POST", "/presence", body).status == 200)
      let now = Monotonic.milliseconds
      await desk.sweep(at: now + WebBounds.typing)
      #expect(office.state.withLock { $0.typed } == [Self.plan, nil])
      await desk.sweep(at: now + WebBounds.place - 60_000)
      #expect(office.state.withLock { Array($0.rooms.keys) } == [Self.plan])
      #expect(office.state.withLock { $0.kind?.name } == .headless)
      await desk.sweep(at: now + WebBounds.place)
      #expect(office.state.withLock { $0.rooms.isEmpty && $0.kind == nil })
      // Nor does the kind alone stay.
      #expect(try await served.api("POST", "/presence", ["device": "mobile"]).status == 200)
      #expect(office.state.withLock { $0.kind?.name } == .mobile)
      await desk.sweep(at: Monotonic.milliseconds + WebBounds.place)
      #expect(office.state.withLock { $0.kind == nil })
      #expect(office.detached.count == 2)
      // One who has typed on a page that is over names it again.
      let typing = try await served.api("POST", "/presence", ["is_typing": true])
      #expect((typing.status, typing.json["pointer"]) == (422, "/is_typing"))
    }
  }

  @Test("a page and a cursor in the same room hold it for one another")
  func together() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      #expect(try await served.api("POST", "/presence", ["current_page": "/plan"]).status == 200)
      #expect(try await served.api("PUT", RoomRouteTests.me, ["line": 1]).status == 200)
      #expect(try await served.api("POST", "/presence", ["current_page": .null]).status == 200)
      #expect(office.state.withLock { $0.rooms[Self.plan]??.line } == 1)
      #expect(try await served.api("POST", "/presence", ["current_page": "/plan"]).status == 200)
      #expect(try await served.api("DELETE", RoomRouteTests.me).status == 204)
      #expect(office.state.withLock { $0.rooms[Self.plan] } == .some(nil), "there without a cursor")
      #expect(office.state.withLock { $0.views.count } == 1)
    }
  }

  @Test(
    "what makes no sense is refused with the field to blame, and changes nothing",
    arguments: [
      (["current_page": ""], "/current_page"), (["current_page": "a\nb"], "/current_page"),
      (["current_page": .string(String(repeating: "x", count: 196))], "/current_page"),
      (["current_page": 7], "/current_page"), (["device": "watch"], "/device"), (["is_typing": "yes"], "/is_typing"),
      (["is_typing": true], "/is_typing"), (["current_page": .null, "is_typing": true], "/is_typing"),
      (["current_page": "/plan", "status": "asleep"], "/status"),
      (["current_page": "/plan", "clear_after": 0], "/clear_after"),
    ] as [(JSONValue, JSONValue)])
  func invalid(_ body: JSONValue, _ pointer: JSONValue) async throws {
    try await Served.run { served async throws in
      let refused = try await served.api("POST", "/presence", body)
      #expect((refused.status, refused.code, refused.json["pointer"]) == (422, "invalid", pointer))
      #expect(served.node.office.state.withLock { $0.views.isEmpty && $0.rooms.isEmpty && $0.status == .online })
    }
  }

  @Test("a status that comes too fast is refused, and where the person is holds at once")
  func tooFast() async throws {
    try await Served.run { served async throws in
      let fast = try await served.api("POST", "/presence", ["custom_status": "too fast", "current_page": "/plan"])
      #expect((fast.status, fast.header("retry-after") ?? "") == (429, "1"))
      #expect(served.node.office.state.withLock { Array($0.rooms.keys) } == [Self.plan])
    }
  }
}
