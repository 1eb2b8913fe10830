import BullpenCore
import Testing

@testable import BullpenStore

@Suite("Rows that several people write")
struct SharedRowTests {
  static let notes = TableDeclaration(
    "notes", key: .own,
    columns: [ColumnDeclaration("text", .text), ColumnDeclaration("votes", .integer, merge: .max)], writer: .anyone)
  static let tables = Tables.all + [notes]

  private func note(_ key: RowKey, _ cells: [String: Value]) -> Draft { Draft(RowDraft(Self.notes, key, cells: cells)) }

  @Test("all write the cells of one row, and agree whatever was heard first")
  func cells() throws {
    let office = try Office(tables: Self.tables)
    for name in ["bob", "eve"] { try office.join(name, tables: Self.tables) }
    try office.settle()
    let key = try office.newKey("bob")
    let (ada, bob, eve) = (office.founder, try office.store("bob"), try office.store("eve"))
    _ = try bob.commit(note(key, ["text": .text("buy milk"), "votes": .integer(1)]), wall: office.wall)
    try office.settle()
    _ = try eve.commit(note(key, ["text": .text("buy oat milk")]), wall: office.wall + 10)
    _ = try ada.commit(note(key, ["text": .text("buy tea"), "votes": .integer(3)]), wall: office.wall + 5)
    _ = try bob.commit(note(key, ["votes": .integer(2)]), wall: office.wall + 20)
    try office.settle()
    try office.expectAgreement()
    for store in office.everybody {
      #expect(try store.text("SELECT text || ' ' || votes FROM notes") == "buy oat milk 3")
    }
    // It is not eve's to delete, by her own node's word nor by that of a changed one.
    #expect(throws: StoreError.self) {
      try eve.commit(Draft(RowDraft(Self.notes, key, cells: [:], isDelete: true)), wall: office.wall + 30)
    }
    let forged = RowChange(table: Self.notes.name, key: key.bytes, cells: [], isDelete: true)
    let segment = office.log(
      by: try office.author("eve"), .lasting, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall + 30), 0, [forged])])
    #expect(try bob.apply([segment], wall: office.wall + 30).refused.map(\.reason) == [.author])
    _ = try bob.commit(Draft(RowDraft(Self.notes, key, cells: [:], isDelete: true)), wall: office.wall + 40)
    try office.settle()
    try office.expectAgreement()
    for store in office.everybody { #expect(try store.integers("SELECT _deleted FROM notes") == [1]) }
  }

  @Test("what was written as a member stands, and as a guest nothing is; the order of hearing it does not count")
  func demoted() throws {
    let office = try Office(tables: Self.tables)
    let bob = try office.join("bob", tables: Self.tables)
    let eve = try office.join("eve", tables: Self.tables)
    try office.settle()
    let key = try office.newKey("ada")
    _ = try office.founder.commit(note(key, ["text": .text("one")]), wall: office.wall)
    try office.settle()
    _ = try bob.commit(note(key, ["text": .text("two")]), wall: office.wall + 1)
    try office.settle()
    let credential = try #require(
      office.founder.statements().map(\.value).first {
        if case .credential(let claim) = $0.statement.claim { claim.device == bob.device } else { false }
      })
    let kept = try office.founder.heads().byLog.filter { $0.key.device == bob.device }.map { log, head in
      KeptLog(log: log, head: head, statement: office.founder.membership().lastStatement(of: log))
    }
    let demotion = Demotion(
      member: try office.member("bob"), role: .guest, ended: [credential.id], kept: kept.sorted { $0.log < $1.log })
    // Bob does not know of it yet; eve hears of what he writes first.
    _ = try bob.commit(note(key, ["text": .text("three")]), wall: office.wall + 2)
    try office.send(from: bob, to: eve)
    #expect(try eve.text("SELECT text FROM notes") == "three")
    _ = try office.founder.state(.demotion(demotion), wall: office.wall + 3)
    try office.settle()
    try office.expectAgreement()
    for store in office.everybody { #expect(try store.text("SELECT text FROM notes") == "two") }
    #expect(throws: StoreError.self) { try bob.commit(note(key, ["text": .text("four")]), wall: office.wall + 4) }
  }
}
