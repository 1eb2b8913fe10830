import BullpenCore
@testable import BullpenSimulator
@testable import BullpenStore
import GRDB
import Testing

/// Each of these disks loses or invents something, and only one audit can say so.
@Suite("Planted losses, leaks and forgeries are found")
struct PlantedLossTests {
  @Test("a write that is acknowledged and was never on disk")
  func lost() {
    #expect(hunt("was told is on disk", disk: { LosesWrites($0) }) != nil)
  }

  @Test("a log whose beginning is gone, and whose end is there")
  func beginning() {
    #expect(hunt("a head that goes beyond what it holds", disk: { LosesBeginnings($0) }, settlingWithin: 2_000) != nil)
  }

  @Test("a row that goes before its life is over")
  func forgotten() {
    #expect(hunt("a time for certain that has not come", disk: { ForgetsEarly($0) }, settlingWithin: 2_000) != nil)
  }

  @Test("a row that is sealed to those to whom the last was sealed as well")
  func sealedToMore() {
    let disk = { SealsToMore($0, [Tables.notifications]) }
    #expect(hunt("a notification opens at", disk: disk, settlingWithin: 10_000) != nil)
  }

  @Test("what tells of a person, sealed to those to whom the last notification was as well")
  func confidedToMore() {
    for table in [Tables.presenceSettings, Tables.presenceDays] {
      let found = hunt("a row of \(table.name) opens at", plan: confiding, disk: { SealsToMore($0, [table]) })
      #expect(found != nil)
    }
  }

  @Test("a column that was declared to be sealed, and is written as it is")
  func clear() {
    let columns = [
      (Tables.notifications, "title"), (Tables.presenceSettings, "contacts"), (Tables.presenceDays, "sums"),
    ]
    for (table, column) in columns {
      let words = "holds \(column) of \(table.name) in the clear"
      let found = hunt(words, plan: confiding, tables: SealsNothing.tables, disk: { SealsNothing($0) })
      #expect(found != nil)
    }
  }

  @Test("a secret that is copied into another cell, and so into the file")
  func copied() {
    #expect(hunt("the words of a notification in another cell", disk: { ShowsSubject($0) }) != nil)
    #expect(hunt("'s files show the words", plan: onFiles, disk: { ShowsSubject($0) }) != nil)
  }

  @Test("a row that is changed without a change in the logs")
  func besides() {
    #expect(hunt("'s database: ", plan: onFiles, disk: { WritesBesides($0) }) != nil)
  }

  @Test("whoever signs is believed, in whosever name they write")
  func forged() {
    let found = hunt("a name that nobody gave themselves", plan: forged, disk: { BelievesAll($0) })
    #expect(found?.findings.contains { $0.contains("an activity that its author never wrote") } == true)
  }

  private func forged(_ seed: UInt64) -> FaultPlan? {
    guard seed <= 4 else { return nil }
    var plan = FaultPlan(nodes: 3)
    plan.faults = [(1_000, .forge(1, as: 0))]
    return plan
  }

  /// Some databases are files.
  private func onFiles(_ seed: UInt64) -> FaultPlan? {
    let plan = FaultPlan(seed: seed)
    return plan.onFiles.isEmpty ? nil : plan
  }

  /// Somebody notifies others, and then decides again and again who sees what of them.
  private func confiding(_ seed: UInt64) -> FaultPlan? {
    guard seed <= 10 else { return nil }
    var plan = FaultPlan(nodes: 4)
    plan.deeds = (0..<10).map { place in
      let kind: Deed.Kind = place < 2 ? .notify(2) : .decide
      return Deed(at: 1_000 + Int64(place) * 500, node: 1, kind: kind, luck: seed * 100 + UInt64(place))
    }
    return plan
  }
}

/// Says that a write is on disk, and forgets every eighth.
private final class LosesWrites: PassingDisk {
  private var writes = 0

  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    writes += 1
    return writes % 8 == 0 ? CommitOutcome(heads: [], rows: [:]) : try super.commit(draft, wall: wall)
  }
}

/// Has thrown away the beginnings of logs.
private final class LosesBeginnings: PassingDisk {
  override func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    let left = LogRange(log: range.log, first: max(range.first, 3), last: range.last, digest: range.digest)
    return try super.segments(range.last > 3 ? left : range, maxBytes: maxBytes)
  }
}

/// Removes what is dead by a clock that is far ahead.
private final class ForgetsEarly: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let outcome = try super.apply(segments, from: peer, wall: wall, certain: certain)
    _ = try forget(wall: wall + 100 * 86_400_000)
    return outcome
  }
}

/// Does not clear its list of readers after a notification.
private final class SealsToMore: PassingDisk {
  private let tables: [TableDeclaration]
  private var last: [MemberID] = []

  init(_ disk: any Disk, _ tables: [TableDeclaration]) {
    self.tables = tables
    super.init(disk)
  }

  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    var wider = draft
    for place in wider.rows.indices where tables.contains(wider.rows[place].table) {
      wider.rows[place].audience = Set(wider.rows[place].audience + last).sorted()
    }
    for row in draft.rows where row.table == Tables.notifications { last = row.audience }
    return try super.commit(wider, wall: wall)
  }
}

/// Goes by declarations in which nothing is sealed.
private final class SealsNothing: PassingDisk {
  static let tables: [TableDeclaration] = Tables.all.map { table in
    TableDeclaration(
      table.name, key: table.key,
      columns: table.columns.map { ColumnDeclaration($0.name, $0.type, merge: $0.merge, limit: $0.limit) },
      writer: table.writer, audience: table.audience, lifetime: table.lifetime)
  }

  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    var plain = draft
    for place in plain.rows.indices {
      plain.rows[place].table = Self.tables.first { $0.name == plain.rows[place].table.name } ?? plain.rows[place].table
    }
    return try super.commit(plain, wall: wall)
  }
}

/// Writes what a notification is about where anybody can read of which kind it is.
private final class ShowsSubject: PassingDisk {
  override func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome {
    var shown = draft
    for place in shown.rows.indices where shown.rows[place].table == Tables.notifications {
      if let title = shown.rows[place].cells["title"] { shown.rows[place].cells["kind"] = title }
    }
    return try super.commit(shown, wall: wall)
  }
}

/// Puts a text in order, and not what it follows from.
private final class WritesBesides: PassingDisk {
  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    let outcome = try super.apply(segments, from: peer, wall: wall, certain: certain)
    try (disk as? StoreDisk)?.store.writer.write { try $0.execute(sql: "UPDATE activities SET text = text || '.'") }
    return outcome
  }
}

/// Shows all that comes, whoever signed it.
private final class BelievesAll: PassingDisk {
  private var names: [MemberID: String] = [:]
  private var texts: [RowKey: String] = [:]

  override func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    for row in segments.flatMap(\.changes).flatMap(\.change.rows) {
      for cell in row.cells {
        guard case .clear(.text(let text)) = CellContent(bytes: cell.content) else { continue }
        switch (row.table, cell.column) {
        case (Tables.members.name, _): names[RowKey(row.key, shape: .perMember)?.writer ?? MemberID(.zero)] = text
        case (Tables.activities.name, "text"): RowKey(row.key, shape: .own).map { texts[$0] = text }
        default: break
        }
      }
    }
    return try super.apply(segments, from: peer, wall: wall, certain: certain)
  }

  override func displayNames() throws -> [MemberID: String] {
    try super.displayNames().merging(names) { $1 }
  }

  override func activities(wall: Int64) throws -> [(key: RowKey, text: String)] {
    try super.activities(wall: wall) + texts.map { (key: $0.key, text: $0.value) }
  }
}
