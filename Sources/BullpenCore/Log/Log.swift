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

/// How far a log is known, or one branch of it.
public struct Head: Hashable, Comparable, Sendable {
  /// The number of the last entry; 0 before the first.
  public let sequence: UInt64
  /// The chain digest at that entry; zero before the first.
  public let digest: Digest

  public init(sequence: UInt64, digest: Digest) {
    self.sequence = sequence
    self.digest = digest
  }

  public static let start = Head(sequence: 0, digest: .zero)

  public static func < (a: Head, b: Head) -> Bool {
    a.sequence != b.sequence ? a.sequence < b.sequence : a.digest < b.digest
  }
}

/// The heads of many logs, in ascending order of log, number and digest: every node lists the same heads in the same
/// bytes. A log has one; where its device went on from one entry in two ways, each branch has its own.
public struct Heads: Hashable, Sendable {
  /// The greatest head of each log.
  public private(set) var byLog: [LogID: Head]
  /// All heads of the logs that have several, ascending.
  private var branches: [LogID: [Head]] = [:]

  public init(_ byLog: [LogID: Head] = [:]) { self.byLog = byLog }

  /// How far a log is known at most. Setting it leaves the log without branches.
  public subscript(log: LogID) -> Head {
    get { byLog[log] ?? .start }
    set {
      byLog[log] = newValue
      branches[log] = nil
    }
  }

  /// One for each branch, ascending; empty for a log of which nothing is known.
  public func all(of log: LogID) -> [Head] { branches[log] ?? byLog[log].map { [$0] } ?? [] }

  public mutating func set(_ heads: [Head], of log: LogID) {
    byLog[log] = heads.max()
    branches[log] = heads.count > 1 ? heads.sorted() : nil
  }

  public var sorted: [(log: LogID, head: Head)] {
    let logs = byLog.sorted { $0.key < $1.key }
    guard !branches.isEmpty else { return logs.map { (log: $0.key, head: $0.value) } }
    return logs.flatMap { log, head in (branches[log] ?? [head]).map { (log: log, head: $0) } }
  }

  /// The logs that have several heads, in ascending order.
  public var forked: [LogID] { branches.keys.sorted() }
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
  /// The chain digest at `last`, which says of which branch; nil for whichever there is.
  public let digest: Digest?

  public init(log: LogID, first: UInt64, last: UInt64, digest: Digest? = nil) {
    self.log = log
    self.first = first
    self.last = last
    self.digest = digest
  }
}
