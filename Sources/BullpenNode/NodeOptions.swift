import BullpenCore
import BullpenDiscovery

/// How a node is to run.
public struct NodeOptions: Sendable {
  /// The folder that holds keys and databases, 0700.
  public var home: String
  /// Confines sockets and mDNS to one interface; nil means all.
  public var interface: String?
  /// Addresses given by hand, as `host:port`.
  public var peers: [String]
  public var discovery: DiscoveryMode
  /// For TCP and UDP; 0 picks a free one.
  public var port: Int
  /// The port that this node had last, to be had again where the wished one is taken; 0 when there was none.
  public var keptPort = 0
  public var kind: DeviceKind
  /// Whether the desktop of this account is asked for how long nobody has touched it. Of a node that is not its person's
  /// own, as in a test, it would tell of somebody else.
  public var asksDesktop = false

  public static let defaultPort = 4781

  public init(
    home: String, interface: String? = nil, peers: [String] = [], discovery: DiscoveryMode = .auto,
    port: Int = NodeOptions.defaultPort, kind: DeviceKind = .desktop
  ) {
    self.home = home
    self.interface = interface
    self.peers = peers
    self.discovery = discovery
    self.port = port
    self.kind = kind
  }
}

extension NodeOptions {
  /// Reads the way of discovery from its name; nil for one that there is not.
  public init?(discovery name: String, home: String) {
    guard let mode = DiscoveryMode(rawValue: name) else { return nil }
    self.init(home: home, discovery: mode)
  }
}
