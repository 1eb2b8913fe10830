/// What two nodes say over TLS. The first six kinds make up the greeting, in which neither side says more
/// than the other has earned; the rest is spoken by members only.
public enum PeerMessage: Hashable, Sendable {
  // The greeting.
  case hello(Hello)
  case recognise(Recognition)
  case introduce([SignedStatement])
  /// The beginning of a chain that is too long for one message: what follows is the rest, in as many of these as it
  /// takes and then in the message that needs it.
  case ground([SignedStatement])
  case join(JoinMessage)
  /// With the refuser's wall clock, Unix milliseconds, for whoever has proved that it holds an invite.
  case refuse(Refusal, wall: Int64? = nil)

  // Sync.
  /// Statements that the other side may lack. An empty list ends the exchange.
  case statements(StatementExchange)
  case have(Have)
  case want(Want)
  case segments(SegmentBatch)
  case acknowledge(Acknowledgement)
  case announce([LogHead])

  // Everything else that a connection carries.
  case datagramSession(DatagramSession)
  case ping(UInt64)
  case pong(Pong)
  case vouch(VouchQuery)
  case vouchAnswer(VouchAnswer)
  case addresses([PeerAddresses])
  case goodbye
}

public struct Hello: Hashable, Sendable {
  /// The protocol's version; two nodes speak the lower.
  public var version: UInt32
  public var nonce: Nonce
  public init(version: UInt32, nonce: Nonce) {
    self.version = version
    self.nonce = nonce
  }
}

/// The workspace that a dialer means, by a hash that tells a stranger nothing: keyed by both nonces and both
/// device keys. The listener answers with the hash of its own direction, or with random bytes and a refusal
/// to say more.
public struct Recognition: Hashable, Sendable {
  public var tag: Digest
  public init(tag: Digest) { self.tag = tag }
}

/// A stranger with an invite becomes a member.
public enum JoinMessage: Hashable, Sendable {
  /// Joiner: I hold the invite's secret. Signed over workspace, both nonces and both device keys.
  case prove(InviteProof)
  /// Admitter: this is who I am, back to the genesis.
  case chain([SignedStatement])
  /// Joiner: then I am this person. The second proof is the one that the credential will carry.
  case details(JoinDetails)
  /// Admitter: welcome. The chain that ends in the new credential.
  case welcome([SignedStatement])
  /// Another device of the joiner's own member: welcome, as one of us. The chain that ends in the new credential, and
  /// the member's secret, sealed to the key that the joiner gave.
  case linked([SignedStatement], sealed: [UInt8])
}

public struct JoinDetails: Hashable, Sendable {
  public var name: String
  public var memberKey: MemberKey
  public var proof: InviteProof
  /// The joiner's signature over workspace, the member that it is to be a device of, and that member's key.
  public var consent: Signature
  public init(name: String, memberKey: MemberKey, proof: InviteProof, consent: Signature) {
    self.name = name
    self.memberKey = memberKey
    self.proof = proof
    self.consent = consent
  }
}

/// Why a greeting ends. A stranger hears only `unknown`.
public enum Refusal: UInt8, Hashable, Sendable, CaseIterable, Error {
  case unknown = 1
  case version = 2
  case inviteUnknown = 3
  case inviteExpired = 4
  case inviteSpent = 5
  case notAdmitter = 6
  case duplicate = 7
}

public struct StatementExchange: Hashable, Sendable {
  /// Every statement that the sender holds, in ascending order.
  public var known: [StatementID]
  /// Those that the other side was seen to lack.
  public var statements: [SignedStatement]
  public init(known: [StatementID], statements: [SignedStatement]) {
    self.known = known
    self.statements = statements
  }
}

/// Whoever tells of a log's heads tells of all of them, one after another in one message: one for each branch.
public struct LogHead: Hashable, Sendable {
  public var log: LogID
  public var head: Head
  public init(log: LogID, head: Head) {
    self.log = log
    self.head = head
  }

  /// The heads of each log, in the order in which they are listed.
  static func byLog(_ heads: [LogHead]) -> [(log: LogID, heads: [Head])] {
    var logs: [(log: LogID, heads: [Head])] = []
    for head in heads {
      if logs.last?.log == head.log {
        logs[logs.count - 1].heads.append(head.head)
      } else {
        logs.append((head.log, [head.head]))
      }
    }
    return logs
  }

  /// Heads in messages that fit a frame, those of one log together.
  static func messages(_ heads: [LogHead]) -> [[LogHead]] {
    guard heads.count > Limits.headsPerMessage else { return heads.isEmpty ? [] : [heads] }
    var messages: [[LogHead]] = [[]]
    for (log, heads) in byLog(heads) {
      if messages[messages.count - 1].count + heads.count > Limits.headsPerMessage { messages.append([]) }
      messages[messages.count - 1] += heads.map { LogHead(log: log, head: $0) }
    }
    return messages
  }
}

/// What the sender has. `heads` is left out while the hash alone may settle it.
public struct Have: Hashable, Sendable {
  public var digest: Digest
  public var heads: [LogHead]?
  public init(digest: Digest, heads: [LogHead]?) {
    self.digest = digest
    self.heads = heads
  }
}

public struct Want: Hashable, Sendable {
  public var ranges: [LogRange]
  public init(ranges: [LogRange]) { self.ranges = ranges }
}

public struct SegmentBatch: Hashable, Sendable {
  public var segments: [Segment]
  public init(segments: [Segment]) { self.segments = segments }
}

/// What the receiver now has on disk, and the bytes that the sender may send beyond.
public struct Acknowledgement: Hashable, Sendable {
  public var heads: [LogHead]
  public var credit: UInt32
  public init(heads: [LogHead], credit: UInt32) {
    self.heads = heads
    self.credit = credit
  }
}

/// The receiver's half of a datagram session: how to write to it.
public struct DatagramSession: Hashable, Sendable {
  public var connection: DatagramConnectionID
  /// The key for datagrams towards the receiver, 32 fresh bytes.
  public var key: Bytes32
  /// The UDP port that the receiver listens on.
  public var port: UInt16
  /// The receiver's wall clock, Unix milliseconds.
  public var wall: Int64
  public init(connection: DatagramConnectionID, key: Bytes32, port: UInt16, wall: Int64) {
    self.connection = connection
    self.key = key
    self.port = port
    self.wall = wall
  }
}

public struct Pong: Hashable, Sendable {
  public var nonce: UInt64
  public var wall: Int64
  public init(nonce: UInt64, wall: Int64) {
    self.nonce = nonce
    self.wall = wall
  }
}

/// Have you heard this device lately, and when last?
public struct VouchQuery: Hashable, Sendable {
  public var device: DeviceID
  public init(device: DeviceID) { self.device = device }
}

public struct VouchAnswer: Hashable, Sendable {
  public var device: DeviceID
  /// Milliseconds since the answerer itself heard the device; nil when it does not, or may not say.
  public var silence: Int64?
  /// When the answerer itself saw it last; nil when it never did, or may not say.
  public var sighting: ToldSighting?
  public init(device: DeviceID, silence: Int64?, sighting: ToldSighting? = nil) {
    self.device = device
    self.silence = silence
    self.sighting = sighting
  }
}

/// When a node saw a device, in spans, for which it does not matter whose clock is right.
public struct ToldSighting: Hashable, Sendable {
  /// Milliseconds since it was seen last, and for how long it was there by then.
  public var age: Int64
  public var stayed: Int64
  /// As in `LastSeen`.
  public var page: RoomID?
  public var activity: LastSeen.Activity?
  public init(age: Int64, stayed: Int64, page: RoomID? = nil, activity: LastSeen.Activity? = nil) {
    self.age = age
    self.stayed = stayed
    self.page = page
    self.activity = activity
  }
}

/// Where a device was reached.
public struct PeerAddresses: Hashable, Sendable {
  public var device: DeviceID
  public var endpoints: [Endpoint]
  public init(device: DeviceID, endpoints: [Endpoint]) {
    self.device = device
    self.endpoints = endpoints
  }
}
