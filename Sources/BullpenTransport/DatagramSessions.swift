import BullpenCore
import BullpenCrypto

/// A device in a workspace: the two ends of a datagram session are one pair of these.
public struct DatagramSessionRef: Hashable, Sendable {
  public let workspace: WorkspaceID
  public let device: DeviceID
  public init(workspace: WorkspaceID, device: DeviceID) {
    self.workspace = workspace
    self.device = device
  }
}

/// The receiving direction: what we told a peer over TLS, so that it can write to us.
public struct LocalSession: Sendable {
  /// Who will write, and must have signed.
  public let peer: DatagramSessionRef
  /// The id that we chose, at random.
  public let connection: DatagramConnectionID
  /// 32 fresh random bytes.
  public let key: Bytes32
  public init(peer: DatagramSessionRef, connection: DatagramConnectionID, key: Bytes32) {
    self.peer = peer
    self.connection = connection
    self.key = key
  }
}

/// A datagram that passed every check of the gate.
public struct ReceivedDatagram: Sendable {
  public let peer: DatagramSessionRef
  /// Which of our sessions it came by; an old and a new one of a pair may live side by side.
  public let connection: DatagramConnectionID
  public let body: DatagramBody
  /// Where it came from. When it is the newest of its session, answers go there from now on.
  public let source: Endpoint
  public let isNewest: Bool
}

/// Why something was not sent; each reason has a counter.
public enum SendDropReason: String, Hashable, Sendable, CaseIterable {
  /// The body does not fit a datagram.
  case size
  /// `Limits.datagramsQueued` bodies wait already.
  case queue
  /// Nobody has told how to write to this peer.
  case unaimed
  /// The socket is full, or not bound, or there is no way to the address now.
  case socket
}

/// What has passed a presence socket since its start.
public struct DatagramCounts: Hashable, Sendable {
  /// Datagrams that left.
  public var sent = 0
  /// Datagrams that passed every check.
  public var received = 0
  /// Cursors among those whose signatures were not checked.
  public var unchecked = 0
  public var drops: [DropReason: Int] = [:]
  public var sendDrops: [SendDropReason: Int] = [:]
}

/// The receiving direction as the socket uses it.
struct InboundSession: DatagramSender {
  let peer: DatagramSessionRef
  let key: DatagramKey
  var device: DeviceID { peer.device }

  init(_ session: LocalSession) {
    peer = session.peer
    key = DatagramKey(session.key)
  }

  func verifies(_ signature: Signature, over body: [UInt8]) -> Bool {
    peer.device.verifies(signature, over: DatagramSignature.bytes(peer.workspace, body), .datagram)
  }
}

/// The sending direction.
struct Aim: Sendable {
  var endpoint: Endpoint
  let connection: DatagramConnectionID
  let secret: Bytes32
  private let key: DatagramKey
  /// The number that was used last.
  private var sequence: UInt64 = 0

  init(endpoint: Endpoint, connection: DatagramConnectionID, secret: Bytes32) {
    self.endpoint = endpoint
    self.connection = connection
    self.secret = secret
    key = DatagramKey(secret)
  }

  /// A number is used once, whatever becomes of the datagram.
  mutating func seal(_ content: [UInt8]) -> [UInt8] {
    sequence += 1
    return key.seal(content, DatagramHeader(connection: connection, sequence: sequence))
  }
}

enum DatagramSignature {
  /// What a sender signs once for all recipients: the workspace, then the body.
  static func bytes(_ workspace: WorkspaceID, _ body: [UInt8]) -> [UInt8] { workspace.bytes + body }
}
