/// How far a joining has come, for whoever waits for it.
public enum JoinProgress: Hashable, Sendable {
  /// Nobody has answered yet; so many addresses are known.
  case searching(addresses: Int)
  /// Every address was tried once, and all are tried again.
  case searchingAgain
  case trying(Endpoint, JoinAttempt.Source)
  /// An address did not work, or does not work in another way than before.
  case failed(JoinAttempt)
  /// A device answers; whose it is, is not known yet.
  case reached(Endpoint)
  /// It is of the invite's workspace, and is shown that we hold the invite.
  case proving(Endpoint)
  /// We were let in.
  case admitted(Endpoint)
  /// So many entries of history are here, of so many that are known to be; nil until that is known.
  case fetching(have: UInt64, total: UInt64?)

  /// The word of the API.
  public var phase: String {
    switch self {
    case .searching, .searchingAgain: "searching"
    case .trying: "trying"
    case .failed: "failed"
    case .reached: "reached"
    case .proving: "proving"
    case .admitted: "admitted"
    case .fetching: "fetching"
    }
  }

  public var endpoint: Endpoint? {
    switch self {
    case .searching, .searchingAgain, .fetching: nil
    case .trying(let endpoint, _), .reached(let endpoint), .proving(let endpoint), .admitted(let endpoint): endpoint
    case .failed(let attempt): attempt.endpoint
    }
  }

  /// For people, without a full stop.
  public var words: String {
    switch self {
    case .searching(0): "Looking for colleagues on the network"
    case .searching(1): "Looking for colleagues; one address is known"
    case .searching(let count): "Looking for colleagues; \(count) addresses are known"
    case .searchingAgain: "Still looking, for up to \(Limits.joining / 1_000) s: who can let you in may be waking up"
    case .trying(let endpoint, let source): "Trying \(endpoint), \(source.words)"
    case .failed(let attempt): attempt.words
    case .reached(let endpoint): "Reached a device at \(endpoint)"
    case .proving(let endpoint): "Showing the invite to the device at \(endpoint)"
    case .admitted(let endpoint): "The device at \(endpoint) has let you in"
    case .fetching(_, nil): "Fetching the history"
    case .fetching(let have, let total?): "Fetching the history: \(have) of \(total)"
    }
  }
}
