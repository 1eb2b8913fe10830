import BullpenCore
import Foundation
import Testing

@testable import BullpenWeb

@Suite("protocol/api.md says what is served")
struct PageTests {
  static let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../protocol/api.md")

  static func text() throws -> String { try String(contentsOf: page, encoding: .utf8) }

  /// The examples by the names that follow their fences, in order.
  static func examples() throws -> [(name: String, text: String)] {
    try text().matches(of: #/(?ms)^```json ([\w.]+)\n(.*?)^```$/#).map { (String($0.1), String($0.2)) }
  }

  static func example(_ name: String) throws -> JSONValue {
    let found = try #require(try examples().first { $0.name == name })
    return try JSONValue(parsing: found.text)
  }

  /// A route's path as pages write it.
  static func template(_ path: String) -> String {
    path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }.joined()
  }

  static func isWritten(_ path: String) -> Bool { path.hasPrefix("/api/") || ["/health", "/metrics"].contains(path) }

  @Test("every example is JSON")
  func parsed() throws {
    let examples = try Self.examples()
    #expect(examples.count > 50)
    for (name, text) in examples {
      #expect(throws: Never.self, "\(name)") { try JSONValue(parsing: text) }
    }
  }

  @Test("every route is on the page, and every route on the page is served")
  func routes() async throws {
    let written = try Self.text().matches(of: #/`(GET|POST|PUT|DELETE) (/health|/metrics|/api/v1/[^`?]*|/ws)[^`]*`/#)
      .map { "\($0.1) \($0.2)" }
    let served = try await Served.run { served async throws in
      WebServer.routes(served.server.site).entries.filter { Self.isWritten($0.path) }.map { entry in
        "\(entry.method.rawValue) \(Self.template(entry.path))"
      }
    }
    #expect(Set(served).subtracting(written) == [])
    #expect(Set(written).subtracting(served).subtracting(["GET /ws"]) == [])
  }

  @Test("openapi.json has the same routes with the rights that they need, and the page's examples")
  func openAPI() async throws {
    let file = Self.page.deletingLastPathComponent().appending(path: "openapi.json")
    let document = try JSONValue(parsing: try String(contentsOf: file, encoding: .utf8))
    guard case .object(let paths)? = document["paths"], case .object(let schemas)? = document["components"]?["schemas"]
    else {
      Issue.record("openapi.json has no paths or no schemas")
      return
    }
    let written = paths.flatMap { path, item -> [String] in
      guard case .object(let operations) = item else { return [] }
      return operations.map { "\($0.uppercased()) \(path) \($1["x-bullpen-right"]?.text ?? "")" }
    }
    let served = try await Served.run { served async throws in
      WebServer.routes(served.server.site).entries.filter { Self.isWritten($0.path) }.map { entry in
        "\(entry.method.rawValue) \(Self.template(entry.path)) \(entry.right)"
      }
    }
    #expect(Set(written) == Set(served))
    for (name, schema) in schemas where name != "Presence" {
      #expect(try schema["example"] == Self.example(name), "\(name)")
    }
  }

  @Test("what is served has the shape of its example")
  func answers() async throws {
    try await Served.run { served async throws in
      let ada = JSONValue.string(FakeWorkspace.ada.description)
      var answers: [String: Answer] = [:]
      answers["Health"] = try await served.ask(HTTP("GET", "/health"))
      answers["LoginLink"] = try await served.api("POST", "/login-links")
      let secret = try await served.server.newLoginLink().suffix(22)
      answers["Login"] = try await served.ask(HTTP("POST", "/api/v1/login", ["t": .string(String(secret))]))
      answers["Token"] = try await served.api("POST", "/tokens", try Self.example("TokenRequest"))
      answers["Tokens"] = try await served.api("GET", "/tokens")
      answers["Setup"] = try await served.api("GET", "/setup")
      answers["Workspace"] = try await served.api("POST", "/workspaces", try Self.example("WorkspaceRequest"))
      answers["Workspaces"] = try await served.api("GET", "/workspaces")
      answers["Repair"] = try await served.api(
        "POST", "/workspaces/\(served.node.office.id)/repair", try Self.example("RepairRequest"))
      answers["Members"] = try await served.api("GET", "/members")
      let bob = "/members/\(FakeWorkspace.bob)"
      #expect(try await served.api("PUT", bob + "/role", try Self.example("RoleRequest")).status == 200)
      answers["Demotion"] = try await served.api("GET", bob + "/demotion?role=guest")
      #expect(try await served.api("PUT", bob + "/successor").status == 200)
      #expect(try await served.api("DELETE", bob + "/successor").json["is_successor"] == .bool(false))
      #expect(try await served.api("GET", "/takeover").status == 409)
      served.node.office.state.withLock { $0.isOwner = false }
      answers["Takeover"] = try await served.api("POST", "/takeover")
      answers["Removal"] = try await served.api("GET", bob + "/removal")
      answers["Member"] = try await served.api("PUT", "/user/current", try Self.example("RenameRequest"))
      answers["Presence"] = try await served.api("PUT", "/presence/status", try Self.example("StatusRequest"))
      answers["PresenceList"] = try await served.api("GET", "/presence")
      answers["PresenceSettings"] = try await served.api(
        "PUT", "/presence/settings", try Self.example("PresenceSettingsRequest"))
      answers["PresenceSettingsHistory"] = try await served.api("GET", "/presence/settings/history")
      let usual = try Self.example("DefaultVisibilityRequest")
      #expect(try await served.api("PUT", "/workspace/visibility", usual).json["default_visibility"] == "contacts")
      answers["Analytics"] = try await served.api("GET", "/presence/analytics")
      let counting = try await served.api("PUT", "/workspace/analytics", try Self.example("AnalyticsRequest"))
      #expect(counting.json["analytics"]?["on"] == true)
      answers["Erased"] = try await served.api("DELETE", "/presence/analytics/me")
      answers["Team"] = try await served.api("POST", "/teams", try Self.example("TeamRequest"))
      answers["Teams"] = try await served.api("GET", "/teams")
      answers["Rooms"] = try await served.api("GET", "/rooms")
      answers["Room"] = try await served.api("GET", "/rooms/page%3A%2Fplan")
      answers["Cursor"] = try await served.api("PUT", "/rooms/a/cursors/me", try Self.example("CursorRequest"))
      answers["Cursors"] = try await served.api("GET", "/rooms/a/cursors")
      answers["Notification"] = try await served.api("POST", "/notifications", ["recipient_ids": [ada], "title": "T"])
      let read = "/notifications/\(answers["Notification"]?.json["id"]?.text ?? "")/read"
      #expect(try await served.api("PUT", read, try Self.example("ReadRequest")).status == 200)
      answers["Notifications"] = try await served.api("GET", "/notifications")
      answers["Count"] = try await served.api("GET", "/notifications/unread/count")
      answers["Activity"] = try await served.api("POST", "/activity", try Self.example("ActivityRequest"))
      answers["Activities"] = try await served.api("GET", "/activity")
      answers["Invite"] = try await served.api("POST", "/invites", try Self.example("InviteRequest"))
      answers["Peers"] = try await served.api("GET", "/peers")
      answers["Status"] = try await served.api("GET", "/status")
      answers["Security"] = try await served.api("GET", "/security")
      #expect(try await served.api("POST", "/security/waiting/5a/void").status == 404)
      #expect(try await served.api("POST", "/security/waiting/\(FakeWorkspace.bobsDevice)/void").status == 404)
      let voided = try await served.api("POST", "/security/waiting/\(FakeWorkspace.waits)/void")
      #expect(voided.status == 200 && voided.json["waiting"] == .array([]))
      answers["LogLevel"] = try await served.api("PUT", "/node/log-level", try Self.example("LogLevel"))
      answers["AtLogin"] = try await served.api("PUT", "/node/at-login", try Self.example("AtLoginRequest"))
      answers["Problem"] = try await served.api("PUT", "/presence/status", ["status": "asleep"])
      for (name, answer) in answers {
        #expect(answer.status < 300 || name == "Problem", "\(name)")
        // Where an example's list is empty, it says nothing of what would be in it.
        let shape = try Self.example(name).shape
        #expect(shape.subtracting(answer.json.shape) == [], "\(name)")
        #expect(
          answer.json.shape.subtracting(shape).filter { !$0.hasPrefix("devices.") } == [], "\(name)")
      }
    }
  }

  @Test("what a request's example says is understood")
  func requests() throws {
    func read<Body: Decodable>(_: Body.Type, _ name: String) throws -> Body {
      try JSON.decode(Body.self, from: try Self.example(name).bytes)
    }
    let notification = try read(NotificationRequest.self, "NotificationRequest")
    try notification.check()
    #expect(notification.recipients.recipientIds?.count == 1)
    try read(RecipientsRequest.self, "RecipientsRequest").check()
    #expect(try read(LoginRequest.self, "LoginRequest").t.count == 22)
    #expect(try read(LeaveRequest.self, "LeaveRequest").name == "Harbour Desk Seven")
    #expect(try read(JoinRequest.self, "JoinRequest").memberName == "Bob Underwood")
    #expect(try read(InviteRequest.self, "InviteRequest").checked().lifetime == 86_400_000)
    #expect(try read(StatusRequest.self, "StatusRequest").checked().status == .busy)
    let cursor = try read(CursorPutRequest.self, "CursorRequest")
    #expect(try cursor.position.position().payload.count == 14 && cursor.deviceKind == "desktop")
  }

  @Test("the envelopes of the examples are understood, and those of the node look like them")
  func envelopes() async throws {
    try await Served.run { served async throws in
      let office = served.node.office
      _ = try await office.makeTeam(named: "Night desk", of: [FakeWorkspace.bob])
      try await SocketClient.open(served) { client async throws in
        var seen: [String: JSONValue] = [:]
        // In the page's order: what a client sends comes first.
        for name in [
          "room.join", "cursor.move", "cursor.remove", "cursor.clear", "typing", "presence.set", "presence.active",
          "presence.watch", "ping", "room.leave",
        ] {
          try await client.write(try Self.example(name).bytes)
          for envelope in try await client.saidUntilPong() { seen[envelope["type"]?.text ?? ""] = envelope }
        }
        #expect(seen["error"] == nil)
        let note = try await office.notify([FakeWorkspace.ada], kind: "message", title: "T", body: "", link: nil)
        let activity = try await office.post(kind: "note", text: "x", room: nil, link: nil)
        office.publish(.members)
        office.publish(.connections)
        office.publish(.rows(table: "workspace_settings", keys: [note.key]))
        office.publish(.rows(table: "teams", keys: [note.key]))
        office.publish(.rows(table: "notifications", keys: [note.key]))
        office.publish(.rows(table: "activities", keys: [activity.key]))
        office.publish(.rows(table: "activities", keys: []))
        while seen["resync"] == nil {
          let envelope = try await client.envelope()
          seen[envelope["type"]?.text ?? ""] = envelope
        }
        try await client.write(try Self.example("cursor.move").bytes)
        seen["error"] = try await client.next("error")
        var examples: [String: JSONValue] = [:]
        for (name, text) in try Self.examples() { examples[name] = try JSONValue(parsing: text) }
        for (name, envelope) in seen {
          // Of two examples of one name the later is the node's.
          let shape = try #require(examples[name], "\(name)").shape
          #expect(shape.subtracting(envelope.shape).subtracting(["id"]) == [], "\(name)")
          #expect(
            envelope.shape.subtracting(shape).subtracting(["id"]).filter { !$0.hasPrefix("data.devices.") } == [],
            "\(name)")
        }
        #expect(seen.count >= 12)
      }
    }
  }
}
