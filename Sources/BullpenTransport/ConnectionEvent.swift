import BullpenCore

/// What happens on connections. For one connection: `opened`, then `received` in the order of sending, then
/// `closed`, once and last.
public enum ConnectionEvent: Sendable {
  case opened(PeerConnection)
  /// The receipt is dropped when the message has been dealt with; reading waits for it.
  case received(ConnectionID, PeerMessage, Receipt)
  case closed(ConnectionID, CloseReason)
}

/// Counts a message as not yet dealt with for as long as anybody holds it. A queue that keeps the event keeps
/// the receipt, so a node that falls behind slows its peers down instead of filling its memory.
public final class Receipt: Sendable {
  private let release: @Sendable () -> Void
  init(_ release: @escaping @Sendable () -> Void) { self.release = release }
  deinit { release() }
}

/// Why a connection ended; each reason has a counter.
public enum CloseReason: String, Hashable, Sendable, CaseIterable {
  /// We closed it.
  case local
  /// The other side closed it, or its machine did.
  case remote
  /// A frame was longer than a frame may be, or held no message.
  case malformed
  /// More waited to be sent than `Limits.outboundBytes`: the other side reads too slowly.
  case slowReader = "slow_reader"
  /// We had a message to send that no frame holds.
  case tooLarge = "too_large"
  /// It was not greeted within `Limits.handshake`.
  case ungreeted
  /// Others who had not yet been greeted came after it, and there are only so many places.
  case crowded
  /// TLS or the network failed.
  case failed
}

/// Why nobody was reached.
public enum DialError: Error, Hashable, Sendable {
  /// The machine is there and nobody listens.
  case refused
  case timedOut
  /// No route, no such interface, or the address is none of anybody's.
  case unreachable
  /// Another device lives at this address.
  case wrongDevice(found: DeviceID)
  /// Whoever listens does not speak TLS 1.3 with a device key.
  case handshake
  /// This node is closing its connections, or the task was cancelled.
  case stopped
}

/// What has happened on connections since the start.
public struct ConnectionCounts: Hashable, Sendable {
  /// Connections there are now, those amid their handshake included.
  public var open = 0
  public var accepted = 0
  public var dialed = 0
  /// Inbound connections that ended before a device had shown itself.
  public var handshakesFailed = 0
  /// Inbound connections that were turned away at once: `Limits.inbound` were open.
  public var turnedAway = 0
  /// Opened connections that ended, by why.
  public var closed: [CloseReason: Int] = [:]
}
