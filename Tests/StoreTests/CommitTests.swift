import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

@Suite("One write path")
struct CommitTests {
  @Test("what was committed is there after a restart, and the log goes on where it was")
  func reopen() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let first = try ada.commit(Draft(office.setting("ada", "theme", "dark")), wall: office.wall)
    let heads = try ada.heads()
    let digests = try ada.digests(wall: office.wall).map(\.digest)

    let again = try office.restart("ada")
    #expect(try again.heads() == heads)
    #expect(try again.digests(wall: office.wall).map(\.digest) == digests)
    #expect(again.incarnation == ada.incarnation)
    #expect(again.membership().name == "the office")
    #expect(try again.displayNames() == [office.member("ada"): "ada"])
    #expect(try again.setting(office.member("ada"), "theme") == "dark")

    let second = try again.commit(Draft(office.setting("ada", "theme", "light")), wall: office.wall)
    #expect(second.heads[0].log == first.heads[0].log)
    #expect(second.heads[0].head.sequence == first.heads[0].head.sequence + 1)
    #expect(try again.setting(office.member("ada"), "theme") == "light")
  }

  @Test("own changes are written with synchronous = FULL, those of others with NORMAL")
  func durability() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    _ = try ada.commit(Draft(office.setting("ada", "a", "b")), wall: office.wall)
    #expect(try ada.integers("PRAGMA synchronous") == [2])
    try office.send(from: ada, to: bob)
    #expect(try bob.integers("PRAGMA synchronous") == [1])
    _ = try bob.commit(Draft(office.setting("bob", "a", "b")), wall: office.wall)
    #expect(try bob.integers("PRAGMA synchronous") == [2])
    #expect(try bob.text("PRAGMA journal_mode") == "wal")
  }

  @Test("a commit that the disk refuses leaves no trace, and the next one takes its number")
  func failedCommit() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    _ = try ada.commit(Draft(office.notification(from: "ada", to: ["ada"])), wall: office.wall)
    let heads = try ada.heads()
    let digests = try ada.digests(wall: office.wall).map(\.digest)
    let clock = try ada.integers("SELECT value FROM node_meta WHERE name = 'clock'")

    try ada.run("CREATE TRIGGER full AFTER UPDATE ON node_logs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    #expect(throws: StoreError.self) {
      try ada.commit(Draft(office.notification(from: "ada", to: ["ada"], title: "Lost")), wall: office.wall + 1)
    }
    #expect(try ada.heads() == heads)
    #expect(try ada.digests(wall: office.wall).map(\.digest) == digests)
    #expect(try ada.integers("SELECT value FROM node_meta WHERE name = 'clock'") == clock)
    #expect(try ada.unreadCount(for: office.member("ada"), wall: office.wall) == 1)

    try ada.run("DROP TRIGGER full")
    let commit = try ada.commit(Draft(office.notification(from: "ada", to: ["ada"])), wall: office.wall + 2)
    #expect(commit.heads[0].head.sequence == heads[commit.heads[0].log].sequence + 1)
  }

  @Test("a statement that fails to be stored is not believed either")
  func failedStatement() throws {
    let office = try Office()
    let ada = try office.store("ada")
    let invite = Invite(
      invite: InviteKey(using: &office.random).invite, role: .member, uses: 1, expiry: office.wall + Office.day)
    try ada.run("CREATE TRIGGER full AFTER UPDATE ON node_logs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    #expect(throws: StoreError.self) { try ada.state(.invite(invite), wall: office.wall) }
    #expect(ada.membership().invite(invite.invite) == nil)
    #expect(ada.statements().count == 1)
    try ada.run("DROP TRIGGER full")
    let (_, made) = try ada.state(.invite(invite), wall: office.wall)
    #expect(ada.membership().invite(invite.invite) == invite)
    #expect(made.value.statement.sequence == 2)
  }

  @Test("rows that last and rows that pass are not one change")
  func mixed() throws {
    let office = try Office()
    let ada = try office.store("ada")
    let heads = try ada.heads()
    let draft = try Draft([office.setting("ada", "a", "b"), office.activity("ada", "wrote")])
    let error = try #require(throws: StoreError.self) { try ada.commit(draft, wall: office.wall) }
    #expect(error.code == .mixed)
    #expect(try ada.heads() == heads)
  }

  @Test("stamps increase while the wall clock stands still, and when it steps back")
  func stamps() throws {
    let office = try Office()
    let ada = try office.store("ada")
    for step: Int64 in [0, 0, -1_000, -60_000, 5] {
      _ = try ada.commit(Draft(office.setting("ada", "a", "\(step)")), wall: office.wall + step)
    }
    let log = LogID(device: ada.device, incarnation: ada.incarnation, kind: .lasting)
    let times = try ada.segments(LogRange(log: log, first: 1, last: 6), maxBytes: 1 << 20).flatMap(\.entries).map(
      \.time)
    #expect(times.count == 6)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    #expect(try ada.setting(office.member("ada"), "a") == "5")
  }

  @Test("a clock that fell an hour behind is named, and nothing is written")
  func clockBehind() throws {
    let office = try Office()
    let ada = try office.store("ada")
    let error = try #require(throws: StoreError.self) {
      try ada.commit(Draft(office.setting("ada", "a", "b")), wall: office.wall - 60 * Office.minute)
    }
    #expect(error.code == .clock)
  }

  @Test("who writes outside the bounds hears which one", arguments: Bound.allCases)
  func bounds(_ bound: Bound) throws {
    let office = try Office()
    let ada = try office.store("ada")
    try office.join("bob")
    let heads = try ada.heads()
    let digests = try ada.digests(wall: office.wall).map(\.digest)
    let error = try #require(throws: StoreError.self) {
      try ada.commit(bound.draft(office), wall: office.wall)
    }
    #expect(error.code == bound.code)
    #expect(!error.message.isEmpty)
    #expect(try ada.heads() == heads)
    #expect(try ada.digests(wall: office.wall).map(\.digest) == digests)
  }

  enum Bound: CaseIterable {
    case empty, foreignKey, longTitle, wrongType, unknownColumn, nobody, stranger, clearAudience, oldKey, futureKey
    case tooManyRows, tooManyBytes, twice, store, zeroInText

    var code: StoreError.Code {
      switch self {
      case .foreignKey: .forbidden
      case .longTitle, .tooManyRows, .tooManyBytes: .tooLarge
      default: .invalid
      }
    }

    func draft(_ office: Office) throws -> Draft {
      let member = try office.member("ada")
      switch self {
      case .empty: return Draft([])
      case .foreignKey: return try Draft(office.setting("bob", "theme", "loud"))
      case .longTitle:
        let title = String(repeating: "x", count: Limits.titleBytes + 1)
        return try Draft(office.notification(from: "ada", to: ["bob"], title: title))
      case .wrongType:
        return Draft(RowDraft(Tables.members, .member(member), cells: ["display_name": .integer(7)]))
      case .unknownColumn:
        return Draft(RowDraft(Tables.members, .member(member), cells: ["shoe_size": .integer(44)]))
      case .nobody: return try Draft(office.notification(from: "ada", to: []))
      case .stranger:
        var draft = try office.notification(from: "ada", to: ["bob"])
        draft.audience.append(MemberID(using: &office.random))
        return Draft(draft)
      case .clearAudience:
        var draft = try office.activity("ada", "wrote")
        draft.audience = [member]
        return Draft(draft)
      case .oldKey, .futureKey:
        let time = office.wall + (self == .oldKey ? -1 : 1) * 6 * Office.minute
        let key = RowKey.own(member, RowID(at: time, using: &office.random))
        return Draft(RowDraft(Tables.activities, key, cells: ["text": .text("when?")]))
      case .tooManyRows: return Draft(try (0...Limits.changeRows).map { try office.setting("ada", "s\($0)", "") })
      case .tooManyBytes:
        let text = String(repeating: "x", count: Limits.bodyBytes)
        return Draft(try (0..<7).map { try office.setting("ada", "s\($0)", text) })
      case .twice: return Draft([try office.setting("ada", "a", "1"), try office.setting("ada", "a", "2")])
      case .store:
        return Draft(RowDraft(Tables.statements, try office.newKey("ada"), cells: ["body": .bytes([1])]))
      case .zeroInText: return try Draft(office.setting("ada", "a", "x\0y"))
      }
    }
  }

  @Test("a guest states nothing that counts, so nothing is stated")
  func forbiddenStatement() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let heads = try bob.heads()
    let invite = Invite(invite: InviteKey(using: &office.random).invite, role: .member, uses: 9, expiry: .max)
    let error = try #require(throws: StoreError.self) { try bob.state(.invite(invite), wall: office.wall) }
    #expect(error.code == .forbidden)
    #expect(try bob.heads() == heads)
  }
}
