import BullpenCore
@testable import BullpenStore
import Foundation
import GRDB
import Testing

@Suite("What a newer program wrote, on nodes that do not know it yet")
struct UnknownTableTests {
  static let notes = UpgradeTests.notes
  static let pings = TableDeclaration(
    "pings", key: .own, columns: [ColumnDeclaration("text", .text)], writer: .keyMember, lifetime: 7 * Office.day)
  static let letters = TableDeclaration(
    Tables.notifications.name, key: .own,
    columns: Tables.notifications.columns + [ColumnDeclaration("summary", .text, protection: .sealed, limit: 200)],
    writer: .keyMember, audience: .named, lifetime: Tables.notifications.lifetime)
  static let whispers = TableDeclaration(
    "whispers", key: .own, columns: [ColumnDeclaration("text", .text, protection: .sealed, limit: 200)],
    writer: .keyMember, audience: .named, lifetime: 90 * Office.day)
  static let newer = Tables.all.map { $0 == Tables.notifications ? letters : $0 } + [notes, pings, whispers]

  /// Eve alone has the newer program.
  private let office: Office
  private var eve: Store { get throws { try office.store("eve") } }

  init() throws {
    office = try Office(onDisk: true)
    for name in ["bob", "gus"] { try office.join(name) }
    try office.join("eve", tables: Self.newer)
    try office.settle()
  }

  private func note(_ text: String, wall: Int64? = nil) throws -> LogHead {
    let wall = wall ?? office.wall
    let key = RowKey.own(try office.member("eve"), RowID(at: wall, using: &office.random))
    return try eve.commit(Draft(RowDraft(Self.notes, key, cells: ["text": .text(text)])), wall: wall).heads[0]
  }

  private func ping(_ text: String) throws {
    let draft = RowDraft(Self.pings, try office.newKey("eve"), cells: ["text": .text(text)])
    _ = try eve.commit(Draft(draft), wall: office.wall)
  }

  /// Everybody gets the newer program, and what they have is whole.
  private func upgrade(_ names: [String] = ["ada", "bob", "gus"]) throws {
    for name in names {
      try office.restart(name, tables: Self.newer)
      let path = try office.path(name)
      let found = try Store.verify(path, prover: office.prover, wall: office.wall, tables: Self.newer)
      #expect(found.findings == [], "\(name)")
    }
  }

  @Test("an upgrade that a crash ends before what was kept is looked at is finished at the next start")
  func brokenOff() throws {
    _ = try note("kept")
    try office.settle()
    let gus = try office.store("gus")
    try gus.run("CREATE TRIGGER crash BEFORE DELETE ON node_unknown_rows BEGIN SELECT RAISE(ABORT, 'no'); END")
    #expect(throws: StoreError.self) { try office.restart("gus", tables: Self.newer) }
    let file = try DatabaseQueue(path: office.path("gus"))
    try file.write { try $0.execute(sql: "DROP TRIGGER crash") }
    try file.close()
    try upgrade(["gus"])
    #expect(try texts(Self.notes, at: "gus") == "kept")
  }

  private func texts(_ table: TableDeclaration, at name: String) throws -> String? {
    try office.store(name).text(
      "SELECT group_concat(text, ' ') FROM (SELECT text FROM \(table.name) WHERE _deleted = 0 ORDER BY text)")
  }

  // MARK: Taken back before it is known

  @Test("a cut voids what it leaves out of a table that nobody here knew, whichever came first")
  func cut() throws {
    let ada = office.founder
    _ = try note("kept")
    try office.settle()
    let cut = ada.membership().cut(of: try eve.device, holding: try ada.logs(of: [eve.device]))
    _ = try note("void")
    try office.send(from: eve, to: office.store("bob"))
    _ = try ada.state(.cut(cut), wall: office.wall)
    try office.send(from: ada, to: office.store("gus"))
    try office.settle()
    try upgrade()
    for name in ["ada", "bob", "gus"] { #expect(try texts(Self.notes, at: name) == "kept", "\(name)") }
    try office.settle()
    try office.expectAgreement()
  }

  @Test("a change of a table that nobody here knew is voided while it waits, and after its time has come")
  func voiding() throws {
    let ada = office.founder
    let entry = try note("from tomorrow", wall: office.wall + Office.day)
    try office.send(from: eve, to: ada)
    try office.send(from: eve, to: office.store("bob"))
    #expect(try ada.waitingChanges().map(\.sequence) == [entry.head.sequence])
    _ = try ada.state(.voiding(entry), wall: office.wall)
    #expect(try ada.waitingChanges().isEmpty)

    office.wall += Office.day + Office.minute
    for store in office.everybody { _ = try store.releaseQuarantine(wall: office.wall, isAgreed: true) }
    #expect(try office.store("bob").waitingChanges().isEmpty, "he has not heard of the voiding, and let it in")
    // Gus hears of both at once; of these three only bob shows it for a while.
    try office.send(from: ada, to: office.store("gus"))
    try office.send(from: eve, to: office.store("gus"))
    try upgrade()
    #expect(try texts(Self.notes, at: "ada") == nil)
    #expect(try texts(Self.notes, at: "bob") == "from tomorrow")
    #expect(try texts(Self.notes, at: "gus") == nil)
    _ = try note("set right")
    try office.settle()
    for name in ["ada", "bob", "gus", "eve"] { #expect(try texts(Self.notes, at: name) == "set right", "\(name)") }
    try office.expectAgreement()
  }

  @Test("a voiding that comes to a node which let the change in, and knows its table later, takes it back there too")
  func voidingInBetween() throws {
    let (ada, bob) = (office.founder, try office.store("bob"))
    let entry = try note("from tomorrow", wall: office.wall + Office.day)
    for store in [ada, bob] { try office.send(from: eve, to: store) }
    _ = try ada.state(.voiding(entry), wall: office.wall)
    office.wall += Office.day + Office.minute
    _ = try bob.releaseQuarantine(wall: office.wall, isAgreed: true)
    try office.send(from: ada, to: bob)
    #expect(try bob.refusedChanges().rows.map(\.doubt) == [.refused(.voided, noticed: office.wall)])
    try upgrade()
    #expect(try texts(Self.notes, at: "bob") == nil)
    try office.settle()
    try office.expectAgreement()
  }

  // MARK: Gone before it is known

  @Test("rows that die before their table is known leave nothing behind, and those that live are there")
  func expired() throws {
    try ping("dead")
    office.wall += 5 * Office.day
    try ping("alive")
    try office.settle()
    office.wall += 3 * Office.day
    for store in office.everybody { try store.forgetAll(wall: office.wall) }
    // A newcomer hears of what is dead by its digests alone.
    let fay = try office.join("fay")
    try office.send(from: office.store("bob"), to: fay)
    let all = try office.store("bob").heads().sorted.map { LogHead(log: $0.log, head: $0.head) }
    #expect(try fay.find(all).lacking.isEmpty)
    try upgrade(["ada", "bob", "gus", "fay"])
    try office.settle()
    try office.expectAgreement()
    for name in ["ada", "bob", "gus", "fay"] {
      try office.store(name).forgetAll(wall: office.wall)
      #expect(try texts(Self.pings, at: name) == "alive", "\(name)")
    }
    try office.expectAgreement()

    // Dead and not forgotten yet.
    office.wall += 5 * Office.day
    try office.restart("bob", tables: Self.newer)
    #expect(
      try office.store("bob").digests(wall: office.wall).map(\.digest) == eve.digests(wall: office.wall).map(\.digest))
  }

  @Test("years of rows of a table that is not known go as others go, and what is left is known later")
  func collapsed() throws {
    for month in 0..<24 {
      if month > 0 { office.wall += 30 * Office.day }
      for number in 0..<3 { try ping("\(month).\(number)") }
      try office.send(from: eve, to: office.store("bob"))
      try office.store("bob").forgetAll(wall: office.wall)
    }
    let log = LogID(device: try eve.device, incarnation: try eve.incarnation, kind: .passing)
    let kept = try office.store("bob").segments(
      LogRange(log: log, first: 1, last: eve.heads()[log].sequence), maxBytes: 1 << 20)
    #expect((kept.first?.first ?? 0) > 30, "the beginning of the log is gone")
    let told = try office.store("bob").integers("SELECT min(sequence) FROM node_unknown_rows")
    #expect(told.allSatisfy { UInt64($0) >= kept[0].first }, "and with it what was noted of it")
    try office.settle()
    try upgrade()
    for name in ["ada", "bob", "gus"] { #expect(try texts(Self.pings, at: name) == "23.0 23.1 23.2", "\(name)") }
    try office.expectAgreement()
  }

  // MARK: Sealed before it is known

  private func opened(_ column: String, of table: TableDeclaration, _ key: RowKey, at name: String) throws -> String? {
    let (store, member) = (try office.store(name), try office.member(name))
    return try store.read { db in
      let seals = Seals(store.context, store.membership(), member: member, db)
      let row = try #require(try store.context.table(table.name)?.row(key, in: db))
      return try seals.text(column, of: row, key, in: table, secret: seals.secret(table, key))
    }
  }

  @Test("a sealed column and a sealed table that are known later open for whom they name, and for nobody else")
  func sealed() throws {
    let secret = "the merger is off since Thursday"
    let bob = try office.member("bob")
    let letter = RowDraft(
      Self.letters, try office.newKey("eve"), audience: [bob],
      cells: ["kind": .text("message"), "title": .text("News"), "summary": .text(secret)])
    let whisper = RowDraft(Self.whispers, try office.newKey("eve"), audience: [bob], cells: ["text": .text(secret)])
    for draft in [letter, whisper] { _ = try eve.commit(Draft(draft), wall: office.wall) }
    try office.settle()
    let seen = try office.store("bob").notification(letter.key, for: bob, wall: office.wall)
    #expect(seen?.title == "News")
    // An edit by who knows the column meets a row of which the older program has a part.
    var edit = letter
    edit.cells = ["summary": .text(secret + "!")]
    _ = try eve.commit(Draft(edit), wall: office.wall + 1)
    try office.settle()

    try upgrade()
    #expect(try opened("summary", of: Self.letters, letter.key, at: "bob") == secret + "!")
    #expect(try opened("title", of: Self.letters, letter.key, at: "bob") == "News")
    #expect(try opened("text", of: Self.whispers, whisper.key, at: "bob") == secret)
    for name in ["ada", "gus"] {
      #expect(try opened("summary", of: Self.letters, letter.key, at: name) == nil, "\(name)")
      #expect(try opened("text", of: Self.whispers, whisper.key, at: name) == nil, "\(name)")
    }
    for name in ["ada", "bob", "gus", "eve"] {
      #expect(try office.bytesOnDisk(name).range(of: Data(secret.utf8)) == nil, "\(name) holds it in the clear")
    }
    try office.settle()
    try office.expectAgreement()
  }
}
