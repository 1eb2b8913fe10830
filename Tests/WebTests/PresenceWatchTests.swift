import BullpenCore
import Testing

@testable import BullpenWeb

@Suite("Hearing of some people only")
struct PresenceWatchTests {
  static let bob: JSONValue = .string(FakeWorkspace.bob.description)
  static let ada: JSONValue = .string(FakeWorkspace.ada.description)

  /// Whom envelopes of a type are about.
  private func people(_ said: [JSONValue], _ type: String) -> [JSONValue?] {
    said.filter { $0["type"]?.text == type }.map { $0["data"]?["user_id"] }
  }

  @Test("who watches a room gets those in it, hears of nobody else, and once of who has left it")
  func room() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      var gone = try await office.presence(of: FakeWorkspace.bob)
      gone.rooms = []
      var elsewhere = gone
      elsewhere.rooms = [try #require(RoomID("page:/elsewhere"))]
      let (left, away) = (gone, elsewhere)
      try await SocketClient.open(served) { client async throws in
        try await client.send("presence.watch", id: "w", ["room": "page:/plan"])
        let whole = try await client.envelope()
        #expect((whole["type"], whole["id"]) == ("presence.sync", "w"))
        #expect(
          whole["data"]?["items"]?[0]?["user_id"] == Self.ada && whole["data"]?["items"]?[1]?["user_id"] == Self.bob)
        for presence in [left, away, left] { office.publish(.presence(presence)) }
        #expect(people(try await client.saidUntilPong(), "presence.update") == [Self.bob])
        office.publish(.presence(try await office.presence(of: FakeWorkspace.bob)))
        #expect(people(try await client.saidUntilPong(), "presence.update") == [Self.bob])
        try await client.send("presence.watch", ["room": "page:/elsewhere"])
        #expect(try await client.envelope()["data"] == ["items": []])
        // Without a word about whom, of everybody.
        try await client.send("presence.watch")
        #expect(try await client.next("presence.sync")["data"]?["items"]?[1]?["user_id"] == Self.bob)
        office.publish(.presence(left))
        #expect(people(try await client.saidUntilPong(), "presence.update") == [Self.bob])
      }
    }
  }

  @Test("who watches a team, by name or id, hears of who is put in and taken out; an app that only reads may")
  func team() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      let team = try await office.makeTeam(named: "Night desk", of: [FakeWorkspace.bob])
      let made = try await served.api("POST", "/tokens", ["name": "Watcher", "scopes": ["read"]])
      try await SocketClient.open(served, token: made.json["token"]?.text) { client async throws in
        try await client.send("presence.watch", id: "1", ["team": "Day desk"])
        let fault = try await client.next("error")
        #expect((fault["id"], fault["data"]?["pointer"]) == ("1", "/team"))
        for name in ["night desk", team.id.description] {
          try await client.send("presence.watch", ["team": .string(name), "room": "page:/plan"])
          let whole = try await client.next("presence.sync")
          #expect(whole["data"]?["items"]?[0]?["user_id"] == Self.bob && whole["data"]?["items"]?[1] == nil)
        }
        office.publish(.presence(try await office.presence(of: FakeWorkspace.ada)))
        #expect(people(try await client.saidUntilPong(), "presence.update").isEmpty)
        for (member, belongs) in [(FakeWorkspace.ada, true), (FakeWorkspace.bob, false)] {
          _ = try await office.setTeam(team.id, member: member, belongs: belongs)
          office.publish(.rows(table: "teams", keys: []))
          #expect(try await client.next("presence.update")["data"]?["user_id"] == .string(member.description))
        }
        try await office.removeTeam(team.id)
        office.publish(.rows(table: "teams", keys: []))
        #expect(try await client.next("presence.update")["data"]?["user_id"] == Self.ada)
      }
    }
  }

  @Test("what happens while the whole is read comes after it")
  func gapless() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      var changed = try await office.presence(of: FakeWorkspace.bob)
      changed.customStatus = "Out for lunch"
      let lunch = changed
      try await SocketClient.open(served) { client async throws in
        try await client.send("ping")
        _ = try await client.next("pong")
        office.state.withLock { $0.whenRead = { office.publish(.presence(lunch)) } }
        try await client.send("presence.watch", ["room": "page:/plan"])
        let whole = try await client.envelope()
        #expect(whole["type"] == "presence.sync" && whole["data"]?["items"]?[1]?["custom_status"] == "")
        let news = try await client.envelope()
        #expect((news["type"], news["data"]?["custom_status"]) == ("presence.update", "Out for lunch"))
      }
    }
  }
}
