import BullpenNode
import Hummingbird

struct PeerBody: Encodable {
  struct Address: Encodable {
    let endpoint: String
    let sources: [String]
  }

  let deviceId: String
  let userId: String
  let state: String
  @Nullable var endpoint: String?
  @Nullable var silence: Int64?
  let sources: [String]
  @Nullable var clockOffset: Int64?
  let withholds: Bool
  let addresses: [Address]

  init(_ view: PeerView) {
    deviceId = view.device.description
    userId = view.member.description
    state = view.state
    endpoint = view.endpoint?.description
    silence = view.silence
    sources = view.sources
    clockOffset = view.clockOffset
    withholds = view.withholds
    addresses = view.addresses.map {
      Address(endpoint: $0.endpoint.description, sources: $0.sources.map(\.name))
    }
  }
}

/// The other devices of the workspace.
extension RouteTable {
  func addPeers() {
    on(.get, "/api/v1/peers", needs: .read) { call in
      JSON.response(ItemsBody(items: try await call.workspace().peers().map(PeerBody.init)))
    }
  }
}
