import BullpenCore
import BullpenStore
import BullpenWire

/// A node's disk as the simulator sees it: the calls of a store that effects lead to. A test may put one of its
/// own in front, which misbehaves, and see whether the simulator notices.
public protocol Disk: AnyObject {
  func heads() throws -> Heads
  func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome
  func state(_ claim: Statement.Claim, wall: Int64) throws -> CommitOutcome
  /// - Parameter peer: who sent the segments, which need not be their author.
  func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome
  /// The same of several messages, in one transaction.
  ///
  /// - Returns: what came of each.
  func apply(_ messages: [SentSegments], wall: Int64, certain: Int64) throws -> [ApplyOutcome]
  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> ApplyOutcome
  func releaseQuarantine(wall: Int64, isAgreed: Bool) throws -> ApplyOutcome
  func forget(wall: Int64) throws -> Int
  func keepKeys(wall: Int64) throws -> ApplyOutcome
  func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment]
  func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead])
  /// By table, in the order of the declarations.
  func digests(wall: Int64) throws -> [(table: String, digest: Digest)]
  /// What a reader is shown of a notification here: its title and text, each nil where it does not open.
  func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (title: String?, body: String?)?
  /// The rows of `presence_settings` and `presence_days` that open here.
  func confidences(wall: Int64) throws -> [Confidence]
  /// The names that members are shown by.
  func displayNames() throws -> [MemberID: String]
  /// All that is shown of what members did.
  func activities(wall: Int64) throws -> [(key: RowKey, text: String)]
}

/// What one message brought, and who sent it.
public typealias SentSegments = (segments: [Segment], peer: DeviceID)

extension Disk {
  /// Each by itself.
  public func apply(_ messages: [SentSegments], wall: Int64, certain: Int64) throws -> [ApplyOutcome] {
    try messages.map { try apply($0.segments, from: $0.peer, wall: wall, certain: certain) }
  }
}

/// The real store.
final class StoreDisk: Disk {
  let store: Store
  init(_ store: Store) { self.store = store }

  func heads() throws -> Heads { try store.heads() }

  func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    let commit = try store.commit(draft, wall: wall)
    return CommitOutcome(heads: commit.heads, rows: commit.rows)
  }

  func state(_ claim: Statement.Claim, wall: Int64) throws -> CommitOutcome {
    let (commit, statement) = try store.state(claim, wall: wall)
    return CommitOutcome(heads: commit.heads, rows: commit.rows, statement: statement, dropped: commit.dropped)
  }

  func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    ApplyOutcome(try store.apply(segments, wall: wall, certain: certain))
  }

  func apply(_ messages: [SentSegments], wall: Int64, certain: Int64) throws -> [ApplyOutcome] {
    let arrived = messages.map { ArrivedSegments($0.segments, in: store.workspace) }
    // As another thread does while the disk is busy.
    for segments in arrived { segments.prove() }
    return try store.apply(arrived, wall: wall, certain: certain).map { ApplyOutcome($0) }
  }

  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> ApplyOutcome {
    ApplyOutcome(try store.admit(statements, wall: wall))
  }

  func releaseQuarantine(wall: Int64, isAgreed: Bool) throws -> ApplyOutcome {
    ApplyOutcome(try store.releaseQuarantine(wall: wall, isAgreed: isAgreed))
  }

  func forget(wall: Int64) throws -> Int { try store.forget(wall: wall) }

  func keepKeys(wall: Int64) throws -> ApplyOutcome { ApplyOutcome(try store.keepKeys(wall: wall)) }

  func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    try store.segments(range, maxBytes: maxBytes)
  }

  func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead]) { try store.find(heads) }

  func digests(wall: Int64) throws -> [(table: String, digest: Digest)] { try store.digests(wall: wall) }

  func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (title: String?, body: String?)? {
    try store.notification(key, for: reader, wall: wall).map { ($0.title, $0.body) }
  }

  func confidences(wall: Int64) throws -> [Confidence] {
    var found: [Confidence] = []
    for member in store.membership().members.keys.sorted() {
      let rows = try all { try store.presenceSettings(of: member, after: $0, limit: 100, wall: wall) }
      found += rows.filter { $0.settings != nil }.map {
        Confidence(table: Tables.presenceSettings.name, writer: member, written: $0.written)
      }
    }
    let days = try all { try store.presenceDays(after: $0, wall: wall) }
    return found + days.filter { $0.day != nil }.map { Confidence(Tables.presenceDays, $0.key) }
  }

  func displayNames() throws -> [MemberID: String] { try store.displayNames() }

  func activities(wall: Int64) throws -> [(key: RowKey, text: String)] {
    try all { try store.activities(after: $0, limit: 100, wall: wall) }.map { ($0.key, $0.text) }
  }

  /// The rows of all pages.
  private func all<Record>(_ page: (String?) throws -> RowPage<Record>) throws -> [Record] {
    var next = try page(nil)
    var rows = next.rows
    while let place = next.next {
      next = try page(place)
      rows += next.rows
    }
    return rows
  }
}

/// A row that tells of a person, to few.
public struct Confidence: Hashable, Sendable {
  let table: String
  let writer: MemberID
  /// Unix milliseconds, from the key.
  let written: Int64

  init(table: String, writer: MemberID, written: Int64) {
    self.table = table
    self.writer = writer
    self.written = written
  }

  init(_ table: TableDeclaration, _ key: RowKey) {
    self.init(
      table: table.name, writer: key.writer, written: key.rowID(shape: table.key)?.milliseconds ?? 0)
  }
}

/// Refuses some writes, or all, which then leave no trace.
final class FailingDisk: Disk {
  private let disk: any Disk
  private var random: SeededRandomness
  /// How many of a thousand writes fail.
  var failures = 0
  /// Whether every write fails.
  var isFull = false

  init(_ disk: any Disk, _ random: SeededRandomness) {
    self.disk = disk
    self.random = random
  }

  private func mayFail() throws {
    if isFull { throw CommitFailure(reason: "The disk is full.") }
    if random.chance(failures) { throw CommitFailure(reason: "The disk did not take it.") }
  }

  func heads() throws -> Heads { try disk.heads() }

  func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    try mayFail()
    return try disk.commit(draft, wall: wall)
  }

  func state(_ claim: Statement.Claim, wall: Int64) throws -> CommitOutcome {
    try mayFail()
    return try disk.state(claim, wall: wall)
  }

  func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    try mayFail()
    return try disk.apply(segments, from: peer, wall: wall, certain: certain)
  }

  func apply(_ messages: [SentSegments], wall: Int64, certain: Int64) throws -> [ApplyOutcome] {
    try mayFail()
    return try disk.apply(messages, wall: wall, certain: certain)
  }

  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> ApplyOutcome {
    try mayFail()
    return try disk.admit(statements, wall: wall)
  }

  func releaseQuarantine(wall: Int64, isAgreed: Bool) throws -> ApplyOutcome {
    try mayFail()
    return try disk.releaseQuarantine(wall: wall, isAgreed: isAgreed)
  }

  func forget(wall: Int64) throws -> Int {
    try mayFail()
    return try disk.forget(wall: wall)
  }

  func keepKeys(wall: Int64) throws -> ApplyOutcome {
    try mayFail()
    return try disk.keepKeys(wall: wall)
  }

  func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    try disk.segments(range, maxBytes: maxBytes)
  }

  func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead]) { try disk.find(heads) }

  func digests(wall: Int64) throws -> [(table: String, digest: Digest)] { try disk.digests(wall: wall) }

  func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (title: String?, body: String?)? {
    try disk.notification(key, for: reader, wall: wall)
  }

  func confidences(wall: Int64) throws -> [Confidence] { try disk.confidences(wall: wall) }

  func displayNames() throws -> [MemberID: String] { try disk.displayNames() }

  func activities(wall: Int64) throws -> [(key: RowKey, text: String)] { try disk.activities(wall: wall) }
}

extension ApplyOutcome {
  /// The disk did not take what came of some logs.
  static func notTaken(_ logs: [LogID]) -> ApplyOutcome {
    ApplyOutcome(
      heads: [], rows: [:], statements: [], rejected: Set(logs).sorted().map { (log: $0, reason: .storage) })
  }

  init(_ application: Application) {
    self.init(
      heads: application.heads, rows: application.rows, statements: application.statements,
      rejected: application.rejected.map {
        (log: $0.log, reason: SegmentRejection(rawValue: $0.reason.rawValue) ?? .malformed)
      }, departed: application.departed, dropped: application.dropped)
  }
}

extension Segment {
  /// What its entries say, each with its time; entries whose payload is gone or cannot be read say nothing.
  public var changes: [(time: HybridTime, change: Change)] {
    entries.compactMap { entry in
      guard case .present(let bytes) = entry.payload else { return nil }
      return ChangeCodec.decode(bytes).map { (entry.time, $0) }
    }
  }
}
