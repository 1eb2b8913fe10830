import BullpenCore
import BullpenWire

/// One TLS connection to a peer whose device key the handshake proved.
public struct PeerConnection: Sendable {
  public let id: ConnectionID
  public let device: DeviceID
  public let remote: Endpoint
  /// Whether the peer dialed us.
  public let isInbound: Bool
  let link: PeerLink

  /// Sends a message after those that were sent before. It never blocks. When more than `Limits.outboundBytes`
  /// wait, the connection closes with `slowReader`; on a closed connection nothing happens.
  public func send(_ message: PeerMessage) {
    let body = PeerMessageCodec.encode(message)
    // Longer is a mistake of ours: without the message the protocol would go on wrongly, so it does not go on.
    guard body.count <= Limits.frameBytes else { return link.abort(.tooLarge) }
    link.send(Frame.encode(body))
  }

  /// The greeting went well. Until then an inbound connection has one of `Limits.greetings` places and
  /// `Limits.handshake` milliseconds.
  public func greeted() { link.greeted() }

  /// Closes after what was sent before has left. A device that was refused by the other side's TLS learns it
  /// only so, after the connection has opened.
  public func close() { link.close() }
}
