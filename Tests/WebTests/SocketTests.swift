import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("The WebSocket")
struct SocketTests {
  static let room: JSONValue = "page:/plan"

  @Test("a program comes in by its token, the view by its cookie and its origin's token")
  func doors() async throws {
    try await Served.run { served async throws in
      let plain = SocketClient.handshake(served)
      try await SocketClient.open(served) { client async throws in
        #expect(client.welcome.hasPrefix("HTTP/1.1 101"))
        #expect(!client.welcome.lowercased().contains("sec-websocket-protocol"))
        try await client.send("ping", id: "1")
        #expect(try await client.envelope() == ["type": "pong", "id": "1", "data": [:]])
      }
      let browser = try await served.login()
      let cookie = plain.with("Cookie", browser.cookie).with("Origin", "http://127.0.0.1:\(served.port)")
      let view = cookie.with("Sec-WebSocket-Protocol", "bullpen, bullpen.token.\(browser.originToken)")
      try await SocketClient.open(served, view) { client async throws in
        #expect(client.welcome.hasPrefix("HTTP/1.1 101"))
        #expect(client.welcome.lowercased().contains("sec-websocket-protocol: bullpen\r\n"))
        try await client.send("ping")
        #expect(try await client.envelope()["type"] == "pong")
      }
      let refused: [(HTTP, Int)] = [
        (plain, 401), (cookie, 403), (cookie.with("Sec-WebSocket-Protocol", "bullpen, bullpen.token.abc"), 403),
        (plain.with("Cookie", browser.cookie).with("Origin", "http://evil.example"), 403),
        (plain.with("Authorization", "Bearer \(served.keys.commandToken)").to(host: "evil.example"), 421),
        (HTTP("GET", "/ws").with("Authorization", "Bearer \(served.keys.commandToken)"), 426),
      ]
      for (handshake, status) in refused {
        let answer = try await served.ask(handshake)
        #expect(answer.status == status)
        #expect(answer.header("content-type") == "application/problem+json")
      }
      // A handshake that is refused leaves a connection that still speaks HTTP.
      for odd in ["h2c", "foo", "websocket, h2c"] {
        let answer = try await served.ask(HTTP("GET", "/health").with("Upgrade", odd).with("Connection", "Upgrade"))
        #expect(answer.status == 200)
      }
    }
  }

  @Test("what a token or a login opened ends with it")
  func takenBack() async throws {
    try await Served.run { served async throws in
      let made = try await served.api("POST", "/tokens", ["name": "Editor", "scopes": ["read"]])
      let (id, token) = (try #require(made.json["id"]?.text), try #require(made.json["token"]?.text))
      let app = SocketClient.handshake(served).with("Authorization", "Bearer \(token)")
      let code = try await SocketClient.open(served, app) { client async throws in
        #expect(try await served.api("DELETE", "/tokens/\(id)").status == 204)
        return try await client.closeCode()
      }
      #expect(code == 1008)
      let browser = try await served.login()
      let view = SocketClient.handshake(served).with("Cookie", browser.cookie)
        .with("Origin", "http://127.0.0.1:\(served.port)")
        .with("Sec-WebSocket-Protocol", "bullpen, bullpen.token.\(browser.originToken)")
      let farewell = try await SocketClient.open(served, view) { client async throws in
        #expect(try await served.ask(HTTP("POST", "/api/v1/logout").from(browser)).status == 204)
        return try await client.closeCode()
      }
      #expect(farewell == 1008)
    }
  }

  @Test("a token that is taken back while a WebSocket opens ends it too, at any moment")
  func takenBackAtOnce() async throws {
    try await Served.run { served async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            let made = try await served.api(
              "POST", "/tokens", ["name": .string("Editor \(number)"), "scopes": ["read"]])
            let (id, token) = (try #require(made.json["id"]?.text), try #require(made.json["token"]?.text))
            let app = SocketClient.handshake(served).with("Authorization", "Bearer \(token)")
            async let deleted = served.api("DELETE", "/tokens/\(id)")
            let code = try await SocketClient.open(served, app) { client async throws in
              client.welcome.hasPrefix("HTTP/1.1 101") ? try await client.closeCode() : 1008
            }
            #expect(code == 1008)
            #expect(try await deleted.status == 204)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("in a room one sees who points, moves, and goes")
  func cursors() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { ada in
        try await ada.send("room.join", id: "1", ["room": Self.room, "device_kind": "tablet"])
        let sync = try await ada.envelope()
        #expect((sync["type"], sync["id"], sync["data"]?["room"]) == ("cursor.sync", "1", Self.room))
        let bob = try #require(sync["data"]?["cursors"]?[0])
        #expect((bob["name"], bob["colour"], bob["line"]) == ("Bob Underwood", 6, 3))
        #expect(bob["color"] == "#0566b6")
        let place: JSONValue = [
          "room": Self.room, "line": 12, "column": 4,
          "selection": ["start": ["line": 12, "column": 4], "end": ["line": 13, "column": 9]],
          "pointer": ["anchor": "surface", "x": 0.25, "y": 1],
        ]
        try await ada.send("cursor.move", place)
        let seen = try #require(try await ada.next("cursor.move")["data"])
        for part in ["room", "line", "column", "selection", "pointer"] { #expect(seen[part] == place[part]) }
        #expect((seen["name"], seen["user_id"]) == ("Ada Quill", .string(FakeWorkspace.ada.description)))
        try await ada.send("cursor.remove", ["room": Self.room])
        #expect(try await ada.next("cursor.remove")["data"]?["user_id"] == seen["user_id"])
        try await ada.send("room.leave", ["room": Self.room])
        try await ada.send("cursor.move", id: "9", ["room": Self.room, "line": 1])
        let error = try await ada.next("error")
        #expect((error["id"], error["data"]?["pointer"]) == ("9", "/room"))
      }
    }
  }

  @Test("what happens in a room as one comes in is told after who points where")
  func joining() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      let room = try #require(RoomID("page:/plan"))
      try await SocketClient.open(served) { ada in
        office.state.withLock { state in
          state.whenJoined = {
            office.publish(.cursorRemoved(room: room, member: FakeWorkspace.bob, device: FakeWorkspace.bobsDevice))
          }
        }
        try await ada.send("room.join", ["room": Self.room])
        #expect(try await ada.envelope()["data"]?["cursors"]?[0]?["user_id"] == .string(FakeWorkspace.bob.description))
        #expect(try await ada.envelope()["type"] == "cursor.remove")
      }
    }
  }

  @Test("what happens is told: people, notifications, marks, activities, connections")
  func news() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      try await SocketClient.open(served) { client async throws in
        await office.attached.wait(for: 1)
        office.publish(.presence(try await office.presence(of: FakeWorkspace.bob)))
        #expect(
          try await client.next("presence.update")["data"]?["user_id"] == .string(FakeWorkspace.bob.description))
        let note = try await office.notify([FakeWorkspace.ada], kind: "message", title: "T", body: "", link: nil)
        office.publish(.rows(table: "notifications", keys: [note.key, office.newKey(by: FakeWorkspace.bob)]))
        #expect(try await client.envelope()["data"]?["id"] == .string(note.key.description))
        #expect(try await client.envelope() == ["type": "notification.count", "data": ["count": 1]])
        _ = try await office.mark(note.key, read: true)
        office.publish(.rows(table: "notification_marks", keys: [.mark(by: FakeWorkspace.ada, on: note.key)]))
        #expect(try await client.next("notification")["data"]?["read_at"] == 1_763_700_001_000)
        #expect(try await client.next("notification.count")["data"]?["count"] == 0)
        let activity = try await office.post(kind: "note", text: "Ferns", room: nil, link: nil)
        office.publish(.rows(table: "activities", keys: [activity.key]))
        #expect(try await client.next("activity")["data"]?["text"] == "Ferns")
        office.publish(.rows(table: "activities", keys: []))
        #expect(try await client.envelope()["type"] == "resync")
        office.publish(.members)
        #expect(try await client.envelope() == ["type": "members.update", "data": [:]])
        office.publish(.connections)
        #expect(
          try await client.envelope()
            == ["type": "connections.update", "data": ["live_devices": 1, "known_devices": 1]])
      }
      await office.detached.wait(for: 1)
    }
  }

  @Test("a status may be set, and an app that only reads may not")
  func status() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { client async throws in
        try await client.send("presence.set", id: "3", ["status": "away"])
        let answer = try await client.next("presence.update")
        #expect((answer["id"], answer["data"]?["status"]) == ("3", "away"))
      }
      let made = try await served.api("POST", "/tokens", ["name": "Watcher", "scopes": ["read"]])
      try await SocketClient.open(served, token: made.json["token"]?.text) { client async throws in
        try await client.send("room.join", id: "1", ["room": Self.room])
        #expect(try await client.envelope()["data"]?["code"] == "forbidden")
        try await client.send("ping")
        #expect(try await client.envelope()["type"] == "pong")
      }
    }
  }

  @Test("typing is told once, and taken back")
  func typing() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      try await SocketClient.open(served) { client async throws in
        try await client.send("room.join", ["room": Self.room])
        for _ in 0..<3 { try await client.send("typing", ["room": Self.room]) }
        try await client.send("typing", ["room": nil])
        _ = try await client.saidUntilPong()
        #expect(office.state.withLock { $0.typed } == [RoomID("page:/plan"), nil])
        // Said once and not again, it ends by itself.
        try await client.send("typing", ["room": Self.room])
        await office.typedOnce.wait(for: 4)
        #expect(office.state.withLock { $0.typed.last } == .some(nil))
      }
    }
  }

  @Test("a bad message gets an error with its id and its field, and the connection stays")
  func badMessages() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { client async throws in
        let cases: [(String, JSONValue, String)] = [
          (#"{"#, nil, "malformed"), (#"[]"#, nil, "invalid"), (#"{"id":"a"}"#, nil, "invalid"),
          (#"{"type":"dance","id":"a","data":{}}"#, "/type", "invalid"),
          (#"{"type":"room.join","id":"a"}"#, "/data", "invalid"),
          (#"{"type":"room.join","id":"a","data":{}}"#, "/room", "invalid"),
          (#"{"type":"room.join","id":"a","data":{"room":""}}"#, "/room", "invalid"),
          (#"{"type":"room.join","id":"a","data":{"room":"r","device_kind":"watch"}}"#, "/device_kind", "invalid"),
          (#"{"type":"cursor.move","id":"a","data":{"room":"nowhere","line":1}}"#, "/room", "invalid"),
        ]
        for (message, pointer, code) in cases {
          try await client.write(message)
          let error = try await client.envelope()
          #expect((error["type"], error["data"]?["code"]) == ("error", .string(code)))
          if pointer != nil { #expect((error["id"], error["data"]?["pointer"]) == ("a", pointer)) }
        }
        try await client.send("room.join", ["room": Self.room])
        #expect(try await client.envelope()["type"] == "cursor.sync")
        for line: JSONValue in [-1, 4_294_967_296, 1.5, "1"] {
          try await client.send("cursor.move", ["room": Self.room, "line": line])
          let error = try await client.envelope()
          #expect((error["type"], error["data"]?["code"]) == ("error", "invalid"))
        }
        for pointer: JSONValue in [
          ["anchor": "", "x": 0, "y": 0], ["anchor": .string(String(repeating: "a", count: 65)), "x": 0, "y": 0],
          ["anchor": "a", "x": .number(1.01), "y": 0], ["anchor": "a", "x": 0, "y": .number(-0.01)],
        ] {
          try await client.send("cursor.move", ["room": Self.room, "pointer": pointer])
          #expect(try await client.envelope()["data"]?["code"] == "invalid")
        }
        for number in 0..<7 { try await client.send("room.join", ["room": .string("room \(number)")]) }
        for _ in 0..<7 { #expect(try await client.envelope()["type"] == "cursor.sync") }
        try await client.send("room.join", ["room": "one too many"])
        #expect(try await client.envelope()["data"]?["code"] == "conflict")
      }
    }
  }

  @Test("a bad frame closes the connection with the code that says why")
  func badFrames() async throws {
    try await Served.run { served async throws in
      func code(_ send: @escaping @Sendable (inout SocketClient) async throws -> Void) async throws -> Int? {
        try await SocketClient.open(served) { client async throws in
          try await send(&client)
          return try await client.closeCode()
        }
      }
      #expect(try await code { try await $0.write("{}", masked: false) } == 1002)
      #expect(try await code { try await $0.write("{}", bits: 0x40) } == 1002)
      #expect(try await code { try await $0.write("{}", opcode: 0) } == 1002)
      #expect(try await code { try await $0.write("{}", opcode: 3) } == 1002)
      #expect(try await code { try await $0.write("{}", opcode: 2) } == 1003)
      #expect(try await code { try await $0.write([0xc3, 0x28]) } == 1007)
      #expect(try await code { try await $0.write([UInt8](repeating: 32, count: 65_537)) } == 1009)
      #expect(
        try await code {
          try await $0.write("{", fin: false)
          try await $0.write("{")
        } == 1002)
      #expect(
        try await code {
          try await $0.write([UInt8](repeating: 32, count: 60_000), fin: false)
          try await $0.write([UInt8](repeating: 32, count: 6_000), opcode: 0)
        } == 1009)
      #expect(
        try await code {
          try await $0.write("{", fin: false)
          for _ in 0..<70 { try await $0.write(" ", opcode: 0, fin: false) }
        } == 1009)
      #expect(try await code { try await $0.write([0x03, 0xe8], opcode: 8) } == 1000)
      await served.node.office.detached.wait(for: 11)
    }
  }

  @Test("a message in pieces is one message, with a ping in between")
  func fragments() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { client async throws in
        try await client.write(#"{"type":"pi"#, fin: false)
        try await client.write("here?", opcode: 9)
        try await client.write(#"ng","id":"#, opcode: 0, fin: false)
        try await client.write(#""x"}"#, opcode: 0)
        #expect(try await client.frame() == SocketClient.Frame(opcode: 10, payload: Array("here?".utf8)))
        #expect(try await client.envelope() == ["type": "pong", "id": "x", "data": [:]])
      }
    }
  }

  @Test("when the node stops, its clients are told that it goes away")
  func quiesce() async throws {
    try await Served.run { served async throws in
      try await Wire.open(to: served.port) { idle in
        try await SocketClient.open(served) { client async throws in
          _ = try await client.saidUntilPong()
          served.stop()
          #expect(try await client.closeCode() == 1001)
        }
        // One that never said a word is simply closed.
        while try await idle.read() {}
        #expect(idle.hasEnded)
      }
      await served.node.office.detached.wait(for: 1)
    }
  }

  @Test("without a workspace, or with one that is not ours, the connection says so and ends")
  func noWorkspace() async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      try await SocketClient.open(served) { client async throws in
        #expect(try await client.envelope()["data"]?["code"] == "no_workspace")
        #expect(try await client.closeCode() == 1008)
      }
    }
    try await Served.run { served async throws in
      for (id, code): (String, JSONValue) in [("00", "malformed"), (String(repeating: "0", count: 64), "not_found")] {
        let handshake = SocketClient.handshake(served, path: "/ws?workspace=\(id)")
        try await SocketClient.open(
          served, handshake.with("Authorization", "Bearer \(served.keys.commandToken)")
        ) { client async throws in
          #expect(try await client.envelope()["data"]?["code"] == code)
          #expect(try await client.closeCode() == 1008)
        }
      }
    }
  }

  @Test("a client that floods is answered once a second, and not obeyed")
  func flood() async throws {
    try await Served.run { served async throws in
      try await SocketClient.open(served) { client async throws in
        for number in 0..<2_000 { try await client.send("ping", id: "\(number)") }
        var answers = 0
        var errors = 0
        while errors == 0 {
          let envelope = try await client.envelope()
          if envelope["type"] == "pong" { answers += 1 }
          if envelope["data"]?["code"] == "too_many" { errors += 1 }
        }
        #expect(answers >= WebBounds.socketBurst && answers < 2_000)
      }
    }
  }

  @Test("a client that reads nothing is sent away with 1013 and costs a bounded amount")
  func slow() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      let text = String(repeating: "x", count: 8_000)
      let activity = try await office.post(kind: "note", text: text, room: nil, link: nil)
      try await SocketClient.open(served) { client async throws in
        await office.attached.wait(for: 1)
        // 40 MB, more than both kernels' buffers hold.
        for _ in 0..<50 {
          office.publish(.rows(table: "activities", keys: Array(repeating: activity.key, count: 100)))
        }
        await office.looked.wait(for: 5_000)
        #expect(try await client.closeCode() == 1013)
      }
      await office.detached.wait(for: 1)
    }
  }
}
