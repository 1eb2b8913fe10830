import BullpenCore
import BullpenNode
import Logging
import Testing

@testable import BullpenWeb

@Suite("The routes of the local API")
struct RouteTests {
  static let bob = JSONValue.string(FakeWorkspace.bob.description)
  static let ada = JSONValue.string(FakeWorkspace.ada.description)

  @Test("first run: no workspace, then one by the first door")
  func startWorkspace() async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      #expect(try await served.api("GET", "/setup").json["workspaces"] == 0)
      #expect(try await served.api("GET", "/workspaces").items == [])
      for path in ["/members", "/user/current", "/presence", "/notifications", "/activity", "/status", "/peers"] {
        let answer = try await served.api("GET", path)
        #expect((answer.status, answer.code ?? "") == (409, "no_workspace"))
      }
      let blank = try await served.api("POST", "/workspaces", ["name": " ", "member_name": "Ada"])
      #expect((blank.status, blank.json["pointer"]) == (422, "/name"))
      let missing = try await served.api("POST", "/workspaces", ["name": "Harbour"])
      #expect((missing.status, missing.json["pointer"]) == (422, "/member_name"))
      let made = try await served.api("POST", "/workspaces", ["name": "Harbour", "member_name": "Ada"])
      #expect((made.status, made.json["name"]) == (201, "Harbour"))
      #expect(try await served.api("GET", "/setup").json["workspaces"] == 1)
      #expect(try await served.api("GET", "/members").status == 200)
    }
  }

  @Test(
    "the second door says what is wrong with an invite",
    arguments: [
      ("hello", 422, "invite_malformed"), ("bullpen1spent", 403, "invite_refused"),
      ("bullpen1alone", 503, "unreachable"), (String(repeating: "x", count: 2_001), 422, "invalid"),
    ])
  func join(_ code: String, _ status: Int, _ problem: String) async throws {
    try await Served.run(node: FakeNode(isJoined: false)) { served async throws in
      let refused = try await served.api("POST", "/workspaces/join", ["code": .string(code), "member_name": "Bob"])
      #expect((refused.status, refused.code ?? "") == (status, problem))
      let joined = try await served.api("POST", "/workspaces/join", ["code": "bullpen1good", "member_name": "Bob"])
      #expect(joined.status == 201)
    }
  }

  @Test("who leaves says the workspace's name; then first run is ahead again")
  func leave() async throws {
    try await Served.run { served async throws in
      let path = "/workspaces/\(served.node.office.id)"
      for (body, pointer) in [(["name": "Harbour"], "/name"), ([:], "/name")] as [(JSONValue, String)] {
        let refused = try await served.api("DELETE", path, body)
        #expect((refused.status, refused.json["pointer"]) == (422, .string(pointer)))
      }
      let name: JSONValue = ["name": "Harbour Desk Seven"]
      #expect(try await served.api("DELETE", "/workspaces/\(String(repeating: "0", count: 64))", name).status == 404)
      #expect(try await served.api("DELETE", "/workspaces/harbour", name).status == 404)
      let browser = try await served.login()
      let view = HTTP("DELETE", "/api/v1" + path, name).with("Cookie", browser.cookie)
      #expect(try await served.ask(view).status == 403)
      #expect(try await served.api("GET", "/setup").json["workspaces"] == 1)
      #expect(try await served.ask(view.with("Bullpen-Origin-Token", browser.originToken)).status == 204)
      #expect(try await served.api("GET", "/setup").json["workspaces"] == 0)
    }
  }

  @Test("the workspace may be named, and must be one of ours")
  func workspaceHeader() async throws {
    try await Served.run { served async throws in
      func status(_ id: String) async throws -> Int {
        try await served.ask(
          HTTP("GET", "/api/v1/members").with("Authorization", "Bearer \(served.keys.commandToken)")
            .with("Bullpen-Workspace", id)
        ).status
      }
      #expect(try await status(served.node.office.id.description) == 200)
      #expect(try await status(String(repeating: "0", count: 64)) == 404)
      #expect(try await status("harbour") == 400)
    }
  }

  @Test("people are listed by id, and one may rename oneself")
  func members() async throws {
    try await Served.run { served async throws in
      let listed = try await served.api("GET", "/members").items
      #expect(listed.map { $0["user_id"] } == [Self.bob, Self.ada])
      let renamed = try await served.api("PUT", "/user/current", ["name": "Ada Q.", "nonsense": 3])
      #expect((renamed.status, renamed.json["name"]) == (200, "Ada Q."))
      #expect(try await served.api("GET", "/user/current").json["name"] == "Ada Q.")
      for name in ["", "a\nb", String(repeating: "é", count: 51)] {
        #expect(try await served.api("PUT", "/user/current", ["name": .string(name)]).json["pointer"] == "/name")
      }
    }
  }

  @Test("a member's role is changed, the member is removed, and is found among the former ones from then on")
  func roles() async throws {
    try await Served.run { served async throws in
      let bob = "/members/\(FakeWorkspace.bob)"
      #expect(try await served.api("GET", "/members").items.first?["assignable_roles"] == ["guest", "admin"])
      let made = try await served.api("PUT", bob + "/role", ["role": "admin"])
      #expect((made.status, made.json["role"]) == (200, "admin"))
      for role in ["owner", "king", ""] {
        #expect(try await served.api("PUT", bob + "/role", ["role": .string(role)]).json["pointer"] == "/role")
      }
      let lower = try await served.api("GET", bob + "/demotion?role=guest")
      #expect((lower.status, lower.json["from"], lower.json["ended_invites"]) == (200, "admin", 1))
      #expect(try await served.api("GET", bob + "/demotion?role=admin").code == "conflict")
      #expect(try await served.api("GET", bob + "/demotion").code == "invalid")
      let own = try await served.api("PUT", "/members/\(FakeWorkspace.ada)/role", ["role": "guest"])
      #expect((own.status, own.code ?? "") == (409, "conflict"))
      #expect(try await served.api("PUT", "/members/nobody/role", ["role": "guest"]).status == 404)
      for path in [bob, "/devices/\(FakeWorkspace.bobsDevice)"] {
        let told = try await served.api("GET", path + "/removal")
        #expect((told.status, told.json["is_last"], told.json["ended_invites"]) == (200, true, 1))
        #expect(told.json["also_cut"] == [.string(FakeWorkspace.bobsTablet.description)])
      }
      #expect(try await served.api("GET", "/members").items.count == 2, "to be told changes nothing")
      #expect(try await served.api("DELETE", "/devices/\(served.node.device)").code == "conflict")
      #expect(try await served.api("DELETE", "/devices/7").status == 404)
      for stale in [
        try await served.api("DELETE", bob + "?digest=0000000000000000"),
        try await served.api("PUT", bob + "/role", ["role": "guest", "digest": "0000000000000000"]),
      ] {
        #expect((stale.status, stale.code ?? "") == (409, "changed"))
      }
      #expect(try await served.api("GET", "/members").items.first?["role"] == "admin", "nothing was done")
      let digest = try await served.api("GET", bob + "/removal").json["digest"]?.text ?? ""
      #expect(try await served.api("DELETE", bob + "?digest=\(digest)").status == 200)
      #expect(try await served.api("GET", "/members").items.map { $0["user_id"] } == [Self.ada])
      let all = try await served.api("GET", "/members?former=true").items
      #expect(all.map { $0["is_former"] } == [true, false])
      #expect(try await served.api("GET", "/members?former=maybe").code == "malformed")
    }
  }

  @Test("the workspace is renamed, and views are told")
  func renamed() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/workspace").json["name"] == "Harbour Desk Seven")
      let renamed = try await served.api("PUT", "/workspace", ["name": "Second floor"])
      #expect((renamed.status, renamed.json["name"]) == (200, "Second floor"))
      #expect(try await served.api("PUT", "/workspace", ["name": " "]).json["pointer"] == "/name")
      try await SocketClient.open(served) { client async throws in
        await served.node.office.attached.wait(for: 1)
        served.node.office.publish(.rows(table: "workspace_settings", keys: []))
        #expect(try await client.next("workspace.update")["data"]?["name"] == "Second floor")
      }
    }
  }

  @Test("a notification is sent, listed, counted, read, and unread again")
  func notifications() async throws {
    try await Served.run { served async throws in
      let sent = try await served.api(
        "POST", "/notifications",
        ["recipient_ids": [Self.bob, Self.ada, Self.bob], "title": "Kettle", "body": "It sings.", "link": nil])
      #expect(sent.status == 201)
      #expect(sent.json["recipient_ids"] == [Self.bob, Self.ada])
      #expect((sent.json["kind"], sent.json["link"]) == ("message", .null))
      let id = try #require(sent.json["id"]?.text)
      #expect(sent.header("location") == "/api/v1/notifications/\(id)")
      #expect(try await served.api("GET", "/notifications/unread/count").json == ["count": 1])
      #expect(try await served.api("GET", "/notifications?unread=true").items.count == 1)
      #expect(try await served.api("GET", "/notifications/\(id)").json == sent.json)
      let read = try await served.api("PUT", "/notifications/\(id)/read")
      #expect((read.status, read.json["read_at"]) == (200, 1_763_700_001_000))
      #expect(try await served.api("GET", "/notifications?unread=true").items.isEmpty)
      #expect(try await served.api("PUT", "/notifications/\(id)/read", ["read": false]).json["read_at"] == .null)
      #expect(try await served.api("PUT", "/notifications/read-all", [:]).json == ["count": 1])
      #expect(try await served.api("GET", "/notifications/unread/count").json == ["count": 0])
      let toBob = try await served.api("POST", "/notifications", ["recipient_ids": [Self.bob], "title": "For bob"])
      #expect(
        try await served.api("PUT", "/notifications/\(toBob.json["id"]?.text ?? "")/read").code == "forbidden")
      for id in [String(repeating: "0", count: 64), "kettle"] {
        #expect(try await served.api("GET", "/notifications/\(id)").code == "not_found")
        #expect(try await served.api("PUT", "/notifications/\(id)/read").code == "not_found")
      }
    }
  }

  @Test("a notification goes to a team or a role, and is shown to more people later")
  func audiences() async throws {
    try await Served.run { served async throws in
      let team = try await served.api("POST", "/teams", ["name": "Night desk", "user_ids": [Self.bob]])
      #expect(team.status == 201)
      for audience: JSONValue in [
        ["teams": ["night desk"]], ["teams": [team.json["id"] ?? .null]], ["roles": ["member"]],
      ] {
        guard case .object(var body) = audience else { continue }
        body["title"] = "Kettle"
        let sent = try await served.api("POST", "/notifications", .object(body))
        #expect((sent.status, sent.json["recipient_ids"]) == (201, [Self.bob]))
      }
      let own = try await served.api("POST", "/notifications", ["recipient_ids": [Self.ada], "title": "Kettle"])
      let path = "/notifications/\(own.json["id"]?.text ?? "")/recipients"
      #expect(
        try await served.api("PUT", path, ["teams": ["Night desk"]]).json["recipient_ids"] == [Self.ada, Self.bob])
      #expect(try await served.api("PUT", path, [:]).json["pointer"] == "/recipient_ids")
      let none = "/notifications/\(String(repeating: "0", count: 64))/recipients"
      #expect(try await served.api("PUT", none, ["recipient_ids": [Self.bob]]).code == "not_found")
    }
  }

  @Test("a notification that cannot be is refused with the field to blame")
  func badNotifications() async throws {
    try await Served.run { served async throws in
      let long = { (count: Int) in JSONValue.string(String(repeating: "x", count: count)) }
      let cases: [(JSONValue, String)] = [
        (["title": "T"], "/recipient_ids"),
        (["recipient_ids": [], "title": "T"], "/recipient_ids"),
        (["recipient_ids": [], "teams": [], "roles": [], "title": "T"], "/recipient_ids"),
        (["teams": ["Nobody's"], "title": "T"], "/teams/0"),
        (["roles": ["member", "queen"], "title": "T"], "/roles/1"),
        (["recipient_ids": [Self.bob, "bob"], "title": "T"], "/recipient_ids/1"),
        (["recipient_ids": [Self.bob, 7], "title": "T"], "/recipient_ids/1"),
        (["recipient_ids": [Self.bob]], "/title"),
        (["recipient_ids": [Self.bob], "title": ""], "/title"),
        (["recipient_ids": [Self.bob], "title": long(401)], "/title"),
        (["recipient_ids": [Self.bob], "title": "T", "body": long(8_193)], "/body"),
        (["recipient_ids": [Self.bob], "title": "T", "link": long(2_001)], "/link"),
        (["recipient_ids": [Self.bob], "title": "T", "kind": ""], "/kind"),
      ]
      for (body, pointer) in cases {
        let answer = try await served.api("POST", "/notifications", body)
        #expect((answer.status, answer.code, answer.json["pointer"]) == (422, "invalid", .string(pointer)))
      }
      #expect(served.node.office.state.withLock { $0.notifications.isEmpty })
    }
  }

  @Test("pages follow one another to the end")
  func pages() async throws {
    try await Served.run { served async throws in
      for number in 0..<5 {
        let posted = try await served.api("POST", "/activity", ["text": .string("number \(number)")])
        #expect(posted.status == 201)
      }
      var seen: [String] = []
      var after = ""
      while true {
        let page = try await served.api("GET", "/activity?limit=2\(after)")
        seen += page.items.compactMap { $0["text"]?.text }
        guard let next = page.json["next"]?.text else { break }
        after = "&after=\(next)"
      }
      #expect(seen == (0..<5).reversed().map { "number \($0)" })
      for limit in ["0", "101", "-1", "x", ""] {
        #expect(try await served.api("GET", "/activity?limit=\(limit)").code == "malformed")
        #expect(try await served.api("GET", "/notifications?limit=\(limit)").code == "malformed")
      }
      #expect(try await served.api("GET", "/notifications?unread=perhaps").code == "malformed")
      #expect(try await served.api("GET", "/activity?after=perhaps").code == "invalid")
    }
  }

  @Test("an activity belongs to a room, or to all")
  func activity() async throws {
    try await Served.run { served async throws in
      let posted = try await served.api("POST", "/activity", ["text": "Watered the ferns", "room": "page:/the plan"])
      #expect((posted.json["kind"], posted.json["room"]) == ("note", "page:/the plan"))
      let id = posted.json["id"]?.text ?? ""
      #expect(posted.header("location") == "/api/v1/activity/\(id)")
      #expect(try await served.api("GET", "/activity/\(id)").json == posted.json)
      #expect(try await served.api("GET", "/activity?room=page:%2Fthe%20plan").items.count == 1)
      #expect(try await served.api("GET", "/activity?room=elsewhere").items.isEmpty)
      #expect(try await served.api("POST", "/activity", ["text": "x", "room": ""]).json["pointer"] == "/room")
      #expect(try await served.api("POST", "/activity", ["room": "r"]).json["pointer"] == "/text")
      #expect(try await served.api("GET", "/activity/\(String(repeating: "0", count: 64))").status == 404)
    }
  }

  @Test("an invite has bounds")
  func invites() async throws {
    try await Served.run { served async throws in
      let usual = try await served.api("POST", "/invites")
      #expect((usual.status, usual.json["uses"], usual.json["role"]) == (201, 1, "member"))
      #expect(usual.json["expires"] == 1_763_786_400_000)
      #expect(usual.json["link"] == "bullpen:bullpen1abc")
      let bad: [(JSONValue, String)] = [
        (["uses": 0], "/uses"), (["uses": 201], "/uses"), (["role": "owner"], "/role"),
        (["expires_in": 59], "/expires_in"), (["expires_in": 2_592_001], "/expires_in"), (["uses": "two"], "/uses"),
      ]
      for (body, pointer) in bad {
        #expect(try await served.api("POST", "/invites", body).json["pointer"] == .string(pointer))
      }
    }
  }

  @Test("peers and status say what the node knows")
  func node() async throws {
    try await Served.run { served async throws in
      let peers = try await served.api("GET", "/peers").items
      #expect(peers.map { $0["endpoint"] } == ["192.0.2.7:4781"])
      let status = try await served.api("GET", "/status").json
      #expect(status["heads"]?[0]?["kind"] == "lasting")
      #expect(status["drops"] == [["reason": "replay", "detail": "heard before, or too late", "count": 4]])
      #expect(status["digests"]?[0]?["table"] == "activities")
      #expect(try await served.api("GET", "/status?digests=false").json["digests"] == [])
    }
  }

  @Test("the log can be turned up and down while the node runs, but by no app")
  func logLevel() async throws {
    try await Served.run { served async throws in
      let loggers = [Logger(node: served.server.site.logs, file: nil)]
      #expect(try await served.api("GET", "/node/log-level").json == ["level": "info"])
      #expect(try await served.api("PUT", "/node/log-level", ["level": "error"]).json == ["level": "error"])
      #expect(loggers[0].logLevel == .error)
      #expect(try await served.api("GET", "/node/log-level").json == ["level": "error"])
      let odd = try await served.api("PUT", "/node/log-level", ["level": "loud"])
      #expect((odd.status, odd.json["pointer"]) == (422, "/level"))
      let token = try await served.api("POST", "/tokens", ["name": "app", "scopes": ["read", "write"]]).json["token"]
      let app = HTTP("PUT", "/api/v1/node/log-level", ["level": "trace"])
        .with("Authorization", "Bearer \(token?.text ?? "")")
      #expect(try await served.ask(app).status == 403)
      #expect(loggers[0].logLevel == .error)
    }
  }

  @Test("starting at login is a switch where the machine can, and a sentence where it cannot")
  func atLogin() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/node/at-login").json["enabled"] == false)
      #expect(try await served.api("PUT", "/node/at-login", ["enabled": true]).json["enabled"] == true)
      #expect(try await served.api("GET", "/node/at-login").json["enabled"] == true)
      let made = try await served.api("POST", "/tokens", ["name": "Editor", "scopes": ["read", "write"]])
      let app = HTTP("PUT", "/api/v1/node/at-login", ["enabled": false])
        .with("Authorization", "Bearer \(made.json["token"]?.text ?? "")")
      #expect(try await served.ask(app).status == 403)
    }
    try await Served.run(atLogin: .impossible) { served async throws in
      let state = try await served.api("GET", "/node/at-login").json
      #expect((state["possible"], state["enabled"]) == (false, false))
      let refused = try await served.api("PUT", "/node/at-login", ["enabled": true])
      #expect((refused.status, refused.json["code"], refused.json["detail"]) == (409, "conflict", state["reason"]))
    }
  }

  @Test("a body must be JSON, say so, and be small")
  func bodies() async throws {
    try await Served.run { served async throws in
      let token = "Bearer \(served.keys.commandToken)"
      func put(_ bytes: [UInt8], type: String?) async throws -> Answer {
        var request = HTTP("PUT", "/api/v1/user/current", bytes: bytes).with("Authorization", token)
        if let type { request = request.with("Content-Type", type) }
        return try await served.ask(request)
      }
      let good = Array(#"{"name":"Ada"}"#.utf8)
      #expect(try await put(good, type: "application/json; charset=utf-8").status == 200)
      #expect(try await put(good, type: nil).status == 415)
      #expect(try await put(good, type: "text/plain").code == "unsupported_media_type")
      #expect(try await put(Array("{".utf8), type: "application/json").code == "malformed")
      #expect(try await put([0x22, 0xff, 0x22], type: "application/json").code == "malformed")
      #expect(try await put(Array("[]".utf8), type: "application/json").status == 422)
      #expect(try await put([], type: "application/json").code == "malformed")
      let large = Array(repeating: UInt8(ascii: " "), count: 65_537) + good
      #expect(try await put(large, type: "application/json").code == "too_large")
      let nested = Array(String(repeating: "[", count: 30_000).utf8)
      #expect(try await put(nested, type: "application/json").status >= 400)
      #expect(try await served.api("GET", "/user/current").json["name"] == "Ada")
    }
  }

  @Test("what is not there is a problem too, and a wrong method says which are right")
  func strays() async throws {
    try await Served.run { served async throws in
      #expect(try await served.api("GET", "/nothing").code == "not_found")
      #expect(try await served.ask(HTTP("GET", "/../../etc/passwd")).status == 404)
      let wrong = try await served.api("PATCH", "/members")
      #expect((wrong.status, wrong.code, wrong.header("allow")) == (405, "method_not_allowed", "GET"))
      #expect(try await served.ask(HTTP("HEAD", "/health")).status == 200)
    }
  }
}
