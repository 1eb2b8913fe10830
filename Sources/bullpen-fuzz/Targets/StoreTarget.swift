import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

/// What a member's modified node writes into its own log, in one branch or several, and sends in whatever order: chained
/// and signed as it should be, with any payload. It is applied on the founder's disk. `ScriptedLog` says what the fields
/// mean.
final class StoreTarget: FuzzTarget {
  static let name = "store"
  static let form = InputForm.protobuf
  static let words = ChangeTarget.words
  /// Histories that one database takes before it is made anew: it may keep only so many logs.
  private static let histories = 500

  private var cast: Cast
  private let names: [MemberID: String]
  private var count = 0

  init() throws {
    cast = try Cast()
    names = try cast.store.displayNames()
  }

  static func seeds() -> [[UInt8]] {
    guard let cast = try? Cast() else { return [] }
    let (ada, mallory) = cast.members
    var random = SeededRandomness(seed: 12)
    // Every table, with a cell of each column, by its own writer and in the founder's name.
    let rows = Tables.all.flatMap { table in
      [ada, mallory].flatMap { member -> [(TableDeclaration, RowChange)] in
        let id = RowID(at: Cast.wall, using: &random)
        let key: RowKey? =
          switch table.key {
          case .own: .own(member, id)
          case .mark: .mark(by: member, on: .own(ada, id))
          case .perMember: .member(member)
          case .named: .named(member, "theme")
          case .grant: .grant(by: member, row: id, to: ada, of: Bytes16.zero)
          }
        guard let key else { return [] }
        let audience = table.audience == .named ? [ada] : []
        let cells = table.columns.map {
          CellChange(column: $0.name, content: CellContent.clear(value(of: $0.type)).bytes)
        }
        return [
          (table, RowChange(table: table.name, key: key.bytes, audience: audience, cells: cells)),
          (table, RowChange(table: table.name, key: key.bytes, audience: audience, cells: [], isDelete: true)),
        ]
      }
    }
    let texts = ["one", "two", "three", "four"].map { Script.part(1, ChangeCodec.encode(cast.change($0))) }
    return rows.map { table, row in
      Script.number(4, table.log == .lasting ? 1 : 2) + Script.part(1, ChangeCodec.encode(Change(rows: [row])))
    } + [
      texts[0] + texts[1],
      // The later part first, in one message and in two.
      texts[0] + Script.number(5, 0) + texts[1] + Script.number(5, 1) + texts[2],
      texts[0] + Script.number(5, 0) + texts[1] + Script.number(7, 0) + texts[2] + texts[3] + Script.number(5, 3),
      // Two branches, and a third that departs from one of them; each in a message of its own, then in another order.
      texts[0] + texts[1] + Script.number(7, 0) + Script.number(6, 1) + texts[2] + texts[3] + Script.number(7, 0)
        + Script.number(6, 2) + texts[1],
      Script.number(4, 1) + texts[0] + texts[1] + Script.number(6, 1) + texts[2] + Script.number(5, 1) + texts[3],
      // A passing log whose beginning never comes, for it is long dead.
      Script.number(8, 800) + texts[0] + Script.number(5, 3) + texts[1] + Script.number(7, 0) + texts[2],
      Script.number(8, 800) + texts[0] + Script.number(7, 0) + texts[1] + Script.number(5, 3) + texts[2]
        + Script.number(6, 1) + texts[3],
    ]
  }

  private static func value(of type: ColumnType) -> Value {
    switch type {
    case .integer: .integer(7)
    case .real: .real(0.5)
    case .text: .text("ferns")
    case .bytes: .bytes([1, 2, 3])
    }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    count += 1
    if count % Self.histories == 0 { cast = try Cast() }
    // A history of its own each time, so that an input says the same wherever it comes, and however often.
    let script = ScriptedLog(bytes, cast, Incarnation(Blake2b.digest(UInt64(count).bigEndianBytes).raw.upper))
    guard !script.messages.isEmpty else { return "nothing" }
    var (tables, refused, rejected): (Set<String>, Set<String>, Set<String>) = ([], [], [])
    var (heads, quarantined): ([LogHead], Int) = ([], 0)
    // All of it comes again in the end, when whatever waited for something else is taken.
    for message in script.messages + [script.messages.flatMap(\.self)] {
      let outcome = try cast.store.apply(message, wall: Cast.wall)
      tables.formUnion(outcome.rows.keys)
      refused.formUnion(outcome.refused.map(\.reason.rawValue))
      rejected = Set(outcome.rejected.map(\.reason.rawValue))
      quarantined += outcome.quarantined
      if !outcome.heads.isEmpty { heads = outcome.heads }
      for head in outcome.heads { try require(serves(head), "what the head \(head.head.sequence) names is not here") }
    }
    try require(heads.count <= Limits.branches, "\(heads.count) branches are kept")
    if script.isWhole, !script.mayLeap, script.ends.count <= Limits.branches {
      try require(rejected.isEmpty, "a history that is signed is not kept: \(rejected)")
      try require(Set(heads.map(\.head)) == script.ends, "branches end elsewhere than they were written")
    }
    let again = try cast.store.apply(script.messages.flatMap(\.self), wall: Cast.wall)
    try require(again.stored == 0, "what is kept already is kept again")
    try look(names)
    return "\(tables.sorted()), refused \(refused.sorted()), \(quarantined.signum()), rejected \(rejected.sorted()), "
      + "\(heads.count) branches"
  }

  /// Whether somebody who asks for what a head names gets it, proved, from the first entry that is here.
  private func serves(_ head: LogHead) throws -> Bool {
    let range = LogRange(log: head.log, first: 1, last: head.head.sequence, digest: head.head.digest)
    var shown: Set<Head> = []
    for segment in try cast.store.segments(range, maxBytes: .max) {
      let before = Head(sequence: segment.first - 1, digest: segment.previous)
      let mayBegin = shown.isEmpty && (segment.first == 1 || head.log.kind == .passing)
      guard mayBegin || shown.contains(before), let checked = Chain.check(segment, in: cast.workspace)?.value else {
        return false
      }
      for (place, digest) in checked.digests.enumerated() {
        shown.insert(Head(sequence: segment.first + UInt64(place), digest: digest))
      }
    }
    return shown.contains(head.head)
  }

  /// Nobody else's row has changed, and what is shown can be read.
  private func look(_ names: [MemberID: String]) throws {
    let ada = cast.members.ada
    try require(try cast.store.displayNames()[ada] == names[ada], "a member writes in another's name")
    for activity in try cast.store.activities(limit: 3, wall: Cast.wall).rows {
      try require(activity.member != ada, "an activity in another's name")
    }
    _ = try cast.store.notifications(for: ada, limit: 3, wall: Cast.wall)
    if count % 64 == 0 { _ = try cast.store.digests(wall: Cast.wall) }
  }
}
