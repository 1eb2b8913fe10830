/// The changes of one device incarnation in one workspace, numbered 1, 2, 3 …, hash-chained, signed.
public struct LogID: Hashable, Comparable, Sendable {
  public let device: DeviceID
  public let incarnation: Incarnation
  public let kind: LogKind

  public init(device: DeviceID, incarnation: Incarnation, kind: LogKind) {
    self.device = device
    self.incarnation = incarnation
    self.kind = kind
  }

  public static func < (a: LogID, b: LogID) -> Bool {
    if a.device != b.device { return a.device < b.device }
    if a.incarnation != b.incarnation { return a.incarnation < b.incarnation }
    return a.kind.rawValue < b.kind.rawValue
  }

  /// device 32 ‖ incarnation 16 ‖ kind 1, as it enters digests.
  public var bytes: [UInt8] { device.bytes + incarnation.bytes + [kind.rawValue] }
}

public enum LogKind: UInt8, Hashable, Sendable, CaseIterable {
  /// Tables whose rows live for ever.
  case lasting = 1
  /// Tables whose rows have a lifetime.
  case passing = 2
}

/// How far a log is known.
public struct Head: Hashable, Sendable {
  /// The number of the last entry; 0 before the first.
  public let sequence: UInt64
  /// The chain digest at that entry; zero before the first.
  public let digest: Digest

  public init(sequence: UInt64, digest: Digest) {
    self.sequence = sequence
    self.digest = digest
  }

  public static let start = Head(sequence: 0, digest: .zero)
}

/// The heads of many logs, in ascending order of log: every node lists the same heads in the same bytes.
public struct Heads: Hashable, Sendable {
  public private(set) var byLog: [LogID: Head]
  public init(_ byLog: [LogID: Head] = [:]) { self.byLog = byLog }

  public subscript(log: LogID) -> Head {
    get { byLog[log] ?? .start }
    set { byLog[log] = newValue }
  }
  public var sorted: [(log: LogID, head: Head)] {
    byLog.sorted { $0.key < $1.key }.map { (log: $0.key, head: $0.value) }
  }
}

/// One entry of a log.
public struct Entry: Hashable, Sendable {
  public let time: HybridTime
  /// When all of its rows are dead, in Unix milliseconds; 0 means never.
  public let expiry: Int64
  public let payload: Payload

  public enum Payload: Hashable, Sendable {
    /// The encoded `Change`, verbatim as its author wrote it.
    case present([UInt8])
    /// Only the digest is left. Allowed once the expiry has passed; before that it is a hole.
    case absent(Digest)
  }

  public init(time: HybridTime, expiry: Int64, payload: Payload) {
    self.time = time
    self.expiry = expiry
    self.payload = payload
  }
}

/// A contiguous run of a log, sent and stored as one, signed at its end.
public struct Segment: Hashable, Sendable {
  public let log: LogID
  /// The number of the first entry, from 1.
  public let first: UInt64
  /// The chain digest before the first entry; zero when `first` is 1.
  public let previous: Digest
  public let entries: [Entry]
  /// The author's signature over the chain digest at the last entry.
  public let signature: Signature

  public init(log: LogID, first: UInt64, previous: Digest, entries: [Entry], signature: Signature) {
    self.log = log
    self.first = first
    self.previous = previous
    self.entries = entries
    self.signature = signature
  }

  public var last: UInt64 { first + UInt64(entries.count) - 1 }
}

/// A run of sequence numbers of one log that a node asks for.
public struct LogRange: Hashable, Sendable {
  public let log: LogID
  public let first: UInt64
  public let last: UInt64

  public init(log: LogID, first: UInt64, last: UInt64) {
    self.log = log
    self.first = first
    self.last = last
  }
}
