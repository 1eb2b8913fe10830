import BullpenCore
import BullpenStore

/// What a person or program did that cannot be done: a code for programs, a sentence for people, and what to
/// do next.
public struct NodeError: Error, Hashable, Sendable {
  public enum Code: String, Sendable {
    case invalid, notFound = "not_found", forbidden, conflict, tooLarge = "too_large"
    /// Something else would go than the person was shown.
    case changed
    case unavailable, noWorkspace = "no_workspace", homeInUse = "home_in_use", homeUnsafe = "home_unsafe"
    case inviteMalformed = "invite_malformed", inviteRefused = "invite_refused", unreachable
    /// This device was cut: what it holds can be read, and nothing can be written.
    case removed
    case storage
    /// Nothing was written; there is room to be made.
    case diskFull = "disk_full"
    case diskReadOnly = "disk_read_only"
    /// The workspace's database cannot be read: it is to be repaired.
    case damaged
    /// More is asked for than waits for the disk at a time.
    case busy
    /// More often than this may be done. What was asked last is done in a moment.
    case tooMany = "too_many"
  }
  public var code: Code
  public var message: String
  /// What the person can do next; empty when there is nothing.
  public var hint: String

  /// What was tried, where a joining failed.
  public var report: JoinReport?

  public init(_ code: Code, _ message: String, hint: String = "", report: JoinReport? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.report = report
  }
}

extension NodeError {
  static let awaitsStatements = NodeError(
    .unavailable, "This workspace was repaired, and waits for a colleague's laptop: nothing here says who is in it.",
    hint: "Be on one network with any of them; `bullpen up --peer HOST:PORT` names one that is not found by itself.")

  public static let changed = NodeError(
    .changed, "Something else would go by now than was shown, so nothing was done.", hint: "Look at what goes now.")

  init(_ error: StoreError) {
    let code: Code =
      switch error.code {
      case .missing: .notFound
      case .exists: .conflict
      case .forbidden, .notMember: .forbidden
      case .invalid, .mixed: .invalid
      case .tooLarge: .tooLarge
      case .full: .diskFull
      case .readOnly: .diskReadOnly
      case .damaged: .damaged
      case .busy, .newer, .wrongDevice, .clock, .failed: .storage
      }
    self.init(code, error.message, hint: error.hint)
  }
}
