import BullpenCore
import BullpenSimulator
import Testing

/// A simulator that finds nothing may look nowhere: each of these disks has a bug that has bitten real systems.
@Suite("Planted bugs are found")
struct PlantedBugTests {
  @Test("a tie that whoever relayed it decides")
  func tieBrokenByRelay() {
    #expect(hunt("other rows in settings", disk: { RelayDecides($0) }) != nil)
  }

  @Test("a head that moves before its content is there")
  func headBeforeContent() {
    #expect(hunt("a head that goes beyond what it holds", disk: { HeadFirst($0) }) != nil)
  }

  @Test("a duplicate that is acknowledged and lost, though what it repeats never arrived")
  func lostDuplicate() {
    #expect(hunt("other heads", disk: { ForgetsDuplicates($0) }) != nil)
  }

  @Test("a second history of a log that is refused, because another was heard first")
  func firstHistory() {
    let isTold = withFault { if case .equivocate = $0 { true } else { false } }
    #expect(hunt("other heads", plan: isTold, disk: { FirstHistory($0) }) != nil)
  }

  @Test("one queue for all, so that nobody is sent anything while somebody reads slowly")
  func oneQueue() {
    let isSlow = withFault { if case .slow = $0 { true } else { false } }
    #expect(hunt("though both have good lines", plan: isSlow, program: { OneQueue() }) != nil)
  }

  @Test("a failing plan becomes a story of a few lines that fails in the same way")
  func shrinks() throws {
    let found = try #require(hunt("other rows in settings", disk: { RelayDecides($0) }))
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
