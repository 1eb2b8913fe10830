/// What whoever watches a joining is told, and when: addresses are tried side by side, and one story is told of them,
/// which does not go from showing the invite at one back to trying another.
public struct JoinTelling: Hashable, Sendable {
  /// A device is being greeted.
  private var isGreeting = false
  /// Addresses that are being tried and have neither answered nor failed, in the order of their beginning.
  private var open: [JoinProgress] = []

  public init() {}

  /// - Returns: whether to tell the step now.
  public mutating func receive(_ step: JoinProgress) -> Bool {
    switch step {
    case .trying:
      open.append(step)
      return !isGreeting
    case .reached: isGreeting = true
    // A late word of a greeting that has ended.
    case .proving where !isGreeting: return false
    case .proving: break
    case .failed, .admitted, .searching, .searchingAgain, .fetching: break
    }
    open.removeAll { $0.endpoint == step.endpoint }
    return true
  }

  /// The device that was greeted does not let us in.
  ///
  /// - Returns: what is still going on, to be told now; nil where nothing is.
  public mutating func part() -> JoinProgress? {
    isGreeting = false
    return open.last
  }
}
