import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Testing

@Suite("What is carried but not believed")
struct RefusalTests {
  @Test("a row in another's name is refused by every node, and relayed by every node")
  func forged() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.join("eve")
    try office.join("mallory")
    try office.settle()
    let ada = try office.member("ada")
    let honest = RowChange(
      Tables.members, .member(try office.member("mallory")), [("display_name", .text("mallory the great"))])
    let forged = RowChange(Tables.members, .member(ada), [("display_name", .text("mallory was here"))])
    let segment = office.log(
      by: try office.author("mallory"), .lasting, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall + 1), 0, [forged, honest])])
    let application = try bob.apply([segment], wall: office.wall)
    #expect(application.rejected.isEmpty)
    #expect(application.refused.map(\.reason) == [.author])
    #expect(application.refused.map(\.row) == [0])

    try office.settle()
    try office.expectAgreement()
    for store in office.everybody {
      #expect(try store.displayNames()[ada] == "ada")
      #expect(try store.displayNames()[office.member("mallory")] == "mallory the great")
      #expect(try store.heads()[segment.log].sequence == 1)
      #expect(try store.refusedCount() == 1)
    }
    let told = try bob.refusedChanges().rows
    #expect(told.map(\.log) == [segment.log] && told.map(\.sequence) == [1])
    #expect(told.map(\.table) == ["members"] && told.map(\.owner) == [ada])
    #expect(told.map(\.stamped) == [office.wall + 1])
    #expect(told.map(\.doubt) == [.refused(.author, noticed: office.wall)])
  }

  @Test("what is refused is listed in pages, newest first, and what waits for its time beside it")
  func listed() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.join("mallory")
    try office.settle()
    let forged = RowChange(
      Tables.settings, try #require(RowKey.named(office.member("ada"), "a")), [("value", .text("forged"))])
    for step in 0..<5 {
      let segment = office.log(
        by: try office.author("mallory"), .lasting, incarnation: Incarnation(using: &office.random),
        [(HybridTime(office.wall), 0, [forged, forged]), (HybridTime(office.wall + 1), 0, [forged])])
      _ = try bob.apply([segment], wall: office.wall + Int64(step / 2))
    }
    var seen: [DoubtedChange] = []
    var after: String?
    repeat {
      let page = try bob.refusedChanges(after: after, limit: 4)
      seen += page.rows
      after = page.next
    } while after != nil
    #expect(seen.count == 15)
    let moments = seen.compactMap { change -> Int64? in
      guard case .refused(.author, let noticed) = change.doubt else { return nil }
      return noticed
    }
    #expect(moments == moments.sorted(by: >) && moments.count == 15)

    let early = try office.store("mallory").commit(
      Draft(office.setting("mallory", "a", "early")), wall: office.wall + 20 * Office.minute)
    try office.send(from: office.store("mallory"), to: bob)
    let waiting = try bob.waitingChanges()
    #expect(waiting.map(\.table) == ["settings"] && waiting.map(\.doubt) == [.waiting(early.heads[0].head.digest)])
    #expect(waiting.map(\.owner) == [try office.member("mallory")])
    #expect(throws: StoreError.self) { try bob.refusedChanges(after: "nonsense") }
  }

  @Test("each broken rule is refused by its name, and the rest of the change stands", arguments: Rule.allCases)
  func rules(_ rule: Rule) throws {
    let office = try Office()
    let bob = try office.join("bob")
    let ada = try office.member("ada")
    let expiry = office.wall + 90 * Office.day
    let (kind, row, stated, reason) = try rule.row(office, ada, expiry)
    let good =
      kind == .lasting
      ? RowChange(Tables.settings, try #require(RowKey.named(ada, "good")), [("value", .text("yes"))])
      : RowChange(Tables.activities, try office.newKey("ada"), [("text", .text("yes"))])
    let segment = office.log(
      by: try office.author("ada"), kind, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall + 1), stated, [row, good])])
    try office.send(from: office.store("ada"), to: bob)
    let application = try bob.apply([segment], wall: office.wall)
    #expect(application.rejected.isEmpty)
    #expect(application.refused.map(\.reason).first == reason)
    #expect(application.refused.map(\.row).first == .some(.some(0)))
    if rule != .expiry { #expect(application.rows[good.table]?.count == 1) }
    let digest = try bob.digests(wall: office.wall).map(\.digest)
    _ = try bob.apply([segment], wall: office.wall)
    #expect(try bob.digests(wall: office.wall).map(\.digest) == digest)
  }

  enum Rule: CaseIterable {
    case keyShape, keyTime, type, limit, clearInSealed, audience, wrongLog, expiry, noStatement

    func row(
      _ office: Office, _ ada: MemberID, _ expiry: Int64
    ) throws -> (LogKind, RowChange, Int64, RefusalReason) {
      let long = 200 * Office.day + office.wall
      switch self {
      case .keyShape:
        var row = RowChange(Tables.members, .member(ada), [("display_name", .text("x"))])
        row.key.append(0)
        return (.lasting, row, 0, .key)
      case .keyTime:
        let key = RowKey.own(ada, RowID(at: office.wall + 6 * Office.minute, using: &office.random))
        return (.passing, RowChange(Tables.activities, key, [("text", .text("early"))]), long, .keyTime)
      case .type: return (.lasting, RowChange(Tables.members, .member(ada), [("display_name", .integer(1))]), 0, .type)
      case .limit:
        let name = Value.text(String(repeating: "x", count: Limits.nameBytes + 1))
        return (.lasting, RowChange(Tables.members, .member(ada), [("display_name", name)]), 0, .limit)
      case .clearInSealed:
        return (
          .passing, RowChange(Tables.notifications, try office.newKey("ada"), [("title", .text("open"))]), long, .type
        )
      case .audience:
        var row = RowChange(Tables.activities, try office.newKey("ada"), [("text", .text("for me"))])
        row.audience = [ada]
        return (.passing, row, long, .audience)
      case .wrongLog:
        return (.lasting, RowChange(Tables.activities, try office.newKey("ada"), [("text", .text("x"))]), 0, .log)
      case .expiry:
        return (
          .passing, RowChange(Tables.activities, try office.newKey("ada"), [("text", .text("x"))]), expiry, .expiry
        )
      case .noStatement:
        return (
          .lasting, RowChange(Tables.statements, try office.newKey("ada"), [("body", .bytes([1, 2, 3]))]), 0, .statement
        )
      }
    }
  }

  @Test("a statement that was made for another place in the log is not admitted from here")
  func replayedStatement() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let genesis = try #require(office.founder.statements().map(\.value).first { $0.statement.workspace == nil })
    let body = Value.bytes(genesis.signed.signature.bytes + genesis.signed.body)
    let segment = office.log(
      by: try office.author("ada"), .lasting, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall), 0, [RowChange(Tables.statements, try office.newKey("ada"), [("body", body)])])])
    #expect(try bob.apply([segment], wall: office.wall).refused.map(\.reason) == [.statement])
  }

  @Test("who begins history after history has room for no more, and everybody else has")
  func manyLogs() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.join("mallory")
    try office.settle()
    let mallory = try office.author("mallory")
    let entry = [(time: HybridTime(office.wall), expiry: Int64(0), rows: [RowChange]())]
    let begun = try bob.heads().sorted.count { $0.log.device == mallory.device.id }
    let logs = (0..<Limits.logsOfMember).map { _ in
      office.log(by: mallory, .lasting, incarnation: Incarnation(using: &office.random), entry)
    }
    let application = try bob.apply(logs, wall: office.wall)
    #expect(application.rejected.map(\.reason) == Array(repeating: .logs, count: begun))
    let eve = try office.join("eve")
    _ = try eve.commit(Draft(office.setting("eve", "a", "b")), wall: office.wall)
    try office.send(from: eve, to: bob)
    #expect(try bob.setting(office.member("eve"), "a") == "b")

    // Whoever would write what nobody takes hears it; in the logs that there are, all goes on.
    let own = try office.store("mallory")
    _ = try own.apply(logs, wall: office.wall)
    let error = #expect(throws: StoreError.self) {
      _ = try own.commit(Draft(office.activity("mallory", "to nobody")), wall: office.wall)
    }
    #expect(error?.code == .forbidden && error?.hint.contains("bullpen leave") == true)
    _ = try own.commit(Draft(office.setting("mallory", "a", "b")), wall: office.wall)
    try office.send(from: own, to: bob)
    #expect(try bob.setting(office.member("mallory"), "a") == "b")
  }

  @Test("a payload that is no change is refused whole, and what follows it is read")
  func malformed() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let author = try office.author("ada")
    let log = LogID(device: author.device.id, incarnation: Incarnation(using: &office.random), kind: .lasting)
    let row = RowChange(Tables.settings, try #require(RowKey.named(office.member("ada"), "a")), [("value", .text("b"))])
    let entries = [
      Entry(time: HybridTime(office.wall), expiry: 0, payload: .present([0xff, 0xff, 0xff])),
      Entry(
        time: HybridTime(office.wall + 1), expiry: 0,
        payload: .present(ChangeCodec.encode(Change(rows: [row])))),
    ]
    var digest = Digest.zero
    for (place, entry) in entries.enumerated() {
      digest = Chain.digest(bob.workspace, log, UInt64(place + 1), previous: digest, entry)
    }
    let segment = Segment(
      log: log, first: 1, previous: .zero, entries: entries, signature: Chain.sign(digest, by: author.device))
    let application = try bob.apply([segment], wall: office.wall)
    #expect(application.refused.map(\.reason) == [.malformed])
    #expect(application.refused.map(\.row) == [nil])
    #expect(try bob.setting(office.member("ada"), "a") == "b")
  }

  @Test("a table and a column from a newer version are kept, relayed, and there after the upgrade")
  func unknownTable() throws {
    let notes = TableDeclaration(
      "notes", key: .own, columns: [ColumnDeclaration("text", .text)], writer: .keyMember)
    let members = TableDeclaration(
      "members", key: .perMember,
      columns: Tables.members.columns + [ColumnDeclaration("pronouns", .text, limit: 40)], writer: .keyMember)
    let newer = Tables.all.map { $0 == Tables.members ? members : $0 } + [notes]

    let office = try Office(onDisk: true, tables: newer)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    let key = try office.newKey("ada")
    _ = try ada.commit(
      Draft([
        RowDraft(notes, key, cells: ["text": .text("from the future")]),
        RowDraft(members, .member(try office.member("ada")), cells: ["pronouns": .text("she")]),
      ]), wall: office.wall)
    try office.join("eve")
    // Bob, who knows neither, passes both on.
    try office.send(from: ada, to: bob)
    try office.send(from: bob, to: office.store("eve"))
    let eve = try office.restart("eve", tables: newer)
    #expect(try eve.text("SELECT text FROM notes") == "from the future")
    #expect(try eve.text("SELECT pronouns FROM members WHERE pronouns IS NOT NULL") == "she")
    try office.send(from: eve, to: ada)
    try office.send(from: ada, to: eve)
    #expect(try eve.digests(wall: office.wall).map(\.digest) == ada.digests(wall: office.wall).map(\.digest))
    #expect(try bob.displayNames()[office.member("ada")] == "ada")

    try eve.close()
    let error = try #require(throws: StoreError.self) { try office.open("eve") }
    #expect(error.code == .newer)
  }

  @Test("what a cut voids vanishes everywhere, and what it keeps stays")
  func cut() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    _ = try bob.commit(Draft(office.setting("bob", "a", "kept")), wall: office.wall)
    let (kept, before) = try (bob.heads(), bob.membership())
    _ = try bob.commit(Draft(office.setting("bob", "a", "void")), wall: office.wall + 1)
    try office.settle()
    #expect(try eve.setting(office.member("bob"), "a") == "void")
    let log = LogID(device: bob.device, incarnation: bob.incarnation, kind: .lasting)
    let cut = Cut(
      device: bob.device, kept: [KeptLog(log: log, head: kept[log], statement: before.lastStatement(of: log))])
    _ = try office.founder.state(.cut(cut), wall: office.wall + 2)
    try office.settle()
    for store in [office.founder, eve] { #expect(try store.setting(office.member("bob"), "a") == "kept") }
    try office.expectAgreement()
    #expect(bob.member == nil)
    let error = try #require(throws: StoreError.self) {
      try bob.commit(Draft(office.setting("bob", "a", "still")), wall: office.wall + 3)
    }
    #expect(error.code == .notMember)
  }
}
