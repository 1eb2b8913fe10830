import BullpenCore
@testable import BullpenSimulator
@testable import BullpenStore
import Foundation
import GRDB
import Testing

/// Each of these disks breaks a promise, to a person or of the membership, and only one audit can say so.
@Suite("Planted promises that are broken are found")
struct PlantedPromiseTests {
  @Test("a notification that does not open for whom it is, and one that was shown to more and does not")
  func lockedOut() {
    let disk = { LocksOut($0) }
    #expect(hunt("a notification does not open at", disk: disk, settlingWithin: 10_000) != nil)
    #expect(hunt(", to whom it was shown", disk: { SharesNothing($0) }, settlingWithin: 10_000) != nil)
  }

  @Test("what tells of a person and does not open for whom it names")
  func keptFromTheNamed() {
    #expect(hunt("does not open at", plan: deciding, disk: { OpensNothing($0) }, settlingWithin: 10_000) != nil)
  }

  @Test("a notification that opens for who was out when it was written")
  func opensForTheCut() {
    let shelf = OpensForAll.Shelf()
    let found = hunt(
      "who was out when it was written", plan: withFault { if case .cut = $0 { true } else { false } },
      disk: { OpensForAll($0, shelf) }, settlingWithin: 10_000)
    #expect(found != nil)
  }

  @Test("an activity that was taken back and is shown")
  func takenBack() {
    let disk = { TakesNothingBack($0) }
    #expect(hunt("an activity that its author took back", disk: disk, settlingWithin: 10_000) != nil)
  }

  @Test("a backup that lacks what was on disk when it was taken")
  func backup() throws {
    let bob = 1
    for isSpoilt in [true, false] {
      let office = try openOffice(seed: 95) { $0.onFiles = [bob] }
      office.post(bob, "before")
      office.advance(by: 2_000)
      office.bring(.backUp(bob))
      if isSpoilt {
        let copy = try DatabaseQueue(path: try #require(office.nodes[bob].backup?.path))
        try copy.write {
          try $0.execute(sql: "DELETE FROM node_segments WHERE rowid = (SELECT max(rowid) FROM node_segments)")
        }
        try copy.close()
      }
      office.bring(.restore(bob))
      #expect(office.findings.contains { $0.contains("'s backup lacks") } == isSpoilt, "\(office.findings)")
    }
  }

  @Test("what a device wrote when it was out, and is shown")
  func gains() {
    let isDefied = withFault { if case .defy = $0 { true } else { false } }
    #expect(hunt("wrote when it was out", plan: isDefied, disk: { ShowsTheCut($0) }, settlingWithin: 10_000) != nil)
  }

  @Test("what is dated ahead and counts, waits and is not told of, or is followed into the future")
  func hasty() {
    let isAhead = withFault { if case .foretell = $0 { true } else { false } }
    let words = [" dated ahead", "'s waits for its time", " writes in the future"]
    let disks: [(any Disk) -> any Disk] = [{ LivesAhead($0) }, { TellsOfNoWait($0) }, { SaysTomorrow($0) }]
    for (words, disk) in zip(words, disks) {
      #expect(hunt(words, plan: isAhead, disk: disk, settlingWithin: 10_000) != nil, "\(words)")
    }
  }

  @Test("a statement of long ago that counts, though whoever made it had no such power")
  func rewritten() throws {
    let (ada, bob) = (0, 1)
    let office = try openOffice(seed: 96) { _ in }
    let membership = try #require(office.nodes[ada].run?.machine.membership)
    let stated = try #require(
      membership.statements.map(\.value).first { if case .credential = $0.statement.claim { true } else { false } })
    #expect(office.rewritten() == [])
    // The ledger is told that bob is in by his own word.
    office.ledger.backdated.append(
      Ledger.Backdated(
        node: "bob", device: office.nodes[bob].device, statement: stated.statement, id: stated.id))
    #expect(office.rewritten().contains { $0.contains("bob stated as of long ago") })
  }

  /// Somebody decides again and again who sees what of them.
  private func deciding(_ seed: UInt64) -> FaultPlan? {
    guard seed <= 10 else { return nil }
    var plan = FaultPlan(nodes: 4)
    plan.deeds = (0..<10).map { place in
      Deed(at: 1_000 + Int64(place) * 500, node: 1, kind: .decide, luck: seed * 100 + UInt64(place))
    }
    return plan
  }
}

/// Has lost the keys of what others sent.
private final class LocksOut: PassingDisk {
  override func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (
    title: String?, body: String?
  )? {
    key.writer == reader ? try super.notification(key, for: reader, wall: wall) : nil
  }
}

/// Says that a notification was shown to more, and showed it to nobody.
private final class SharesNothing: PassingDisk {
  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    let isShared = draft.rows.contains { $0.table == Tables.notifications && $0.cells.isEmpty }
    return isShared ? CommitOutcome(heads: [], rows: [:]) : try super.commit(draft, wall: wall)
  }
}

/// Opens nothing that tells of a person.
private final class OpensNothing: PassingDisk {
  override func confidences(wall: Int64) throws -> [Confidence] { [] }
}

/// Has somebody's words from elsewhere.
private final class OpensForAll: PassingDisk {
  final class Shelf {
    var titles: [RowKey: String] = [:]
  }
  private let shelf: Shelf

  init(_ disk: any Disk, _ shelf: Shelf) {
    self.shelf = shelf
    super.init(disk)
  }

  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    for row in draft.rows where row.table == Tables.notifications {
      if case .text(let title)? = row.cells["title"] { shelf.titles[row.key] = title }
    }
    return try super.commit(draft, wall: wall)
  }

  override func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (
    title: String?, body: String?
  )? {
    shelf.titles[key].map { (title: $0, body: nil) }
  }
}

/// Says that a row was deleted, and keeps it.
private final class TakesNothingBack: PassingDisk {
  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    draft.rows.contains(where: \.isDelete) ? CommitOutcome(heads: [], rows: [:]) : try super.commit(draft, wall: wall)
  }
}

/// Puts into its table what a device that is out wrote.
private final class ShowsTheCut: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let outcome = try super.apply(segments, from: peer, wall: wall, certain: certain)
    guard let store = (disk as? StoreDisk)?.store else { return outcome }
    let membership = store.membership()
    for segment in segments where membership.isCut(segment.log.device) {
      for row in segment.changes.flatMap(\.change.rows) where row.table == Tables.activities.name {
        try store.writer.write { db in
          let others = try db.columns(in: "activities").map(\.name).filter { $0 != "_key" }
          let list = others.map { "\"\($0)\"" }.joined(separator: ", ")
          try db.execute(
            sql: """
              INSERT OR IGNORE INTO activities (_key, \(list)) SELECT ?, \(list) FROM activities WHERE _deleted = 0 LIMIT 1
              """, arguments: [Data(row.key)])
        }
      }
    }
    return outcome
  }
}

/// Judges what comes by a clock that is a hundred days ahead.
private final class LivesAhead: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    try super.apply(segments, from: peer, wall: wall + 100 * 86_400_000, certain: certain)
  }
}

/// Keeps what waits, and forgets that it does.
private final class TellsOfNoWait: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let outcome = try super.apply(segments, from: peer, wall: wall, certain: certain)
    try (disk as? StoreDisk)?.store.writer.write { try $0.execute(sql: "DELETE FROM node_quarantine") }
    return outcome
  }
}

/// Says of the last entry of a log that it was written tomorrow.
private final class SaysTomorrow: PassingDisk {
  override func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    let segments = try super.segments(range, maxBytes: maxBytes)
    guard maxBytes == 1 else { return segments }
    return segments.map { segment in
      let entries = segment.entries.map { entry in
        let time = HybridTime(milliseconds: entry.time.milliseconds + 86_400_000, counter: 0)
        return Entry(time: time, expiry: entry.expiry, payload: entry.payload)
      }
      return Segment(
        log: segment.log, first: segment.first, previous: segment.previous, entries: entries,
        signature: segment.signature)
    }
  }
}
