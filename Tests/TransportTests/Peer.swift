import BullpenCore
import BullpenCrypto
import BullpenTransport
import NIOPosix
import Testing

/// A device with its connections, and what happened on them.
final class Peer: Sendable {
  enum Event: Sendable {
    case opened(PeerConnection)
    case received(ConnectionID, PeerMessage)
    case closed(ConnectionID, CloseReason)
  }

  let key: DeviceKey
  let connections: Connections
  let heard: Recorder<Event>
  /// Receipts that are kept: messages that this peer does not get around to.
  let receipts: Recorder<Receipt>

  var device: DeviceID { key.id }

  /// - Parameter patience: as that of `Connections`; long, so that a slow machine changes no story.
  init(_ seed: UInt64, isBusy: Bool = false, patience: Int64 = 600_000) throws {
    var random = SeededRandomness(seed: seed)
    key = DeviceKey(using: &random)
    let heard = Recorder<Event>()
    let receipts = Recorder<Receipt>()
    self.heard = heard
    self.receipts = receipts
    connections = try Connections(identity: key, group: MultiThreadedEventLoopGroup.singleton, patience: patience) {
      event in
      switch event {
      case .opened(let connection): heard.put(.opened(connection))
      case .received(let id, let message, let receipt):
        if isBusy { receipts.put(receipt) }
        heard.put(.received(id, message))
      case .closed(let id, let reason): heard.put(.closed(id, reason))
      }
    }
  }

  /// - Returns: where to dial it.
  func listen(on host: [UInt8] = [127, 0, 0, 1]) async throws -> Endpoint {
    let port = try await connections.listen(port: 0)
    return try #require(Endpoint(address: host, port: port))
  }

  /// The connection that came number `place`.
  func inbound(_ place: Int = 0) async throws -> PeerConnection {
    try await heard.wait(for: "connection \(place)") { events in
      let opened = events.compactMap { if case .opened(let one) = $0, one.isInbound { one } else { nil } }
      return place < opened.count ? opened[place] : nil
    }
  }

  func messages(_ count: Int, on id: ConnectionID? = nil) async throws -> [PeerMessage] {
    try await heard.wait(for: "\(count) messages") { events in
      guard events.count >= count else { return nil }
      let messages = events.compactMap { event -> PeerMessage? in
        guard case .received(let from, let message) = event, id == nil || from == id else { return nil }
        return message
      }
      return messages.count >= count ? messages : nil
    }
  }

  func closed(_ id: ConnectionID) async throws -> CloseReason {
    try await heard.wait(for: "end of connection \(id.raw)") { events in
      events.lazy.compactMap { if case .closed(id, let reason) = $0 { reason } else { nil } }.first
    }
  }
}

let loopback4: [UInt8] = [127, 0, 0, 1]
let loopback6: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
