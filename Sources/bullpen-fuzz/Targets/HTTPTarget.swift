import BullpenCore

/// What any program on this machine, or any page in its browser, can send to the local API: whole requests, line by line.
final class HTTPTarget: FuzzTarget {
  static let name = "http"
  static let form = InputForm.text
  static let words =
    [
      "\r\n", "\r\n\r\n", "Host: localhost\r\n", "Host: evil.example\r\n", "Origin: http://evil.example\r\n",
      "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999999999999\r\n", "Content-Length: -1\r\n",
      "Expect: 100-continue\r\n", "Authorization: Bearer {token}\r\n", "Cookie: {cookie}\r\n", "%00", "%2e%2e%2f", "%",
      "?limit=", "&after=", "1e999", "-0", "9223372036854775808", "\\ud800", "\\u0000", "null", "[[[[[[[[", "{\"", "//",
      "@",
      "Upgrade: websocket\r\n", "Bullpen-Workspace: ", "Sec-Fetch-Site: cross-site\r\n",
    ].map { Array($0.utf8) }

  private static let id = String(repeating: "5e", count: 32)
  private static let member = String(id.prefix(32))
  private static let invite = InviteTarget.line([UInt8](repeating: 3, count: 61))
  private static let requests: [(String, String)] =
    [
      "/health", "/", "/app.js", "/fonts/Inter-Regular.otf", "/metrics", "/ws", "/api/v1/status",
      "/api/v1/user/current",
      "/api/v1/members", "/api/v1/workspaces", "/api/v1/workspace", "/api/v1/setup", "/api/v1/presence",
      "/api/v1/presence/\(member)", "/api/v1/peers", "/api/v1/notifications?unread=true&limit=10&after=AAAA",
      "/api/v1/notifications/\(id)", "/api/v1/notifications/unread/count", "/api/v1/activity/\(id)",
      "/api/v1/activity?room=page:%2Fa&limit=100&after=%41", "/api/v1/tokens", "/api/v1/node/log-level",
      "/api/v1/members/\(member)/removal", "/api/v1/members/\(member)/demotion?role=guest",
      "/api/v1/devices/\(id)/removal", "/api/v1/node/at-login", "/api/v1/takeover",
      "/api/v1/presence/users?user_ids=\(member),\(member)", "/api/v1/presence/settings",
      "/api/v1/presence/settings/history?limit=5",
      "/api/v1/presence/analytics?from=2026-11-01&to=2026-11-22&scope=all&format=csv", "/api/v1/teams", "/api/v1/rooms",
      "/api/v1/rooms/page%3A%2Fplan", "/api/v1/rooms/page%3A%2Fplan/cursors", "/api/v1/doctor",
      "/api/v1/security?limit=10&after=AAAA",
    ].map { ("GET \($0)", "") } + [
      (
        "POST /api/v1/notifications",
        #"{"recipient_ids":["\#(member)"],"kind":"note","title":"A","body":"B","link":"/"}"#
      ),
      ("PUT /api/v1/notifications/\(id)/read", #"{"read":true}"#), ("PUT /api/v1/notifications/read-all", ""),
      ("POST /api/v1/activity", #"{"kind":"note","text":"Grüße","room":"page:/a","link":null}"#),
      (
        "PUT /api/v1/presence/status", #"{"status":"busy","custom_status":"Bäcker","custom_emoji":"🥐","clear_after":9}"#
      ),
      (
        "POST /api/v1/presence",
        #"{"status":"away","current_page":"/plan","is_typing":true,"device":"tablet","custom_status":"Mittag"}"#
      ),
      (
        "PUT /api/v1/presence/settings",
        #"{"visibility":"contacts","show_page":true,"show_activity":false,"appear_offline":false,"contacts":["\#(member)"]}"#
      ),
      ("PUT /api/v1/workspace/visibility", #"{"default_visibility":"contacts"}"#),
      ("PUT /api/v1/workspace/analytics", #"{"on":true}"#), ("PUT /api/v1/presence/analytics/told", ""),
      ("DELETE /api/v1/presence/analytics/me", ""),
      ("POST /api/v1/teams", #"{"name":"Night desk","user_ids":["\#(member)"]}"#),
      ("PUT /api/v1/teams/\(member)", #"{"name":"Day desk","user_ids":[]}"#), ("DELETE /api/v1/teams/\(member)", ""),
      ("PUT /api/v1/teams/\(member)/members/\(member)", ""), ("DELETE /api/v1/teams/\(member)/members/\(member)", ""),
      (
        "PUT /api/v1/rooms/page%3A%2Fplan/cursors/me",
        #"{"line":12,"selection":{"start":{"line":12,"column":4},"end":{"line":13,"column":9}},"#
          + #""pointer":{"anchor":"a","x":0.25,"y":0.5},"payload":"{}","device_kind":"desktop"}"#
      ),
      ("DELETE /api/v1/rooms/page%3A%2Fplan/cursors/me", ""), ("DELETE /api/v1/rooms/page%3A%2Fplan/cursors", ""),
      (
        "PUT /api/v1/notifications/\(id)/recipients",
        #"{"recipient_ids":["\#(member)"],"teams":["Night desk"],"roles":["admin"]}"#
      ),
      ("POST /api/v1/doctor", #"{"user_id":"\#(member)"}"#), ("POST /api/v1/security/waiting/\(id)/void", ""),
      ("PUT /api/v1/members/\(member)/successor", ""), ("DELETE /api/v1/members/\(member)/successor", ""),
      ("POST /api/v1/takeover", ""),
      ("POST /api/v1/workspaces", #"{"name":"Desk","member_name":"Ada"}"#),
      // One that there is not: what is sent to it is read all the same.
      ("DELETE /api/v1/workspaces/\(id)", #"{"name":"Desk"}"#),
      ("POST /api/v1/workspaces/\(id)/repair", #"{"force":true}"#),
      ("PUT /api/v1/user/current", #"{"name":"Ada"}"#), ("PUT /api/v1/workspace", #"{"name":"Desk"}"#),
      ("PUT /api/v1/members/\(member)/role", #"{"role":"admin"}"#), ("DELETE /api/v1/members/\(member)", ""),
      ("DELETE /api/v1/devices/\(id)", ""),
      ("POST /api/v1/invites", #"{"role":"member","uses":1,"expires_in":3600,"own_device":false}"#),
      ("POST /api/v1/workspaces/join", #"{"code":"bullpen1aaaa","member_name":"Bob"}"#),
      ("POST /api/v1/workspaces/join", "{\"code\":\"\(invite)\",\"member_name\":\"\"}"),
      ("POST /api/v1/login", #"{"t":"none"}"#), ("POST /api/v1/login-links", ""),
      ("POST /api/v1/tokens", #"{"name":"app","scopes":["read"]}"#), ("DELETE /api/v1/tokens/0000000000000000", ""),
      ("PUT /api/v1/node/log-level", #"{"level":"info"}"#), ("OPTIONS *", ""), ("HEAD /", ""),
    ]

  static func seeds() -> [[UInt8]] {
    requests.flatMap { line, body in
      let head = "\(line) HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
      let content = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
      let known = "Authorization: Bearer {token}\r\n"
      let browser =
        "Cookie: theme=dark; {cookie}\r\nBullpen-Origin-Token: {origin}\r\nOrigin: http://127.0.0.1:{port}\r\n"
      return [known, browser, ""].map { Array((head + $0 + content + "\r\n" + body).utf8) }
    }
      + ["localhost", "localhost:{port}", "[::1]:{port}", "evil.example"].map {
        Array("GET /a?b=%20 HTTP/1.1\r\nHost: \($0)\r\n\r\n".utf8)
      }
      + [
        Array("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
        Array(
          """
          POST /api/v1/activity HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r
          Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{"tex\r\n7\r\nt":"a"}\r\n0\r\n\r\n
          """.utf8),
      ]
  }

  private let server: LocalServer
  private var count = 0

  init() throws { server = try LocalServer() }

  func run(_ bytes: [UInt8]) throws -> String {
    let connection = try LocalConnection(to: server.port)
    connection.write(server.filled(bytes))
    // A request that never ends is not waited for: the server keeps its own time.
    let answer = connection.read(until: Self.isWhole, patience: 30)
    count += 1
    if count % 32 == 0 || answer.isEmpty { try require(try server.answers(), "the server answers nobody any more") }
    guard !answer.isEmpty else { return "no answer" }
    return try look(answer)
  }

  /// The head, and as much body as it says. What is chunked or pipelined ends by silence.
  private static func isWhole(_ answer: [UInt8]) -> Bool {
    guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else { return false }
    let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
    let length = head.firstRange(of: "content-length: ").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) }
    return answer.count - end.upperBound >= (length ?? (head.contains(" 304 ") || head.contains(" 204 ") ? 0 : .max))
  }

  private func look(_ answer: [UInt8]) throws -> String {
    let text = String(decoding: answer, as: UTF8.self)
    let lines = (text.firstRange(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]).components("\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", let status = Int(words[1]) else {
      throw Finding("an answer that is none: \(lines.first ?? "")")
    }
    try require((100..<500).contains(status) || status == 503, "\(status): \(text.suffix(300))")
    var code = ""
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw Finding("a field that is none: \(line)") }
      let (name, value) = (line[..<colon].lowercased(), line[colon...].dropFirst(2))
      try require(!value.contains("\r") && !value.contains("\n"), "a field of two lines: \(line)")
      if name == "location" {
        try require(
          value.hasPrefix("/") || value.hasPrefix("http://127.0.0.1:\(server.port)/"), "a way to elsewhere: \(value)")
      }
      if name == "content-type", value.hasPrefix("application/problem+json") { code = "problem" }
    }
    if code == "problem" {
      code = text.firstRange(of: "\"code\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) } ?? "none"
      try require(status == 308 || code != "none", "a problem without a code")
    }
    return "\(status) \(code)"
  }
}

extension Substring {
  func components(_ separator: String) -> [Substring] {
    var (parts, rest) = ([Substring](), self)
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}
