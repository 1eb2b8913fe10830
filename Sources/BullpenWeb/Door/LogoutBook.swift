import BullpenCore
import Foundation
import Synchronization

/// Logins that were ended before their time: a small JSON file of digests, each kept until its login would have
/// ended by itself.
final class LogoutBook: Sendable {
  private let path: String
  private let sessions: SessionKeys
  /// By digest: when the login began, in Unix milliseconds.
  private let ended: Mutex<[String: Int64]>

  /// Reads the file, if there is one. Throws `WebError.tokenFile` for one that cannot be read.
  init(path: String, sessions: SessionKeys) throws {
    self.path = path
    self.sessions = sessions
    var known: [String: Int64] = [:]
    if FileManager.default.fileExists(atPath: path) {
      do {
        known = try JSONDecoder().decode([String: Int64].self, from: Data(contentsOf: URL(filePath: path)))
      } catch {
        throw WebError(
          code: .tokenFile, message: "The file of ended logins, \(path), cannot be read.",
          hint: "Remove it and `web.key` beside it: every browser then needs a new link.")
      }
    }
    ended = Mutex(known)
  }

  func contains(_ session: SessionKeys.Session) -> Bool {
    ended.withLock { !$0.isEmpty && $0[sessions.fingerprint(of: session)] != nil }
  }

  /// Ends a login for good, also over restarts. Throws `storage`, and then the login goes on.
  func end(_ session: SessionKeys.Session, at now: Int64) throws {
    try ended.withLock { ended in
      var next = ended.filter { now < $0.value + WebBounds.login }
      next[sessions.fingerprint(of: session)] = session.start
      do {
        try PrivateFile.replace(path, JSONEncoder().encode(next))
      } catch {
        throw Problem(
          .internalServerError, code: "storage", "The file of ended logins cannot be written, so you are still in.",
          hint: "Look for room on the disk and for the home's permissions.")
      }
      ended = next
    }
  }
}
