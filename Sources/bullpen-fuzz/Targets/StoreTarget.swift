import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire

/// What a member's modified node writes into its own log: chained and signed as it should be, with any payload. It is
/// applied on the founder's disk. Fields: 1 a payload, 2 milliseconds to the next, 3 the next one's expiry, 4 which log.
final class StoreTarget: FuzzTarget {
  static let name = "store"
  static let form = InputForm.protobuf
  static let words = ChangeTarget.words
  /// Histories that one database takes before it is made anew: it may keep only so many logs.
  private static let histories = 2_000

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
    return rows.map { table, row in
      Script.number(4, table.log == .lasting ? 1 : 2) + Script.part(1, ChangeCodec.encode(Change(rows: [row])))
    } + [Script.part(1, ChangeCodec.encode(cast.change())) + Script.part(1, ChangeCodec.encode(cast.change("two")))]
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
    // A history of its own for each input, so that an input says the same wherever it comes.
    let incarnation = Incarnation(Blake2b.digest(bytes).raw.upper)
    var (log, time, expiry) = (
      cast.log(incarnation: incarnation), HybridTime(milliseconds: Cast.wall, counter: 0), Int64(0)
    )
    var entries: [Entry] = []
    for part in Script.parts(bytes).prefix(64) {
      switch part {
      case .bytes(1, let payload):
        entries.append(Entry(time: time, expiry: expiry, payload: .present(payload)))
        time = HybridTime(raw: time.raw + 1)
      case .number(2, let milliseconds): time = HybridTime(raw: time.raw &+ Int64(milliseconds % 1_000_000) << 16)
      case .number(3, let number): expiry = Int64(bitPattern: number) & (1 << 49 - 1)
      case .number(4, let kind): log = cast.log(kind & 1 == 1 ? .lasting : .passing, incarnation: incarnation)
      default: break
      }
    }
    guard !entries.isEmpty else { return "nothing" }
    let segment = cast.segment(log, entries)
    // As it arrives: in a frame.
    guard let arrived = SegmentCodec.decode(SegmentCodec.encode(segment)) else { return "no segment" }
    let outcome = try cast.store.apply([arrived], wall: Cast.wall)
    try require(outcome.rejected.isEmpty, "a history that is signed is not kept: \(outcome.rejected)")
    try require(try cast.store.apply([arrived], wall: Cast.wall).stored == 0, "what is kept already is kept again")
    try look(names)
    let reasons = Set(outcome.refused.map(\.reason.rawValue)).sorted()
    return "\(outcome.rows.keys.sorted()), refused \(reasons), \(outcome.quarantined.signum())"
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
