import BullpenCore
import BullpenNode
import Testing

@testable import BullpenWeb

@Suite("Rooms and cursors by request")
struct RoomRouteTests {
  /// `page:/plan`, in which Ada and Bob are.
  static let plan = "/rooms/page%3A%2Fplan"
  static let me = plan + "/cursors/me"
  static let place: JSONValue = [
    "line": 12, "column": 4, "selection": ["start": ["line": 12, "column": 4], "end": ["line": 13, "column": 9]],
    "pointer": ["x": 0.25, "y": 1], "payload": .string(#"{"tool":"pen"}"#),
  ]

  @Test("the rooms are listed with who is in each, and nobody who is offline")
  func rooms() async throws {
    try await Served.run { served async throws in
      let rooms = try await served.api("GET", "/rooms").items
      #expect(rooms.map { $0["room"] } == ["page:/plan"])
      let ada = try #require(rooms.first?["people"]?[0])
      #expect((ada["user_id"], ada["name"], ada["status"]) == (RouteTests.ada, "Ada Quill", "online"))
      #expect((ada["is_typing"], ada["colour"], ada["color"]) == (false, 4, "#006f6f"))
      #expect(rooms.first?["people"]?[1]?["user_id"] == RouteTests.bob)
      #expect(try await served.api("GET", Self.plan).json == rooms.first)
      _ = try await served.api("PUT", "/presence/status", ["status": "offline"])
      let one = try await served.api("GET", Self.plan).json
      #expect(one["people"]?[0]?["user_id"] == RouteTests.bob && one["people"]?[1] == nil)
      #expect(try await served.api("GET", "/rooms/nobody").json == ["room": "nobody", "people": []])
    }
  }

  @Test("a cursor that is put is in the room until it is taken out")
  func put() async throws {
    try await Served.run { served async throws in
      let before = try await served.api("GET", Self.plan + "/cursors").json
      #expect(before == ["room": "page:/plan", "is_in": false, "cursors": []])
      let put = try await served.api("PUT", Self.me, Self.place)
      #expect((put.status, put.json["user_id"], put.json["room"]) == (200, RouteTests.ada, "page:/plan"))
      for part in ["line", "column", "selection", "pointer", "payload"] {
        #expect(put.json[part] == Self.place[part], "\(part)")
      }
      let inside = try await served.api("GET", Self.plan + "/cursors").json
      #expect((inside["is_in"], inside["cursors"]?[0]) == (true, put.json))
      // Put anew it is the same view's; what is left out is gone.
      #expect(try await served.api("PUT", Self.me, ["line": 3]).json["payload"] == nil)
      #expect(served.node.office.state.withLock { $0.views.count } == 1)
      #expect(try await served.api("DELETE", Self.me).status == 204)
      #expect(try await served.api("GET", Self.plan + "/cursors").json == before)
      #expect(try await served.api("DELETE", Self.me).status == 204, "there is nothing to take out")
      await served.node.office.detached.wait(for: 1)
    }
  }

  @Test("callers have cursors of their own, and one that is not put anew for 300 s goes")
  func callers() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      let made = try await served.api("POST", "/tokens", ["name": "Editor", "scopes": ["read", "write"]])
      let app = HTTP("PUT", "/api/v1" + Self.me, ["line": 1])
        .with("Authorization", "Bearer \(made.json["token"]?.text ?? "")")
      #expect(try await served.ask(app).status == 200)
      #expect(try await served.api("PUT", "/rooms/lounge/cursors/me", ["line": 2]).status == 200)
      #expect(office.state.withLock { $0.views.count } == 2)
      let desk = served.server.site.cursors
      await desk.sweep(at: Monotonic.milliseconds + Limits.cursorLifetime - 60_000)
      #expect(office.state.withLock { $0.rooms.count } == 2)
      await desk.sweep(at: Monotonic.milliseconds + Limits.cursorLifetime)
      #expect(office.state.withLock { $0.rooms.isEmpty })
      await office.detached.wait(for: 2)
    }
  }

  @Test("what the server kept open for requests ends with it")
  func ends() async throws {
    let office = try await Served.run { served async throws in
      #expect(try await served.api("PUT", Self.me, ["line": 1]).status == 200)
      return served.node.office
    }
    await office.detached.wait(for: 1)
  }

  @Test(
    "a bad cursor is refused with the field to blame, and changes nothing",
    arguments: [
      (["line": -1], "/line"), (["pointer": ["x": .number(1.5), "y": 0]], "/pointer/x"),
      (["pointer": ["anchor": "", "x": 0, "y": 0]], "/pointer/anchor"), (["pointer": ["x": 0]], "/pointer/y"),
      (["payload": .string(String(repeating: "é", count: 129))], "/payload"), (["payload": ["a": 1]], "/payload"),
      (["device_kind": "watch"], "/device_kind"),
    ] as [(JSONValue, JSONValue)])
  func invalid(_ body: JSONValue, _ pointer: JSONValue) async throws {
    try await Served.run { served async throws in
      let refused = try await served.api("PUT", Self.me, body)
      #expect((refused.status, refused.code, refused.json["pointer"]) == (422, "invalid", pointer))
      #expect(served.node.office.state.withLock { $0.views.isEmpty && $0.rooms.isEmpty })
    }
  }

  @Test("a room's name in the path is percent-encoded, and must be one")
  func names() async throws {
    try await Served.run { served async throws in
      for name in ["a%0Ab", "%FF", String(repeating: "x", count: 201)] {
        let refused = try await served.api("GET", "/rooms/\(name)")
        #expect((refused.status, refused.code) == (422, "invalid"), "\(name)")
      }
      #expect(try await served.api("GET", "/rooms/B%C3%BCro%20%3F").json["room"] == "Büro ?")
      #expect(try await served.api("PUT", Self.me).code == "malformed")
    }
  }

  @Test("only who may write puts and takes out cursors, and only an admin takes out others'")
  func rights() async throws {
    try await Served.run { served async throws in
      let made = try await served.api("POST", "/tokens", ["name": "Watcher", "scopes": ["read"]])
      func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Int {
        let bearer = "Bearer \(made.json["token"]?.text ?? "")"
        return try await served.ask(HTTP(method, "/api/v1" + path, body).with("Authorization", bearer)).status
      }
      for path in ["/rooms", Self.plan, Self.plan + "/cursors"] { #expect(try await ask("GET", path) == 200) }
      #expect(try await ask("PUT", Self.me, ["line": 1]) == 403)
      #expect(try await ask("DELETE", Self.me) == 403)
      #expect(try await ask("DELETE", Self.plan + "/cursors") == 403)
      #expect(try await served.api("PUT", Self.me, ["line": 1]).status == 200)
      #expect(try await served.api("DELETE", Self.plan + "/cursors").status == 204)
      let cleared = try await served.api("GET", Self.plan + "/cursors").json
      #expect((cleared["is_in"], cleared["cursors"]) == (true, []))
      served.node.office.state.withLock { $0.mayClear = false }
      let refused = try await served.api("DELETE", Self.plan + "/cursors")
      #expect((refused.status, refused.code) == (403, "forbidden"))
    }
  }

  @Test("by WebSocket a cursor carries a payload, needs no anchor, and an admin clears the room")
  func socket() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { client async throws in
        try await client.send("room.join", ["room": "page:/plan"])
        var place = Self.place
        if case .object(var parts) = place {
          parts["room"] = "page:/plan"
          place = .object(parts)
        }
        try await client.send("cursor.move", place)
        let seen = try await client.next("cursor.move")["data"]
        for part in ["room", "line", "selection", "pointer", "payload"] { #expect(seen?[part] == place[part]) }
        try await client.send("cursor.clear", ["room": "page:/plan"])
        #expect(try await client.next("cursor.remove")["data"]?["user_id"] == RouteTests.bob)
        served.node.office.state.withLock { $0.mayClear = false }
        try await client.send("cursor.clear", id: "5", ["room": "page:/plan"])
        let refused = try await client.next("error")
        #expect((refused["id"], refused["data"]?["code"]) == ("5", "forbidden"))
      }
    }
  }
}
