import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

@Suite("Rows that merge")
struct ConvergenceTests {
  @Test("four laptops that write, delete and meet at random agree in the end", arguments: 1...24)
  func randomMeetings(_ seed: UInt64) throws {
    let office = try Office(seed: seed)
    try office.join("bob")
    try office.join("eve")
    try office.join("desk", secondDeviceOf: "ada")
    try office.settle()
    let names = ["ada", "bob", "desk", "eve"]
    let person = ["ada": "ada", "desk": "ada", "bob": "bob", "eve": "eve"]
    var known: [RowKey] = []

    for _ in 0..<60 {
      office.wall += Int64.random(in: 0...2_000, using: &office.random)
      let name = try #require(names.randomElement(using: &office.random))
      let who = try #require(person[name])
      let store = try office.store(name)
      switch Int.random(in: 0..<10, using: &office.random) {
      case 0, 1, 2:
        let setting = ["a", "b", "c"].randomElement(using: &office.random) ?? "a"
        _ = try? store.commit(Draft(office.setting(who, setting, "\(office.wall)")), wall: office.wall)
      case 3:
        let draft = try office.notification(
          from: who, to: Array(["ada", "bob", "eve"].shuffled(using: &office.random).prefix(2)))
        known.append(draft.key)
        _ = try store.commit(Draft(draft), wall: office.wall)
      case 4:
        let draft = try office.activity(who, "at \(office.wall)")
        _ = try store.commit(Draft(draft), wall: office.wall)
      case 5:
        if let key = known.randomElement(using: &office.random) {
          _ = try store.commit(Draft(office.read(who, key)), wall: office.wall)
        }
      case 6:
        if Int.random(in: 0..<4, using: &office.random) == 0, let key = try RowKey.named(office.member(who), "c") {
          _ = try? store.commit(Draft(RowDraft(Tables.settings, key, isDelete: true)), wall: office.wall)
        }
      default:
        let other = try office.store(try #require(names.randomElement(using: &office.random)))
        if other !== store {
          try office.send(from: store, to: other, maxBytes: Int.random(in: 1...4_000, using: &office.random))
        }
      }
    }
    try office.settle()
    try office.expectAgreement("seed \(seed)")
    for store in office.everybody { #expect(try store.refusedCount() == 0) }
  }

  @Test("segments of three authors add up to the same tables in every order", arguments: 1...12)
  func everyOrder(_ seed: UInt64) throws {
    let office = try Office(seed: seed)
    try office.join("bob")
    try office.join("desk", secondDeviceOf: "ada")
    for round in 0..<4 {
      for name in ["ada", "bob", "desk"] {
        let who = name == "desk" ? "ada" : name
        _ = try office.store(name).commit(Draft(office.setting(who, "theme", "\(name) \(round)")), wall: office.wall)
        _ = try office.store(name).commit(Draft(office.activity(who, "\(name) \(round)")), wall: office.wall)
      }
    }
    var segments: [Segment] = []
    for store in office.everybody {
      for (log, head) in try store.heads().sorted where log.device == store.device {
        for sequence in 1...head.sequence {
          segments += try store.segments(LogRange(log: log, first: sequence, last: sequence), maxBytes: 1)
        }
      }
    }
    try office.join("eve")
    try office.join("mia")
    for name in ["eve", "mia"] {
      for segment in segments.shuffled(using: &office.random) + segments.shuffled(using: &office.random)
        + segments.shuffled(using: &office.random)
      {
        _ = try office.store(name).apply([segment], wall: office.wall)
      }
      // Whatever was still a gap is none when all come at once, in whatever order.
      _ = try office.store(name).apply(segments.shuffled(using: &office.random), wall: office.wall)
    }
    try office.settle()
    try office.expectAgreement("seed \(seed)")
  }

  @Test("a small history adds up to the same in every order and every grouping, heard once or twice")
  func everyInterleaving() throws {
    let records = TableDeclaration(
      "records", key: .perMember,
      columns: [ColumnDeclaration("best", .integer, merge: .max), ColumnDeclaration("worst", .integer, merge: .min)],
      writer: .keyMember)
    var seen: Set<[String]> = []
    for (number, order) in Self.orders(of: 5).enumerated() {
      // The same seed makes the same people and the same bytes.
      let office = try Office(tables: Tables.all + [records])
      try office.join("desk", secondDeviceOf: "ada")
      let bob = try office.join("bob")
      let ada = try office.member("ada")
      func row(_ name: String, _ value: String?) throws -> RowChange {
        let key = try #require(RowKey.named(ada, name))
        return value.map { RowChange(Tables.settings, key, [("value", .text($0))]) }
          ?? RowChange(table: Tables.settings.name, key: key.bytes, cells: [], isDelete: true)
      }
      func record(_ best: Int64, _ worst: Int64) -> RowChange {
        RowChange(records, .member(ada), [("best", .integer(best)), ("worst", .integer(worst))])
      }
      let segments = try [
        ("ada", 0, [row("tie", "ada's")]), ("desk", 0, [row("tie", "desk's")]), ("ada", 1, [row("gone", nil)]),
        ("desk", 2, [row("gone", "later"), record(3, 4)]), ("ada", 3, [record(9, -2), row("kept", "yes")]),
      ].map { author, later, rows in
        office.log(
          by: try office.author(author), .lasting, incarnation: Incarnation(using: &office.random),
          [(HybridTime(office.wall + Int64(later)), 0, rows)])
      }
      // Between which of them one message ends and the next begins: every way comes up.
      var batch: [Segment] = []
      for (place, one) in order.enumerated() {
        batch.append(segments[one])
        guard place == 4 || number >> place & 1 == 0 else { continue }
        #expect(try bob.apply(batch, wall: office.wall).rejected.isEmpty)
        batch = []
      }
      let digests = try bob.digests(wall: office.wall).map { "\($0.digest)" }
      seen.insert(digests)
      for segment in segments.reversed() { _ = try bob.apply([segment], wall: office.wall) }
      #expect(try bob.digests(wall: office.wall).map { "\($0.digest)" } == digests)
    }
    #expect(seen.count == 1)
  }

  private static func orders(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return orders(of: count - 1).flatMap { order in
      (0..<count).map { place in order[..<place] + [count - 1] + order[place...] }
    }
  }

  @Test("of two writes at one moment the greater device wins, whoever brings them", arguments: [false, true])
  func tie(_ isReversed: Bool) throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.join("desk", secondDeviceOf: "ada")
    try office.send(from: office.store("ada"), to: bob)
    let key = try #require(RowKey.named(office.member("ada"), "theme"))
    let writes = try ["ada", "desk"].map { name in
      let row = RowChange(Tables.settings, key, [("value", .text(name))])
      return office.log(
        by: try office.author(name), .lasting, incarnation: Incarnation(using: &office.random),
        [(HybridTime(office.wall + 10), 0, [row])])
    }
    for segment in isReversed ? writes.reversed() : writes {
      #expect(try bob.apply([segment], wall: office.wall).rejected.isEmpty)
    }
    let winner = try office.author("ada").device.id > office.author("desk").device.id ? "ada" : "desk"
    #expect(try bob.setting(office.member("ada"), "theme") == winner)
  }

  @Test("a deleted row stays deleted, though a later edit arrives after the delete or before it")
  func deleteIsTerminal() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let ada = try office.store("ada")
    let desk = try office.join("desk", secondDeviceOf: "ada")
    let key = try #require(RowKey.named(office.member("ada"), "theme"))
    _ = try ada.commit(Draft(office.setting("ada", "theme", "dark")), wall: office.wall)
    _ = try ada.commit(Draft(RowDraft(Tables.settings, key, isDelete: true)), wall: office.wall + 1)
    // The other laptop, which has not heard, edits later.
    _ = try desk.commit(Draft(office.setting("ada", "theme", "light")), wall: office.wall + 1_000)
    try office.send(from: desk, to: bob)
    #expect(try bob.setting(office.member("ada"), "theme") == "light")
    try office.settle()
    for store in office.everybody { #expect(try store.setting(office.member("ada"), "theme") == nil) }
    try office.expectAgreement()
    let error = try #require(throws: StoreError.self) {
      try ada.commit(Draft(office.setting("ada", "theme", "back")), wall: office.wall + 2_000)
    }
    #expect(error.code == .invalid)
  }

  @Test("max and min keep the greatest and the least in every order, and null loses to both")
  func greatestAndLeast() throws {
    let table = TableDeclaration(
      "records", key: .perMember,
      columns: [ColumnDeclaration("best", .integer, merge: .max), ColumnDeclaration("worst", .integer, merge: .min)],
      writer: .keyMember)
    let values: [Value] = [.integer(3), .integer(9), .null, .integer(-2)]
    var seen: Set<[String]> = []
    for seed in 1...6 as ClosedRange<UInt64> {
      var shuffle = SeededRandomness(seed: seed)
      let office = try Office(tables: Tables.all + [table])
      let ada = try office.store("ada")
      let key = RowKey.member(try office.member("ada"))
      let segments = values.enumerated().map { place, value in
        office.log(
          by: office.seats["ada"]!.author, .lasting, incarnation: Incarnation(using: &office.random),
          [(HybridTime(office.wall + Int64(place)), 0, [RowChange(table, key, [("best", value), ("worst", value)])])])
      }
      _ = try ada.apply(segments.shuffled(using: &shuffle), wall: office.wall)
      seen.insert(try ada.digests(wall: office.wall).map { "\($0.digest)" })
      #expect(try ada.integers("SELECT best FROM records UNION ALL SELECT worst FROM records") == [9, -2])
    }
    #expect(seen.count == 1)
  }
}
