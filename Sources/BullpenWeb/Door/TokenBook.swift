import BullpenCore
import Foundation
import Synchronization

/// What an app's token allows.
enum Scope: String, Codable, Hashable, Sendable, CaseIterable {
  case read, write
}

/// Tokens for apps: a small JSON file that keeps of each its name, scopes and digest.
final class TokenBook: Sendable {
  struct Entry: Codable, Hashable, Sendable {
    /// 16 hexadecimal digits.
    var id: String
    var name: String
    var scopes: [Scope]
    /// Unix milliseconds.
    var created: Int64
    var fingerprint: String
  }

  private let path: String
  private let sessions: SessionKeys
  private let entries: Mutex<[Entry]>

  /// Reads the file, if there is one. Throws `WebError.tokenFile` for one that cannot be read.
  init(path: String, sessions: SessionKeys) throws {
    self.path = path
    self.sessions = sessions
    var known: [Entry] = []
    if FileManager.default.fileExists(atPath: path) {
      do {
        known = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(filePath: path)))
      } catch {
        throw WebError(
          code: .tokenFile, message: "The file of app tokens, \(path), cannot be read.",
          hint: "Remove it to start anew: apps then need new tokens.")
      }
    }
    entries = Mutex(known)
  }

  var all: [Entry] { entries.withLock { $0 } }

  func scopes(of token: String) -> (id: String, scopes: Set<Scope>)? {
    guard token.hasPrefix("bullpen_") else { return nil }
    let fingerprint = Array(sessions.fingerprint(ofToken: token).utf8)
    return entries.withLock { entries in
      entries.first { SessionKeys.same(Array($0.fingerprint.utf8), fingerprint) }.map { ($0.id, Set($0.scopes)) }
    }
  }

  /// Makes a token; the text is known to nobody but who gets it here.
  func add(name: String, scopes: [Scope], at now: Int64) throws -> (entry: Entry, token: String) {
    let token = "bullpen_" + Hex.encode(sessions.randomBytes(32))
    let entry = Entry(
      id: Hex.encode(sessions.randomBytes(8)), name: name, scopes: scopes, created: now,
      fingerprint: sessions.fingerprint(ofToken: token))
    try entries.withLock { entries in
      guard entries.count < WebBounds.tokens else {
        throw Problem(
          .conflict, code: "conflict", "There are \(WebBounds.tokens) tokens already.", hint: "Take one back first.")
      }
      try write(entries + [entry])
      entries.append(entry)
    }
    return (entry, token)
  }

  /// False where there is none.
  func remove(_ id: String) throws -> Bool {
    try entries.withLock { entries in
      let left = entries.filter { $0.id != id }
      guard left.count < entries.count else { return false }
      try write(left)
      entries = left
      return true
    }
  }

  private func write(_ entries: [Entry]) throws {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try PrivateFile.replace(path, encoder.encode(entries))
    } catch {
      throw Problem(
        .internalServerError, code: "storage", "The file of app tokens cannot be written; nothing was changed.",
        hint: "Look for room on the disk and for the home's permissions.")
    }
  }
}
