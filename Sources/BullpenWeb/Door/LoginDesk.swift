import Foundation
import Synchronization

/// Hands out login links. A link carries 128 random bits, works once and for ten minutes. Links live in memory
/// alone: a node that restarts has none out.
public final class LoginDesk: Sendable {
  struct Link: Sendable {
    let url: String
    /// Unix milliseconds.
    let expires: Int64
  }

  private let sessions: SessionKeys
  private let clock: @Sendable () -> Int64
  private let open = Mutex<[(secret: [UInt8], expires: Int64)]>([])

  init(sessions: SessionKeys, clock: @escaping @Sendable () -> Int64) {
    self.sessions = sessions
    self.clock = clock
  }

  /// The secret travels in the fragment, which no browser sends and no log keeps.
  func newLink(to authority: String) -> Link {
    let secret = sessions.randomBytes(16)
    let expires = clock() + WebBounds.loginLink
    open.withLock {
      $0.append((secret, expires))
      if $0.count > WebBounds.loginLinks { $0.removeFirst() }
    }
    return Link(url: "http://\(authority)/login#t=\(Self.text(secret))", expires: expires)
  }

  /// The session that a link opens; nil for one that was spent, is too old or never was.
  func spend(_ text: String) -> SessionKeys.Session? {
    guard let secret = Self.bytes(text) else { return nil }
    let now = clock()
    let isGood = open.withLock { links in
      links.removeAll { $0.expires <= now }
      guard let place = links.firstIndex(where: { SessionKeys.same($0.secret, secret) }) else { return false }
      links.remove(at: place)
      return true
    }
    return isGood ? sessions.newSession(at: now) : nil
  }

  /// Base64 for URLs, without padding (RFC 4648, section 5).
  private static func text(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count == 22 else { return nil }
    return Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + "==").map(Array.init)
  }
}
