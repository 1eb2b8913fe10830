import BullpenCore
import BullpenSimulator
import Testing

/// A simulator that finds nothing may look nowhere: each of these disks has a bug that has bitten real systems.
@Suite("Planted bugs are found")
struct PlantedBugTests {
  /// - Parameters:
  ///   - fault: only seeds are tried that bring one of these; nil for all.
  ///   - words: only this finding counts; nil for any. What else a seed brings may show a bug in another way.
  /// - Returns: the first seed of two hundred that fails, with what it found. Without the bug it does not fail.
  private func hunt(
    _ fault: ((FaultPlan.Fault) -> Bool)? = nil, telling words: String? = nil, program: (() -> any Program)? = nil,
    _ disk: @escaping (any Disk) -> any Disk
  ) -> (seed: UInt64, findings: [String])? {
    for seed in UInt64(1)...200 {
      if let fault, !FaultPlan(seed: seed).faults.contains(where: { fault($0.fault) }) { continue }
      let findings = Simulation(seed: seed, disk: disk, program: program).run(settlingWithin: 45_000).findings
      let isFound = findings.contains { finding in words.map { finding.contains($0) } ?? true }
      guard isFound else { continue }
      #expect(Simulation(seed: seed).run(settlingWithin: 45_000).findings == [])
      return (seed, findings)
    }
    return nil
  }

  @Test("a tie that whoever relayed it decides")
  func tieBrokenByRelay() throws {
    let found = try #require(hunt { RelayDecides($0) })
    #expect(found.findings.contains { $0.contains("other rows in settings") })
  }

  @Test("a head that moves before its content is there")
  func headBeforeContent() throws {
    let found = try #require(hunt { HeadFirst($0) })
    #expect(!found.findings.isEmpty)
  }

  @Test("a duplicate that is acknowledged and lost, though what it repeats never arrived")
  func lostDuplicate() throws {
    let found = try #require(hunt { ForgetsDuplicates($0) })
    #expect(found.findings.contains { $0.contains("other heads") })
  }

  @Test("a second history of a log that is refused, because another was heard first")
  func firstHistory() throws {
    let isTold = { (fault: FaultPlan.Fault) in if case .equivocate = fault { true } else { false } }
    let found = try #require(hunt(isTold) { FirstHistory($0) })
    #expect(found.findings.contains { $0.contains("other heads") })
  }

  @Test("one queue for all, so that nobody is sent anything while somebody reads slowly")
  func oneQueue() throws {
    let isSlow = { (fault: FaultPlan.Fault) in if case .slow = fault { true } else { false } }
    _ = try #require(hunt(isSlow, telling: "though both have good lines", program: { OneQueue() }) { $0 })
  }

  @Test("a failing plan becomes a story of a few lines that fails in the same way")
  func shrinks() throws {
    let found = try #require(hunt { RelayDecides($0) })
    let whole = FaultPlan(seed: found.seed)
    var shrinker = Shrinker(seed: found.seed, settlingWithin: 20_000, budget: 120) { RelayDecides($0) }
    let made = shrinker.shrink()
    let shrunk = try #require(made)
    #expect(shrunk.runs <= 120)
    #expect(shrunk.findings.contains { $0.contains("other rows in settings") })
    // How small it becomes in so few runs depends on the seed.
    #expect(shrunk.plan.faults.count <= 6)
    #expect(shrunk.plan.deeds.count * 3 <= whole.deeds.count)
    #expect(shrunk.plan.deeds.contains { $0.kind == .twins })
    #expect(shrunk.plan.nodes <= whole.nodes)
    #expect(shrunk.plan.story.count * 2 <= whole.story.count)
    #expect(Simulation(seed: shrunk.seed, plan: shrunk.plan).run(settlingWithin: 45_000).findings == [])
    var healthy = Shrinker(seed: found.seed)
    let nothing = healthy.shrink()
    #expect(nothing == nil)
  }
}

/// Passes everything on. What a planted bug does otherwise, it overrides.
class PassingDisk: Disk {
  let disk: any Disk
  init(_ disk: any Disk) { self.disk = disk }

  func heads() throws -> Heads { try disk.heads() }
  func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome { try disk.commit(draft, wall: wall) }
  func state(_ claim: Statement.Claim, wall: Int64) throws -> CommitOutcome { try disk.state(claim, wall: wall) }
  func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    try disk.apply(segments, from: peer, wall: wall, certain: certain)
  }
  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> ApplyOutcome {
    try disk.admit(statements, wall: wall)
  }
  func releaseQuarantine(wall: Int64, isAgreed: Bool) throws -> ApplyOutcome {
    try disk.releaseQuarantine(wall: wall, isAgreed: isAgreed)
  }
  func forget(wall: Int64) throws -> Int { try disk.forget(wall: wall) }
  func keepKeys(wall: Int64) throws -> ApplyOutcome { try disk.keepKeys(wall: wall) }
  func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    try disk.segments(range, maxBytes: maxBytes)
  }
  func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead]) { try disk.find(heads) }
  func digests(wall: Int64) throws -> [(table: String, digest: Digest)] { try disk.digests(wall: wall) }
  func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (title: String?, body: String?)? {
    try disk.notification(key, for: reader, wall: wall)
  }
}

/// Merges settings by itself, and of two writes of one millisecond keeps that of the greater sender, where it
/// ought to look at the author.
private final class RelayDecides: PassingDisk {
  private struct Held {
    var time: Int64
    var sender: DeviceID
    var content: [UInt8]
  }
  private var settings: [[UInt8]: Held] = [:]

  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    let outcome = try super.commit(draft, wall: wall)
    for head in outcome.heads {
      let range = LogRange(log: head.log, first: head.head.sequence, last: head.head.sequence)
      for segment in try disk.segments(range, maxBytes: 1 << 20) { merge(segment, from: head.log.device) }
    }
    return outcome
  }

  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let outcome = try super.apply(segments, from: peer, wall: wall, certain: certain)
    for segment in segments where !outcome.rejected.contains(where: { $0.log == segment.log }) {
      merge(segment, from: peer)
    }
    return outcome
  }

  private func merge(_ segment: Segment, from sender: DeviceID) {
    for (time, change) in segment.changes {
      for row in change.rows where row.table == Tables.settings.name {
        guard let content = row.cells.first?.content else { continue }
        let new = Held(time: time.milliseconds, sender: sender, content: content)
        if let old = settings[row.key], (new.time, old.sender) < (old.time, new.sender) { continue }
        settings[row.key] = new
      }
    }
  }

  override func digests(wall: Int64) throws -> [(table: String, digest: Digest)] {
    // Seldom more than one row; its winner stands for the table.
    let content = settings.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap(\.value.content)
    return try super.digests(wall: wall).map { table, digest in
      guard table == Tables.settings.name else { return (table, digest) }
      return (table, Digest(bytes: (content + Array(repeating: 0, count: 32)).prefix(32)) ?? digest)
    }
  }
}

/// Writes heads in one transaction and content in the next: when the second fails, the first stays.
private final class HeadFirst: PassingDisk {
  private var moved = Heads()
  private var writes = 0

  override func heads() throws -> Heads {
    var heads = try super.heads()
    for (log, head) in moved.sorted where head.sequence > heads[log].sequence { heads[log] = head }
    return heads
  }

  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    writes += 1
    // The second transaction fails now and then.
    guard writes % 16 == 0 else { return try super.apply(segments, from: peer, wall: wall, certain: certain) }
    let advanced = segments.filter { $0.last > moved[$0.log].sequence }.map { segment in
      LogHead(log: segment.log, head: Head(sequence: segment.last, digest: segment.previous))
    }
    for head in advanced { moved[head.log] = head.head }
    return ApplyOutcome(heads: advanced, rows: [:], statements: [], rejected: [])
  }
}

/// Remembers what has arrived, and drops what arrives again. Whether the first was kept it does not ask.
private final class ForgetsDuplicates: PassingDisk {
  private struct Seen: Hashable {
    var log: LogID
    var last: UInt64
  }
  private var seen: Set<Seen> = []

  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let fresh = segments.filter { seen.insert(Seen(log: $0.log, last: $0.last)).inserted }
    return try super.apply(fresh, from: peer, wall: wall, certain: certain)
  }
}

/// Refuses what tells of a number that it knows something else than what it heard first.
private final class FirstHistory: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let others = try segments.filter(isOther)
    var outcome = try super.apply(segments.filter { !others.contains($0) }, from: peer, wall: wall, certain: certain)
    outcome.rejected += others.map { (log: $0.log, reason: .fork) }
    return outcome
  }

  private func isOther(_ segment: Segment) throws -> Bool {
    let head = try heads()[segment.log]
    guard head.sequence >= segment.first else { return false }
    let range = LogRange(
      log: segment.log, first: segment.first, last: min(head.sequence, segment.last), digest: head.digest)
    return try disk.segments(range, maxBytes: 1 << 20).contains { known in
      (max(known.first, segment.first)...min(known.last, segment.last)).contains { number in
        known.entries[Int(number - known.first)] != segment.entries[Int(number - segment.first)]
      }
    }
  }
}

/// Sends no segments to anybody while somebody has not yet given back the credit for many.
private final class OneQueue: Program {
  private var owed: [ConnectionID: Int] = [:]
  private var waiting: [Effect] = []

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    switch event {
    case .received(let connection, .acknowledge(let acknowledgement)):
      owed[connection, default: 0] -= Int(acknowledgement.credit)
    case .closed(let connection): owed[connection] = nil
    default: break
    }
    let effects = waiting + machine.receive(event, at: now)
    waiting = []
    return effects.filter { effect in
      guard case .send(let connection, .segments(let batch)) = effect else { return true }
      guard owed.values.allSatisfy({ $0 < Limits.creditWindow / 4 }) else {
        waiting.append(effect)
        return false
      }
      owed[connection, default: 0] += batch.segments.reduce(0) { $0 + $1.cost }
      return true
    }
  }
}
