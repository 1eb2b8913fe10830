/// What one datagram says. Its sender is known by the session key and by the signature inside.
public enum DatagramBody: Hashable, Sendable {
  /// Full presence: a heartbeat, or a change that wants an acknowledgement.
  case presence(PresenceUpdate)
  /// A change of presence has arrived.
  case acknowledge(PresenceVersion)
  /// Answer at once: the sender fears that we are gone.
  case probe(UInt64)
  case probeAnswer(UInt64)
  /// A cursor moved; latest wins.
  case cursor(CursorUpdate)
  /// The device stops now, and means it.
  case goodbye(PresenceVersion)
  /// An admin takes all cursors out of a room.
  case cursorClear(CursorClear)

  /// Whether it is a cursor, which comes often and says little.
  public var isCursor: Bool { if case .cursor = self { true } else { false } }
}

/// Which of two presences of one device is newer: first the session, then the counter in it.
public struct PresenceVersion: Hashable, Comparable, Sendable {
  /// Unix milliseconds when the node's session began: at start and at each resume from sleep.
  public let session: Int64
  public let counter: UInt64

  public init(session: Int64, counter: UInt64) {
    self.session = session
    self.counter = counter
  }

  public static func < (a: PresenceVersion, b: PresenceVersion) -> Bool {
    a.session != b.session ? a.session < b.session : a.counter < b.counter
  }
}

public struct PresenceUpdate: Hashable, Sendable {
  public var version: PresenceVersion
  public var presence: DevicePresence
  public var wantsAcknowledgement: Bool
  /// A hash of all heads that the sender knows: a receiver whose own differs wakes its sync session.
  public var heads: UInt64
  /// Whom the receiver may tell that it hears the sender.
  public var hearsay: Hearsay

  public init(
    version: PresenceVersion, presence: DevicePresence, wantsAcknowledgement: Bool, heads: UInt64,
    hearsay: Hearsay = .nobody
  ) {
    self.version = version
    self.presence = presence
    self.wantsAcknowledgement = wantsAcknowledgement
    self.heads = heads
    self.hearsay = hearsay
  }
}

public struct CursorUpdate: Hashable, Sendable {
  public var room: RoomID
  /// Orders the moves of one device; session first, as for presence.
  public var version: PresenceVersion
  /// Nil removes the cursor.
  public var position: CursorPosition?

  public init(room: RoomID, version: PresenceVersion, position: CursorPosition?) {
    self.room = room
    self.version = version
    self.position = position
  }
}

/// All cursors of a room go, whoever's they are. It counts only from an admin's device.
public struct CursorClear: Hashable, Sendable {
  public var room: RoomID
  /// Tells the clears of one device apart: each is said more than once, and done once.
  public var version: PresenceVersion

  public init(room: RoomID, version: PresenceVersion) {
    self.room = room
    self.version = version
  }
}

/// The clear header of a datagram, all of it authenticated with the content.
///
///      0               1                       9                       17
///     +---------------+-----------------------+-----------------------+----------------------------+
///     | version, 1    | connection id, 8      | sequence, 8, from 1   | content ‖ authenticator 16 |
///     +---------------+-----------------------+-----------------------+----------------------------+
///
/// The content is a 64-byte Ed25519 signature of the sending device, then the body.
public struct DatagramHeader: Hashable, Sendable {
  public static let version: UInt8 = 1
  public static let size = 17
  public static let authenticatorBytes = 16
  public static let signatureBytes = 64
  /// The longest body that fits a datagram.
  public static let maximumBody = Limits.datagramBytes - size - authenticatorBytes - signatureBytes
  /// The least size of a datagram: header, authenticator, signature, one byte.
  public static let minimum = size + authenticatorBytes + signatureBytes + 1

  /// The id that the receiver chose for this direction.
  public let connection: DatagramConnectionID
  /// Strictly increasing in one direction of one session; also the nonce.
  public let sequence: UInt64

  public init(connection: DatagramConnectionID, sequence: UInt64) {
    self.connection = connection
    self.sequence = sequence
  }

  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.size) { bytes, filled in
      write(to: UnsafeMutableRawBufferPointer(bytes))
      filled = Self.size
    }
  }

  /// Writes the header to the first `size` bytes, which are there.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes[0] = Self.version
    bytes.storeBytes(of: connection.raw.bigEndian, toByteOffset: 1, as: UInt64.self)
    bytes.storeBytes(of: sequence.bigEndian, toByteOffset: 9, as: UInt64.self)
  }

  /// Reads the header of a datagram; nil when it is too short or of another version.
  public init?(_ datagram: UnsafeRawBufferPointer) {
    guard datagram.count >= Self.minimum, datagram[0] == Self.version else { return nil }
    connection = DatagramConnectionID(
      raw: UInt64(bigEndian: datagram.loadUnaligned(fromByteOffset: 1, as: UInt64.self)))
    sequence = UInt64(bigEndian: datagram.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
  }

  public init?(_ datagram: [UInt8]) {
    guard let header = datagram.withUnsafeBytes({ DatagramHeader($0) }) else { return nil }
    self = header
  }
}

/// Eight random bytes by which a receiver knows a sender's datagrams, whatever address they come from.
public struct DatagramConnectionID: Hashable, Sendable {
  public let raw: UInt64
  public init(raw: UInt64) { self.raw = raw }
}

/// Why a datagram was dropped; each reason has a counter.
public enum DropReason: String, Hashable, Sendable, CaseIterable, Error {
  case size, version
  case unknownConnection = "unknown_connection"
  case sourceRate = "source_rate"
  case authentication
  case replay
  case peerRate = "peer_rate"
  case signature
  case malformed
  case notMember = "not_member"

  /// What such datagrams were, for people, without a full stop.
  public var words: String {
    switch self {
    case .size: "shorter or longer than any of Bullpen's"
    case .version: "of another version of Bullpen, or of another program"
    case .unknownConnection: "for a session that is over, as they come just after a restart"
    case .sourceRate: "more from one address than is listened to"
    case .authentication: "not sealed by who they claimed to be from"
    case .replay: "heard before, or too late"
    case .peerRate: "more from one device than is listened to"
    case .signature: "not signed by the device that they claimed to be from"
    case .malformed: "not to be understood"
    case .notMember: "from a device that is no member's"
    }
  }
}
