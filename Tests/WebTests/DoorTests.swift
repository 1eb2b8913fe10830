import BullpenCore
import Foundation
import Testing

@testable import BullpenWeb

@Suite("The door of the local API")
struct DoorTests {
  @Test("health is open and says no more than ok")
  func health() async throws {
    try await Served.run { served async throws in
      let answer = try await served.ask(HTTP("GET", "/health"))
      #expect(answer.status == 200)
      #expect(answer.json == ["status": "ok"])
    }
  }

  @Test(
    "a stranger gets nothing but the door", arguments: [("GET", "/members"), ("POST", "/invites"), ("GET", "/setup")])
  func stranger(_ method: String, _ path: String) async throws {
    try await Served.run { served async throws in
      let answer = try await served.ask(HTTP(method, "/api/v1" + path))
      #expect(answer.status == 401)
      #expect(answer.code == "unauthorized")
      #expect(answer.header("content-type") == "application/problem+json")
      #expect(answer.json["hint"]?.text?.contains("bullpen open") == true)
      for token in ["", "x", String(repeating: "0", count: 64)] {
        let guess = try await served.ask(HTTP(method, "/api/v1" + path).with("Authorization", "Bearer \(token)"))
        #expect(guess.status == 401)
      }
    }
  }

  @Test("the view reads by its cookie, and writes only with its origin's token")
  func view() async throws {
    try await Served.run { served async throws in
      let browser = try await served.login()
      let status = HTTP("PUT", "/api/v1/presence/status", ["status": "busy"])
      #expect(try await served.ask(HTTP("GET", "/api/v1/members").from(browser, withOriginToken: false)).status == 200)
      let bare = try await served.ask(status.from(browser, withOriginToken: false))
      #expect((bare.status, bare.code ?? "") == (403, "forbidden"))
      var other = browser
      other.originToken = String(repeating: "a", count: 64)
      #expect(try await served.ask(status.from(other)).status == 403)
      #expect(try await served.ask(status.from(try await served.login())).status == 200)
      // The origin token of one login is not another's.
      other.originToken = try await served.login().originToken
      #expect(try await served.ask(status.from(other)).status == 403)
      #expect(try await served.ask(status.from(browser)).status == 200)
      // The command's own routes are not the view's.
      #expect(try await served.ask(HTTP("POST", "/api/v1/login-links").from(browser)).status == 403)
    }
  }

  @Test("the cookie is for this home, for scripts unreadable, and for no other site")
  func cookie() async throws {
    try await Served.run { served async throws in
      let secret = try await served.server.newLoginLink().split(separator: "#t=").last.map(String.init) ?? ""
      let answer = try await served.ask(HTTP("POST", "/api/v1/login", ["t": .string(secret)]))
      let cookie = try #require(answer.header("set-cookie"))
      #expect(cookie.hasPrefix("bullpen_90830edb="))
      for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7776000"] { #expect(cookie.contains(part)) }
      #expect(answer.header("cache-control") == "no-store")
    }
  }

  @Test("a login link opens once, and not after ten minutes")
  func links() async throws {
    try await Served.run { served async throws in
      let link = try await served.api("POST", "/login-links")
      #expect(link.status == 201)
      let url = try #require(link.json["url"]?.text)
      #expect(url.hasPrefix("http://127.0.0.1:\(served.port)/login#t="))
      let login = HTTP("POST", "/api/v1/login", ["t": .string(String(url.suffix(22)))])
      #expect(try await served.ask(login).status == 200)
      let again = try await served.ask(login)
      #expect((again.status, again.code ?? "") == (401, "login_spent"))
      #expect(again.json["hint"]?.text?.contains("bullpen open") == true)
      let late = try await served.server.newLoginLink().suffix(22)
      served.clock.advance(10 * 60 * 1000)
      #expect(try await served.ask(HTTP("POST", "/api/v1/login", ["t": .string(String(late))])).code == "login_spent")
    }
  }

  @Test("guessing login links is slowed down")
  func guesses() async throws {
    try await Served.run { served async throws in
      // All at once: what a busy machine lets through one by one may be slower than the bound.
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<40 {
          group.addTask {
            let guess = try await served.ask(HTTP("POST", "/api/v1/login", ["t": "AAAAAAAAAAAAAAAAAAAAAA"]))
            if guess.status == 429 { #expect(guess.header("retry-after") == "1") }
            return guess.status
          }
        }
        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(statuses == [401, 429])
    }
  }

  @Test("a login ends after ninety days, and when the person says so")
  func loginEnds() async throws {
    try await Served.run { served async throws in
      let browser = try await served.login()
      let out = try await served.ask(HTTP("POST", "/api/v1/logout").from(browser))
      #expect(out.status == 204)
      #expect(out.header("set-cookie")?.contains("Max-Age=0") == true)
      // A copy of the cookie is worth nothing either.
      #expect(try await served.ask(HTTP("GET", "/api/v1/members").from(browser)).status == 401)
      let other = try await served.login()
      #expect(try await served.ask(HTTP("GET", "/api/v1/members").from(other)).status == 200)
      served.clock.advance(90 * 86_400_000)
      #expect(try await served.ask(HTTP("GET", "/api/v1/members").from(other)).status == 401)
    }
  }

  @Test("a cookie with one digit changed is no cookie")
  func forged() throws {
    let keys = Served.sessionKeys()
    let session = keys.newSession(at: 1_000)
    let cookie = keys.cookie(of: session)
    #expect(keys.session(cookie: cookie, at: 2_000) == session)
    for place in cookie.indices {
      var forged = cookie
      forged.replaceSubrange(place...place, with: cookie[place] == "0" ? "1" : "0")
      #expect(keys.session(cookie: forged, at: 2_000) == nil)
    }
    let others = Served.sessionKeys(Bytes32(Array(repeating: 1, count: 32))!)
    #expect(others.session(cookie: cookie, at: 2_000) == nil)
    #expect(others.commandToken != keys.commandToken)
  }

  @Test(
    "a name that a stranger pointed at this machine is refused",
    arguments: ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "[::1]", ""])
  func rebinding(_ host: String) async throws {
    try await Served.run { served async throws in
      let answer = try await served.ask(
        HTTP("GET", "/api/v1/members").to(host: host).with("Authorization", "Bearer \(served.keys.commandToken)"))
      #expect((answer.status, answer.code ?? "") == (421, "misdirected"))
      #expect(try await served.ask(HTTP("GET", "/health").to(host: host)).status == 421)
    }
  }

  @Test("a log that is told of the server learns no secret")
  func printed() async throws {
    try await Served.run { served async throws in
      let secret = Bytes32(Array(0..<32))!
      for text in ["\(served.server)", "\([served.server])", "\(served.keys)", "\([served.server.site.door])"] {
        #expect(!text.contains("\(secret)") && !text.contains("Bytes32"), "\(text)")
      }
    }
  }

  @Test("localhost leads to 127.0.0.1, for reading")
  func localhost() async throws {
    try await Served.run { served async throws in
      let answer = try await served.ask(HTTP("GET", "/inbox?a=b").to(host: "localhost:\(served.port)"))
      #expect(answer.status == 308)
      #expect(answer.header("location") == "http://127.0.0.1:\(served.port)/inbox?a=b")
      #expect(try await served.ask(HTTP("POST", "/api/v1/login").to(host: "localhost:\(served.port)")).status == 421)
    }
  }

  @Test(
    "on ::1 the view has that address", .enabled(if: Served.hasVersion6, "this machine has no IPv6 on its loopback"))
  func version6() async throws {
    try await Served.run(host: "::1") { served async throws in
      let authority = "[::1]:\(served.port)"
      #expect(try await served.server.newLoginLink().hasPrefix("http://\(authority)/login#t="))
      let health = HTTP("GET", "/health").to(host: authority)
      #expect(try await served.ask(health.with("Origin", "http://\(authority)")).status == 200)
      #expect(try await served.ask(health.to(host: "[::1]")).status == 421)
      let away = try await served.ask(HTTP("GET", "/").to(host: "localhost:\(served.port)"))
      #expect(away.header("location") == "http://\(authority)/")
    }
  }

  @Test("a page of another site is refused, whatever it knows")
  func crossSite() async throws {
    try await Served.run { served async throws in
      let browser = try await served.login()
      let read = HTTP("GET", "/api/v1/members").from(browser)
      for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:\(served.port)"] {
        #expect(try await served.ask(read.with("Origin", origin)).code == "forbidden")
      }
      for site in ["cross-site", "same-site"] {
        #expect(try await served.ask(read.with("Sec-Fetch-Site", site)).code == "forbidden")
      }
      let own = read.with("Origin", "http://127.0.0.1:\(served.port)").with("Sec-Fetch-Site", "same-origin")
      #expect(try await served.ask(own).status == 200)
      // A link in a mail may open the view: it shows nothing until it has asked for itself.
      let visit = HTTP("GET", "/").with("Sec-Fetch-Site", "cross-site").with("Sec-Fetch-Mode", "navigate")
      #expect(try await served.ask(visit).status == 200)
    }
  }

  @Test("an app may do what its scopes say, and no more")
  func scopes() async throws {
    try await Served.run { served async throws in
      func make(_ scopes: JSONValue) async throws -> String {
        let made = try await served.api("POST", "/tokens", ["name": "Editor", "scopes": scopes])
        #expect(made.status == 201)
        return try #require(made.json["token"]?.text)
      }
      func status(_ token: String, _ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Int {
        try await served.ask(HTTP(method, "/api/v1" + path, body).with("Authorization", "Bearer \(token)")).status
      }
      let reader = try await make(["read"])
      let writer = try await make(["write"])
      #expect(try await status(reader, "GET", "/members") == 200)
      #expect(try await status(reader, "PUT", "/presence/status", ["status": "busy"]) == 403)
      #expect(try await status(writer, "GET", "/members") == 403)
      #expect(try await status(writer, "PUT", "/presence/status", ["status": "busy"]) == 200)
      for (method, path) in [
        ("GET", "/tokens"), ("POST", "/tokens"), ("POST", "/login-links"), ("POST", "/invites"),
        ("POST", "/workspaces"), ("POST", "/workspaces/join"),
      ] {
        #expect(try await status(try await make(["read", "write"]), method, path) == 403)
      }
    }
  }

  @Test("a token is shown once, kept as a digest in a file of one's own, and can be taken back")
  func tokens() async throws {
    try await Served.run { served async throws in
      let made = try await served.api("POST", "/tokens", ["name": "Editor", "scopes": ["read"]])
      let token = try #require(made.json["token"]?.text)
      let id = try #require(made.json["id"]?.text)
      let listed = try await served.api("GET", "/tokens")
      #expect(listed.items.count == 1)
      #expect(listed.items[0]["token"] == nil)
      let file = served.directory.appending(path: "tokens.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(!text.contains(token) && !text.contains(token.dropFirst(8)))
      let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      // Another run of the node knows it still.
      let book = try TokenBook(path: file.path, sessions: served.keys)
      #expect(book.scopes(of: token)?.scopes == [.read])
      #expect(try await served.api("DELETE", "/tokens/\(id)").status == 204)
      #expect(try await served.api("DELETE", "/tokens/\(id)").status == 404)
      let after = try await served.ask(HTTP("GET", "/api/v1/members").with("Authorization", "Bearer \(token)"))
      #expect(after.status == 401)
    }
  }

  @Test(
    "an address that others could reach is refused with a sentence",
    arguments: ["0.0.0.0", "192.0.2.1", "::", "localhost"])
  func loopbackOnly(_ host: String) throws {
    let error = #expect(throws: WebError.self) {
      try WebServer(
        node: FakeNode(),
        configuration: WebConfiguration(
          host: host, tokenFile: "/nonexistent/tokens",
          sessions: Served.sessionKeys()),
        logger: .init(label: "test"))
    }
    #expect(error?.code == .notLoopback)
    #expect(error?.message.contains(host) == true)
  }

  @Test("a taken port is said in a sentence")
  func takenPort() async throws {
    try await Served.run { served async throws in
      let second = try WebServer(
        node: FakeNode(),
        configuration: WebConfiguration(
          port: served.port, tokenFile: served.directory.appending(path: "other").path, sessions: served.keys),
        logger: .init(label: "test"))
      let error = await #expect(throws: WebError.self) { try await second.run() }
      #expect(error?.code == .portTaken)
      await #expect(throws: WebError.self) { try await second.boundPort }
    }
  }
}
