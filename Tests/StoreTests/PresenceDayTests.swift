import BullpenCore
import BullpenStore
import Testing

@Suite("Days of presence on disk")
struct PresenceDayTests {
  /// A day's sums of so many seconds at noon.
  private func day(_ number: Int64, seconds: UInt64 = 900) throws -> PresenceDay {
    func digits(_ value: UInt64, _ count: Int) -> [UInt8] { value.bigEndianBytes.suffix(count) }
    let hours = (0..<24).flatMap { digits($0 == 12 ? seconds : 0, 2) }
    let kinds = [seconds, 0, 0, 0].flatMap { digits($0, 4) }
    var bytes = digits(UInt64(number), 4) + digits(1, 2)
    bytes += hours + kinds
    bytes += [1, 12] + Array("/secret-plan".utf8) + digits(3, 2)
    return try #require(PresenceDay(bytes: bytes))
  }

  private func today(_ office: Office) -> Int64 { office.wall / Office.day }

  @discardableResult
  private func count(
    _ day: PresenceDay, _ office: Office, of person: String, for readers: [String], at key: RowKey? = nil
  ) throws -> RowKey {
    let member = try office.member(person)
    let key = key ?? RowKey.own(member, RowID(at: office.wall, using: &office.random))
    let audience = try readers.map(office.member).sorted()
    _ = try office.store(person).commit(
      Draft([RowDraft(Tables.presenceDays, key, audience: audience, cells: ["sums": .bytes(day.bytes)])]),
      wall: office.wall)
    return key
  }

  private func days(_ store: Store, _ office: Office, of person: String? = nil) throws -> [PresenceDay?] {
    try store.presenceDays(of: person.map(office.member), wall: office.wall).rows.map(\.day)
  }

  @Test("a day is read by those whom it names and by the person's own devices, and by nobody else")
  func sealed() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let phone = try office.join("phone", secondDeviceOf: "bob")
    let eve = try office.join("eve")
    try office.settle()
    let first = try day(today(office))
    let key = try count(first, office, of: "bob", for: ["ada", "bob"])
    try office.settle()
    for store in [office.founder, bob, phone] { #expect(try days(store, office) == [first]) }
    #expect(try days(eve, office) == [nil])
    #expect(try days(eve, office, of: "eve") == [])
    let record = try #require(try phone.presenceDays(wall: office.wall).rows.first)
    #expect(record.device == bob.device && record.key == key)
    #expect(try record.audience == [office.member("ada"), office.member("bob")].sorted())

    // It grows, and another device of the person erases it for all.
    let second = try day(today(office), seconds: 1_800)
    office.wall += 1
    try count(second, office, of: "bob", for: ["ada", "bob"], at: key)
    try office.settle()
    #expect(try days(office.founder, office) == [second])
    #expect(try !bob.isErased(presenceDay: key))
    office.wall += 1
    _ = try phone.commit(Draft([RowDraft(Tables.presenceDays, key, isDelete: true)]), wall: office.wall)
    try office.settle()
    for store in office.everybody {
      #expect(try days(store, office) == [])
      #expect(try store.isErased(presenceDay: key))
    }
    #expect(throws: StoreError.self, "what is erased does not come back") {
      try count(second, office, of: "bob", for: ["ada", "bob"], at: key)
    }
    try office.expectAgreement()
  }

  @Test("a day that is not the row's own is not believed; after ninety days nothing is left")
  func life() throws {
    let office = try Office()
    try office.join("bob")
    try office.settle()
    for ahead in [-3, -1, 0, 1, 3] as [Int64] {
      office.wall += 1
      try count(try day(today(office) + ahead), office, of: "bob", for: ["ada"])
    }
    try office.settle()
    let numbers = try days(office.founder, office).map { $0.map { Int64($0.day.number) - today(office) } }
    #expect(numbers == [nil, 1, 0, -1, nil])
    office.wall += 91 * Office.day
    #expect(try days(office.founder, office) == [])
  }

  @Test("it is on or off as an admin said last, with when and by whom; nobody else's word counts")
  func switching() throws {
    let office = try Office()
    let bob = try office.join("bob", role: .admin)
    try office.join("eve")
    try office.settle()
    #expect(try bob.analytics() == .off)
    func say(_ word: String, _ person: String) throws {
      office.wall += 1
      let key = try #require(RowKey.named(try office.member(person), Store.analyticsSetting))
      _ = try office.store(person).commit(
        Draft([RowDraft(Tables.workspaceSettings, key, cells: ["value": .text(word)])]), wall: office.wall)
      try office.settle()
    }
    try say("on", "ada")
    let on = try bob.analytics()
    #expect(on == AnalyticsSwitch(isOn: true, at: office.wall, by: try office.member("ada")))
    #expect(throws: StoreError.self) { try say("off", "eve") }
    try say("off", "bob")
    for store in office.everybody {
      let said = try store.analytics()
      #expect(!said.isOn && said.at > on.at)
      #expect(try said.by == office.member("bob"))
    }
    try say("maybe", "ada")
    #expect(try !bob.analytics().isOn)
  }

  @Test("that a person knows is kept with its settings, on disk and beyond the life of their row")
  func told() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let told = PresenceSettings(level: .contacts, contacts: [try office.member("ada")], toldOfAnalytics: office.wall)
    let member = try office.member("bob")
    let key = RowKey.own(member, RowID(at: office.wall, using: &office.random))
    _ = try bob.commit(
      Draft([RowDraft(Tables.presenceSettings, key, audience: [member], cells: told.cells)]), wall: office.wall)
    #expect(try bob.privacy(wall: office.wall).settings == told)
    office.wall += 91 * Office.day
    #expect(try office.restart("bob").privacy(wall: office.wall).settings == told)
  }
}
