import BullpenCore

/// Addresses given by hand, as they were written.
struct GivenPeers: Sendable {
  struct Peer: Sendable {
    let text: String
    /// Empty where it is a name that leads to none.
    let endpoints: [Endpoint]
  }

  let texts: [String]

  /// Names are looked up anew: a laptop's address changes.
  func resolve() async -> [Peer] {
    var peers: [Peer] = []
    for text in texts {
      let endpoints = await NodeAddress.resolve(text, defaultPort: NodeOptions.defaultPort)
      peers.append(Peer(text: text, endpoints: endpoints))
    }
    return peers
  }
}
