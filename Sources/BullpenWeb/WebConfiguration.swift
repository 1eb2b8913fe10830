import BullpenCore
import BullpenNode
import Foundation

/// Where and how the local API is served.
public struct WebConfiguration: Sendable {
  /// `127.0.0.1` or `::1`.
  public var host: String
  /// 0 picks a free one.
  public var port: UInt16
  /// A folder with `Inter-*.otf`; nil where there is none, and the view takes the system's font.
  public var fontDirectory: String?
  /// The file that keeps digests of the tokens for apps. It is made when the first one is, with mode 0600.
  public var tokenFile: String
  /// Beside it, the file that keeps digests of logins that were ended before their time.
  var logoutFile: String { (tokenFile as NSString).deletingLastPathComponent + "/logouts.json" }
  public var sessions: SessionKeys
  /// What `PUT /api/v1/node/log-level` turns.
  public var logs: LogDial
  /// What `PUT /api/v1/node/at-login` changes.
  public var atLogin: AtLogin
  /// Unix milliseconds.
  public var clock: @Sendable () -> Int64

  public init(
    host: String = "127.0.0.1", port: UInt16 = 4780, tokenFile: String, sessions: SessionKeys,
    logs: LogDial = LogDial(), atLogin: AtLogin = .impossible,
    fontDirectory: String? = "/usr/share/fonts/opentype/inter",
    clock: @escaping @Sendable () -> Int64 = systemMilliseconds
  ) {
    self.host = host
    self.port = port
    self.fontDirectory = fontDirectory
    self.tokenFile = tokenFile
    self.sessions = sessions
    self.logs = logs
    self.atLogin = atLogin
    self.clock = clock
  }
}

/// Why the local API cannot be served, in a sentence for people.
public struct WebError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Sendable {
    /// The address is not this machine's own.
    case notLoopback
    /// The port is taken.
    case portTaken
    case cannotListen
    /// The file of tokens cannot be read or written.
    case tokenFile
  }
  public var code: Code
  public var message: String
  public var hint: String

  public var description: String { hint.isEmpty ? message : "\(message) \(hint)" }
}
