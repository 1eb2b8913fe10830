/// Whether the node starts when its person logs in, and how that is changed. What starts it is the caller's to know.
public struct AtLogin: Sendable {
  public struct State: Hashable, Sendable {
    /// Nil where nothing here can start it.
    public var isEnabled: Bool?
    /// Why not, and what to do about it: sentences for people.
    public var reason: String
    public var hint: String

    public init(isEnabled: Bool?, reason: String = "", hint: String = "") {
      self.isEnabled = isEnabled
      self.reason = reason
      self.hint = hint
    }
  }

  let state: @Sendable () async -> State
  let change: @Sendable (_ isEnabled: Bool) async -> State

  /// - Parameter change: leaves the node that runs now as it is; answers how things are then.
  public init(state: @escaping @Sendable () async -> State, change: @escaping @Sendable (Bool) async -> State) {
    self.state = state
    self.change = change
  }

  /// For a node that something else starts.
  public static let impossible = AtLogin(
    state: { State(isEnabled: nil, reason: "Nothing on this machine can start Bullpen at login.") },
    change: { _ in State(isEnabled: nil, reason: "Nothing on this machine can start Bullpen at login.") })
}
