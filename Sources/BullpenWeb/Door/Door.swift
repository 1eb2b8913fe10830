import BullpenCore
import HTTPTypes
import Synchronization

/// Decides who gets in. It looks at headers alone, so that a request and a WebSocket's handshake are judged alike.
struct Door: Sendable {
  /// What it needs of a request's head.
  struct Head: Sendable {
    var authority: String?
    var path: String
    var method: HTTPRequest.Method
    var fields: HTTPFields
  }

  let sessions: SessionKeys
  let tokens: TokenBook
  let logouts: LogoutBook
  let clock: @Sendable () -> Int64
  let cookieName: String
  /// The address and port that the server listens on, once it does.
  let host: String
  let port: BoundPort

  var authority: String { host.contains(":") ? "[\(host)]:\(port.number)" : "\(host):\(port.number)" }

  init(
    sessions: SessionKeys, tokens: TokenBook, logouts: LogoutBook,
    clock: @escaping @Sendable () -> Int64, host: String, port: BoundPort
  ) {
    self.logouts = logouts
    self.host = host
    self.sessions = sessions
    self.tokens = tokens
    self.clock = clock
    self.port = port
    // Cookies ignore ports, and two nodes may live on one machine.
    cookieName = "bullpen_\(sessions.label)"
  }

  /// Where the request wants to go and comes from. Throws for another's name for this machine (DNS rebinding) and
  /// for another site's page.
  func checkPlace(_ head: Head) throws(Problem) {
    let authority = head.authority ?? ""
    let own = ["127.0.0.1:\(port.number)", "[::1]:\(port.number)"] + (port.number == 80 ? ["127.0.0.1", "[::1]"] : [])
    guard own.contains(authority) else {
      if authority == "localhost" || authority.hasPrefix("localhost:"), head.method == .get || head.method == .head {
        throw Problem.redirect(to: "http://\(self.authority)\(head.path)")
      }
      throw Problem(
        .misdirectedRequest, code: "misdirected", "This node answers to \(self.authority), not to that name.",
        hint: "Use http://\(self.authority)/.")
    }
    for origin in head.fields[values: .origin] where origin != "http://\(authority)" {
      throw Self.otherSite
    }
    for site in head.fields[values: .fetchSite] where site != "same-origin" && site != "none" {
      // Following a link to the view is no harm: what it shows, it asks for itself.
      let isVisit = head.method == .get && head.fields[.fetchMode] == "navigate" && !head.path.hasPrefix("/api/")
      if !isVisit { throw Self.otherSite }
    }
  }

  private static let otherSite = Problem(
    .forbidden, code: "forbidden", "A page of another site asked for this; only this node's own view may.",
    hint: "Programs send a bearer token and no Origin.")

  /// Who asks; nil for a stranger.
  func caller(_ head: Head, originToken: String? = nil) -> Caller? {
    if let authorization = head.fields[.authorization] {
      let words = authorization.split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
      if sessions.isCommandToken(words[1]) { return .person }
      return tokens.scopes(of: String(words[1])).map { .app(id: $0.id, $0.scopes) }
    }
    guard let session = session(head) else { return nil }
    let shown = originToken ?? head.fields[.originToken]
    return .view(hasOriginToken: shown.map { sessions.isOriginToken($0, of: session) } ?? false)
  }

  /// The browser's login; nil where it has none that still holds.
  func session(_ head: Head) -> SessionKeys.Session? {
    guard let cookie = cookie(head.fields), let session = sessions.session(cookie: cookie, at: clock()),
      !logouts.contains(session)
    else { return nil }
    return session
  }

  /// Throws `unauthorized` for a stranger where a right is needed, and `forbidden` where it lacks.
  static func admit(_ caller: Caller?, for right: Right) throws(Problem) {
    if right == .none { return }
    guard let caller else { throw Problem.unauthorized }
    if let refusal = caller.refusal(of: right) { throw refusal }
  }

  /// Judges a WebSocket's handshake. The view shows its origin token as a subprotocol's name, for a browser can
  /// set no header.
  func admitSocket(_ head: Head) throws(Problem) -> Caller {
    try checkPlace(head)
    let shown = head.fields.list(.webSocketProtocol).first { $0.hasPrefix("bullpen.token.") }
    let caller = caller(head, originToken: shown.map { String($0.dropFirst("bullpen.token.".count)) })
    guard let caller else { throw Problem.unauthorized }
    // A view without its origin's token may not even listen: another port's page shares the cookie.
    let right: Right = if case .view = caller { .write } else { .read }
    try Self.admit(caller, for: right)
    return caller
  }

  private func cookie(_ fields: HTTPFields) -> Substring? {
    for field in fields[values: .cookie] {
      for pair in field.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        if parts.count == 2, parts[0].drop(while: { $0 == " " }) == cookieName { return parts[1] }
      }
    }
    return nil
  }

  func setCookie(_ session: SessionKeys.Session) -> String {
    let seconds = WebBounds.login / 1_000
    return "\(cookieName)=\(sessions.cookie(of: session)); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
  }

  var clearCookie: String { "\(cookieName)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" }
}

extension HTTPField.Name {
  // The names are tokens of RFC 9110, so they parse.
  static let originToken = Self("Bullpen-Origin-Token")!
  static let workspace = Self("Bullpen-Workspace")!
  static let fetchSite = Self("Sec-Fetch-Site")!
  static let fetchMode = Self("Sec-Fetch-Mode")!
  static let webSocketProtocol = Self("Sec-WebSocket-Protocol")!
}

extension HTTPFields {
  /// The members of a list that may span several fields.
  func list(_ name: HTTPField.Name) -> [String] {
    self[values: name].flatMap { $0.split(separator: ",") }.map { String($0.drop { $0 == " " }) }
  }
}
