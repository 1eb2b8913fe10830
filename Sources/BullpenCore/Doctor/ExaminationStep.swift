/// How far an examination has come, for whoever waits for it.
public enum ExaminationStep: Hashable, Sendable {
  /// At this machine's interfaces, of which so many are up.
  case looking(interfaces: Int)
  /// For the node's own announcement, on these interfaces.
  case listening([String])
  /// It came back on this interface, or did not.
  case echo(String, heard: Bool)
  /// An address of whom; nil for one given by hand, of which nobody knows.
  case trying(Endpoint, name: String?)
  case failed(Endpoint, Symptoms.Address.Outcome)
  /// The device answers there, and is greeted.
  case reached(Endpoint, name: String?)
  /// All is known.
  case concluding

  /// The word of the API.
  public var phase: String {
    switch self {
    case .looking: "looking"
    case .listening: "listening"
    case .echo: "echo"
    case .trying: "trying"
    case .failed: "failed"
    case .reached: "reached"
    case .concluding: "concluding"
    }
  }

  public var endpoint: Endpoint? {
    switch self {
    case .trying(let endpoint, _), .failed(let endpoint, _), .reached(let endpoint, _): endpoint
    case .looking, .listening, .echo, .concluding: nil
    }
  }

  /// For people, without a full stop.
  public var words: String {
    switch self {
    case .looking(1): "Looking at this machine's network: one interface is up"
    case .looking(let count): "Looking at this machine's network: \(count) interfaces are up"
    case .listening(let names): "Listening by mDNS for this node's own announcement on \(names.joined(separator: ", "))"
    case .echo(let name, true): "mDNS is heard on \(name)"
    case .echo(let name, false): "mDNS is not heard on \(name)"
    case .trying(let endpoint, let name?): "Trying \(endpoint), where \(name) was"
    case .trying(let endpoint, nil): "Trying \(endpoint), which was given by hand"
    case .failed(let endpoint, let outcome): "\(endpoint): \(outcome.words)"
    case .reached(let endpoint, let name): "\(name ?? "Somebody") answers at \(endpoint)"
    case .concluding: "Putting it together"
    }
  }
}
