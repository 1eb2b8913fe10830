import BullpenCore

/// What logins are checked by: one secret that the caller keeps (0600), so that they outlive a restart.
///
///     session  nonce 16 ‖ Unix milliseconds of the login 8
///     cookie   hex(session ‖ digest("cookie" ‖ session))
///     origin   hex(digest("origin" ‖ session))
///     command  hex(digest("command"))
///     label    hex(the first 4 bytes of digest("label"))
///
/// Every digest is keyed by the secret. Whoever has the cookie cannot derive the origin token from it.
public struct SessionKeys: Sendable, CustomStringConvertible {
  private let secret: Bytes32
  /// So many bytes that nobody can guess: what every session, link and token is made of.
  let randomBytes: @Sendable (_ count: Int) -> [UInt8]
  private let keyedDigest: @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]

  /// - Parameters:
  ///   - randomBytes: so many bytes that nobody can guess.
  ///   - keyedDigest: a keyed cryptographic digest of 32 bytes (BLAKE2b).
  public init(
    secret: Bytes32, randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8],
    keyedDigest: @escaping @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
  ) {
    self.secret = secret
    self.randomBytes = randomBytes
    self.keyedDigest = keyedDigest
  }

  /// The secret stays where it is, also when a log is told of a service that holds it.
  public var description: String { "SessionKeys(secret)" }

  /// The person's own bearer token, with every right. The caller writes it into the home's `token` file.
  public var commandToken: String { Hex.encode(digest("command", [])) }

  /// Tells the logins of this secret from another's, and is no secret.
  var label: String { Hex.encode(Array(digest("label", []).prefix(4))) }

  /// What the token file keeps of an app's token.
  func fingerprint(ofToken token: String) -> String { Hex.encode(digest("token", Array(token.utf8))) }

  /// What the file of ended logins keeps of one.
  func fingerprint(of session: Session) -> String { Hex.encode(digest("logout", session.bytes)) }

  struct Session: Hashable, Sendable {
    fileprivate let bytes: [UInt8]
    /// Unix milliseconds of the login.
    let start: Int64
  }

  func newSession(at now: Int64) -> Session {
    Session(bytes: randomBytes(16) + UInt64(bitPattern: now).bigEndianBytes, start: now)
  }

  func cookie(of session: Session) -> String {
    Hex.encode(session.bytes + digest("cookie", session.bytes))
  }

  func originToken(of session: Session) -> String { Hex.encode(digest("origin", session.bytes)) }

  /// Nil for a cookie that this node never made, and for one that is too old.
  func session(cookie: some StringProtocol, at now: Int64) -> Session? {
    guard cookie.utf8.count == 112, let all = Hex.decode(cookie) else { return nil }
    let bytes = Array(all.prefix(24))
    guard Self.same(Array(all.dropFirst(24)), digest("cookie", bytes)),
      let start = UInt64(bigEndianBytes: bytes.dropFirst(16))
    else { return nil }
    let began = Int64(bitPattern: start)
    // A clock that was set back must not end a login.
    guard now < began + WebBounds.login else { return nil }
    return Session(bytes: bytes, start: began)
  }

  func isOriginToken(_ token: some StringProtocol, of session: Session) -> Bool {
    Self.same(Array(token.utf8), Array(originToken(of: session).utf8))
  }

  func isCommandToken(_ token: some StringProtocol) -> Bool {
    Self.same(Array(token.utf8), Array(commandToken.utf8))
  }

  private func digest(_ purpose: String, _ message: [UInt8]) -> [UInt8] {
    keyedDigest(secret.bytes, Array("bullpen v1 web \(purpose)\0".utf8) + message)
  }

  /// Compares in a time that tells nothing about where two differ.
  static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
