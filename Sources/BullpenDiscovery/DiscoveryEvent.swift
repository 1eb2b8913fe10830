import BullpenCore

/// Which mDNS responder speaks for this node.
public enum DiscoveryMode: String, Hashable, Sendable, CaseIterable {
  /// The system's Avahi daemon where one answers, the embedded responder where none does; changes while running.
  case auto
  /// The system's Avahi daemon alone.
  case system
  /// The responder inside this process alone.
  case embedded
  case off
}

public enum DiscoveryState: Hashable, Sendable {
  case off
  case starting
  /// `.system` or `.embedded`.
  case running(DiscoveryMode)
  /// A sentence that a person can act on. Discovery tries on by itself.
  case failing(String)
}

/// An instance of the service that was heard, with everything that is known of it at present.
///
/// A hint where somebody may be dialled. It proves nothing: neither who that is nor that anyone still lives there.
public struct Sighting: Hashable, Sendable {
  public let instance: String
  /// Every address resolved on any interface, in the order in which to dial (`protocol/discovery.md`); never
  /// empty, at most `Limits.addressesPerPeer`. Link-local IPv6 carries the interface it was heard on as its scope.
  public let endpoints: [Endpoint]
  /// The index of the interface of the first endpoint.
  public let interface: UInt32
  /// Keys in lower case. Odd pairs were left out, and an oversized record is empty.
  public let txt: [String: String]

  public init(instance: String, endpoints: [Endpoint], interface: UInt32, txt: [String: String]) {
    self.instance = instance
    self.endpoints = endpoints
    self.interface = interface
    self.txt = txt
  }
}

public enum DiscoveryEvent: Hashable, Sendable {
  /// New, or changed: it replaces what was said of the instance before.
  case found(Sighting)
  case lost(instance: String)
  case state(DiscoveryState)
}
