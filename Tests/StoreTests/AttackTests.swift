import BullpenCore
import BullpenCrypto
import BullpenWire
import Testing

@testable import BullpenStore

/// What a member with a modified node may try, each by its name. Mallory holds a member's keys, writes whatever bytes
/// she likes and sends them herself; what she cannot do is sign with somebody else's key.
@Suite("Attacks on the history")
struct AttackTests {
  private let office: Office
  private let bob: Store
  private let mallory: Author

  init() throws {
    office = try Office()
    bob = try office.join("bob")
    try office.join("mallory")
    mallory = try office.author("mallory")
    try office.settle()
  }

  // MARK: What is not hers to sign

  @Test("forge: a change in ada's log that ada did not sign changes nothing")
  func forge() throws {
    let ada = try office.author("ada")
    let row = try setting("ada", "a", "forged")
    let honest = office.log(by: ada, .lasting, incarnation: incarnation(), [(HybridTime(office.wall), 0, [row])])
    let forged = Segment(
      log: honest.log, first: 1, previous: .zero, entries: honest.entries,
      signature: Chain.sign(digest(of: honest), by: mallory.device))
    try expectNothing(of: [forged], .unproved)
    // The very same bytes count once ada has signed them.
    #expect(try bob.apply([honest], wall: office.wall).rejected.isEmpty)
    #expect(try bob.setting(office.member("ada"), "a") == "forged")
  }

  @Test("splice: the end of one of ada's logs does not continue another, nor another's log")
  func splice() throws {
    let ada = try office.author("ada")
    func log(_ incarnation: Incarnation, _ values: [String]) throws -> Segment {
      let entries = try values.enumerated().map { place, value in
        (HybridTime(office.wall + Int64(place)), Int64(0), [try setting("ada", "a", value)])
      }
      return office.log(by: ada, .lasting, incarnation: incarnation, entries)
    }
    let one = try log(incarnation(), ["one", "two"])
    let other = try log(incarnation(), ["three", "four"])
    #expect(try bob.apply([one], wall: office.wall).rejected.isEmpty)
    // The tail of the other with its own digest before it, and with that of the log it is put behind.
    let tail = other.suffix(from: 2, previous: digest(of: other, at: 1))
    for previous in [tail.previous, digest(of: one, at: 1)] {
      let spliced = Segment(
        log: one.log, first: 2, previous: previous, entries: tail.entries, signature: tail.signature)
      try expectNothing(of: [spliced], .unproved)
      let asHers = Segment(
        log: LogID(device: mallory.device.id, incarnation: one.log.incarnation, kind: .lasting), first: 2,
        previous: previous, entries: tail.entries, signature: tail.signature)
      #expect(try bob.apply([asHers], wall: office.wall).rejected.count == 1)
    }
    // Nor do the two kinds of one incarnation stand for one another.
    let passing = Segment(
      log: LogID(device: ada.device.id, incarnation: one.log.incarnation, kind: .passing), first: 1, previous: .zero,
      entries: one.entries, signature: one.signature)
    try expectNothing(of: [passing], .unproved)
    #expect(try bob.setting(office.member("ada"), "a") == "two")
  }

  @Test("impersonate: nobody brings in a device as bob's, with a key of their own or with none of his words")
  func impersonate() throws {
    let device = DeviceKey(using: &office.random)
    let bobs = try office.member("bob")
    let key = try #require(bob.membership().members[bobs]?.key)
    for (memberKey, consent) in [
      (key, device.consent(to: bobs, key: key, in: bob.workspace)),
      (mallory.secret.key, device.consent(to: bobs, key: mallory.secret.key, in: bob.workspace)),
      (key, nil),
    ] {
      let claim = Credential(
        device: device.id, member: bobs, memberKey: memberKey, role: .member, invite: nil, consent: consent)
      _ = try bob.admit([statement(.credential(claim), by: mallory.device)], wall: office.wall)
    }
    #expect(bob.membership().device(device.id) == nil)
    #expect(bob.membership().members[bobs]?.key == key)
    let row = try setting("bob", "a", "not bob")
    let segment = office.log(by: mallory, .lasting, incarnation: incarnation(), [(HybridTime(office.wall), 0, [row])])
    #expect(try bob.apply([segment], wall: office.wall).refused.map(\.reason) == [.author])
    #expect(try bob.setting(bobs, "a") == nil)
  }

  @Test("use a revoked credential: who was cut writes nothing more, in no incarnation and through no invite of theirs")
  func revoked() throws {
    let before = try office.store("mallory").heads()
    let kept = before.sorted.filter { $0.log.device == mallory.device.id }.map { log, head in
      KeptLog(log: log, head: head, statement: bob.membership().lastStatement(of: log))
    }
    _ = try office.founder.state(.cut(Cut(device: mallory.device.id, kept: kept)), wall: office.wall)
    try office.send(from: office.founder, to: bob)
    let digests = try bob.digests(wall: office.wall).map(\.digest)

    // In the log that stands so far, and in one that begins anew.
    let old = try office.store("mallory")
    _ = try old.commit(Draft(office.activity("mallory", "still here")), wall: office.wall + 1)
    try office.send(from: old, to: bob)
    let row = try setting("mallory", "a", "anew")
    let anew = office.log(
      by: mallory, .lasting, incarnation: incarnation(), [(HybridTime(office.wall - Office.minute), 0, [row])])
    #expect(try bob.apply([anew], wall: office.wall).refused.map(\.reason) == [.cut])
    let device = DeviceKey(using: &office.random)
    let member = try office.member("mallory")
    let link = Credential(
      device: device.id, member: member, memberKey: mallory.secret.key, role: .member, invite: nil,
      consent: device.consent(to: member, key: mallory.secret.key, in: bob.workspace))
    _ = try bob.admit([statement(.credential(link), by: mallory.device)], wall: office.wall)
    #expect(bob.membership().device(device.id) == nil)
    #expect(try bob.activities(wall: office.wall).rows.isEmpty)
    #expect(try bob.setting(member, "a") == nil)
    #expect(try bob.digests(wall: office.wall).map(\.digest) == digests)
  }

  @Test("back-date an invite or a cut: what is stated after a demotion does not count, whatever its time and number")
  func backdate() throws {
    // Mallory was an admin until a moment ago, when such a statement of hers counted.
    let promotion = Credential(
      device: mallory.device.id, member: try office.member("mallory"), memberKey: mallory.secret.key, role: .admin,
      invite: nil)
    let (_, promoted) = try office.founder.state(.credential(promotion), wall: office.wall)
    try office.send(from: office.founder, to: bob)
    let early = Invite(
      invite: InviteKey(using: &office.random).invite, role: .member, uses: 9, expiry: office.wall + Office.day)
    _ = try bob.admit([statement(.invite(early), by: mallory.device)], wall: office.wall)
    #expect(bob.membership().invite(early.invite) != nil)
    let demotion = Demotion(
      member: try office.member("mallory"), role: .member, ended: [promoted.value.id], kept: [])
    _ = try office.founder.state(.demotion(demotion), wall: office.wall + 1)
    try office.send(from: office.founder, to: bob)
    #expect(bob.membership().members[try office.member("mallory")]?.role == .member)
    #expect(bob.membership().invite(early.invite) == nil, "the demotion kept nothing of hers")

    let door = InviteKey(using: &office.random).invite
    let invite = Invite(invite: door, role: .member, uses: 9, expiry: office.wall + Office.day)
    let cut = Cut(device: bob.device, kept: [])
    let long = office.wall - Office.day
    for (claim, sequence) in [(BullpenCore.Statement.Claim.invite(invite), UInt64(1)), (.cut(cut), 2)] {
      for wall in [long, office.wall, office.wall + 1] {
        _ = try bob.admit([statement(claim, by: mallory.device, sequence, at: wall)], wall: office.wall + 2)
      }
    }
    #expect(bob.membership().invite(door) == nil)
    #expect(bob.member == (try office.member("bob")))
  }

  // MARK: What is hers to sign, and not to say

  @Test("squat on a row id: who writes first under ada's next key has not written ada's row")
  func squat() throws {
    let draft = try office.activity("ada", "mine")
    let row = RowChange(Tables.activities, draft.key, [("text", .text("squatted"))])
    let segment = office.log(
      by: mallory, .passing, incarnation: incarnation(),
      [(HybridTime(office.wall), office.wall + 200 * Office.day, [row])])
    #expect(try bob.apply([segment], wall: office.wall).refused.map(\.reason) == [.author])
    #expect(try bob.activities(wall: office.wall).rows.isEmpty)
    _ = try office.founder.commit(Draft(draft), wall: office.wall)
    try office.settle()
    for store in office.everybody { #expect(try store.activities(wall: office.wall).rows.map(\.text) == ["mine"]) }
    try office.expectAgreement()
  }

  @Test("speak as admin: a member sets nothing for all, neither a setting nor a team, and makes nobody an admin")
  func speakAsAdmin() throws {
    let member = try office.member("mallory")
    let rows = [
      RowChange(
        Tables.workspaceSettings, try #require(RowKey.named(member, "visibility")), [("value", .text("everyone"))]),
      RowChange(
        Tables.teams, try #require(RowKey.named(member, TeamID(Bytes16.zero).description)), [("name", .text("mine"))]),
    ]
    let segment = office.log(by: mallory, .lasting, incarnation: incarnation(), [(HybridTime(office.wall), 0, rows)])
    #expect(try bob.apply([segment], wall: office.wall).refused.map(\.reason) == [.role, .role])
    #expect(try bob.teams().isEmpty)
    let promotion = Credential(
      device: mallory.device.id, member: member, memberKey: mallory.secret.key, role: .admin, invite: nil)
    _ = try bob.admit([statement(.credential(promotion), by: mallory.device)], wall: office.wall)
    #expect(bob.membership().members[member]?.role == .member)
  }

  @Test(
    "grind a tie: of two writes with one stamp the same one holds everywhere, and nobody else's cell is within reach")
  func grind() throws {
    // A second history under one number, whose bytes were tried until their digest was the greater.
    let incarnation = incarnation()
    let time = HybridTime(office.wall)
    let honest = try setting("mallory", "a", "first")
    let bar = Blake2b.digest(honest.cells[0].content)
    let ground = try #require(
      try (0..<1_000).lazy.map { try setting("mallory", "a", "ground \($0)") }.first {
        Blake2b.digest($0.cells[0].content) > bar
      })
    // In another's name, with the greatest digest of all, it is refused before any tie is looked at.
    let anothers = try setting("bob", "a", "ground")
    _ = try bob.commit(Draft(office.setting("bob", "a", "mine")), wall: office.wall)
    let one = office.log(by: mallory, .lasting, incarnation: incarnation, [(time, 0, [honest, anothers])])
    let application = try bob.apply([one], wall: office.wall)
    #expect(application.refused.map(\.reason) == [.author])
    #expect(try bob.setting(office.member("bob"), "a") == "mine")

    // A later change with a stamp of the past does not outdo the one before it by its bytes: it is no log at all.
    let two = office.log(
      by: mallory, .lasting, incarnation: self.incarnation(), [(time, 0, [honest]), (time, 0, [ground])])
    #expect(try bob.apply([two], wall: office.wall).rejected.map(\.reason) == [.stamps])

    // The same stamp in two incarnations: the bytes decide, for everybody alike and in any order.
    let again = office.log(by: mallory, .lasting, incarnation: self.incarnation(), [(time, 0, [ground])])
    _ = try bob.apply([again], wall: office.wall)
    _ = try office.founder.apply([again], wall: office.wall)
    _ = try office.founder.apply([one], wall: office.wall)
    try office.settle()
    let held = try Set(office.everybody.map { try $0.setting(office.member("mallory"), "a") })
    #expect(held == [text(of: ground)])
    try office.expectAgreement()
  }

  @Test("future stamps: what is dated ahead waits, outdoes nothing meanwhile, and moves nobody's clock")
  func future() throws {
    let member = try office.member("mallory")
    let row = try setting("mallory", "a", "from the future")
    let next = office.wall + Office.day
    let segment = office.log(by: mallory, .lasting, incarnation: incarnation(), [(HybridTime(next), 0, [row])])
    let application = try bob.apply([segment], wall: office.wall)
    #expect(application.quarantined == 1)
    #expect(try bob.setting(member, "a") == nil)
    #expect(try bob.quarantine().map(\.log.device) == [mallory.device.id])
    let commit = try bob.commit(Draft(office.setting("bob", "b", "now")), wall: office.wall)
    let head = try #require(commit.heads.first)
    let range = LogRange(log: head.log, first: head.head.sequence, last: head.head.sequence)
    let written = try #require(bob.segments(range, maxBytes: 1).first?.entries.first)
    #expect(written.time.milliseconds < office.wall + Office.minute)
  }

  // MARK: What is not hers to keep, or to open

  @Test("replay: what was overwritten or taken back does not return by being sent again, in whatever order")
  func replay() throws {
    let ada = office.founder
    let log = LogID(device: ada.device, incarnation: ada.incarnation, kind: .lasting)
    for value in ["first", "second"] {
      _ = try ada.commit(Draft(office.setting("ada", "a", value)), wall: office.wall)
    }
    let old = try ada.segments(LogRange(log: log, first: 1, last: ada.heads()[log].sequence), maxBytes: 1 << 20)
    _ = try bob.apply(old, wall: office.wall)
    _ = try ada.commit(Draft(office.setting("ada", "a", "third")), wall: office.wall)
    try office.settle()
    let before = try bob.heads()
    for _ in 0..<3 {
      let application = try bob.apply(old.reversed(), wall: office.wall + Office.minute)
      #expect(application.rejected.isEmpty && application.heads.isEmpty && application.rows.isEmpty)
    }
    #expect(try bob.heads() == before)
    #expect(try bob.setting(office.member("ada"), "a") == "third")

    // A statement of another workspace says nothing in this one.
    let elsewhere = try Office(seed: 2)
    try elsewhere.join("carol")
    let count = bob.statements().count
    #expect(try bob.admit(elsewhere.founder.statements(), wall: office.wall).statements.isEmpty)
    #expect(bob.statements().count == count)
  }

  @Test("claim a stub for a live payload: a change without its content is a hole until its time has passed")
  func stub() throws {
    let draft = try office.activity("ada", "do not forget me")
    _ = try office.founder.commit(Draft(draft), wall: office.wall)
    let log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .passing)
    let head = try office.founder.heads()[log].sequence
    let known = try bob.heads()[log].sequence
    let range = LogRange(log: log, first: known + 1, last: head)
    let whole = try #require(office.founder.segments(range, maxBytes: 1 << 20).first)
    let hollow = Segment(
      log: log, first: whole.first, previous: whole.previous,
      entries: whole.entries.map {
        Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0)))
      }, signature: whole.signature)
    try expectNothing(of: [hollow], .hole)
    #expect(try bob.apply([whole], wall: office.wall).rejected.isEmpty)
    #expect(try bob.activities(wall: office.wall).rows.map(\.text) == ["do not forget me"])
  }

  @Test("move a ciphertext: what is sealed in one row opens in no other, by whomever it is put there")
  func moveCiphertext() throws {
    let ada = office.founder
    let secret = try office.notification(from: "ada", to: ["bob"], title: "For bob alone", body: "Read and forget")
    _ = try ada.commit(Draft(secret), wall: office.wall)
    try office.settle()
    let hers = try office.store("mallory")
    let table = try #require(hers.context.table(Tables.notifications.name))
    let grants = try #require(hers.context.table(Tables.grants.name))
    let grant = try #require(Seals.grantKey(Tables.notifications, secret.key, to: office.member("bob")))
    let (cells, box) = try hers.read { db in
      (try #require(try table.row(secret.key, in: db)).cells, try #require(try grants.row(grant, in: db)).cells[0])
    }
    func cell(_ column: String) throws -> CellChange {
      let place = try #require(Tables.notifications.columns.firstIndex { $0.name == column })
      return CellChange(column: column, content: try #require(cells[place]))
    }
    // In a row of her own, with the very grant that ada gave bob: he has the key, and it opens nothing.
    let member = try office.member("mallory")
    let key = try office.newKey("mallory")
    let id = try #require(key.rowID(shape: .own))
    let own = RowKey.grant(
      by: member, row: id, to: try office.member("bob"), of: Seals.target(Tables.notifications, key))
    let moved = RowChange(
      table: Tables.notifications.name, key: key.bytes, audience: [try office.member("bob"), member].sorted(),
      cells: [try cell("title"), try cell("body")])
    let granted = RowChange(
      table: Tables.grants.name, key: own.bytes, cells: [CellChange(column: "box", content: try #require(box))])
    let segment = office.log(
      by: mallory, .passing, incarnation: incarnation(),
      [(HybridTime(office.wall), office.wall + 90 * Office.day, [moved, granted])])
    #expect(try bob.apply([segment], wall: office.wall).refused.isEmpty)
    let seen = try #require(try bob.notification(key, for: office.member("bob"), wall: office.wall))
    #expect(seen.title == nil && seen.body == nil)
    // Where it belongs it opens.
    let there = try #require(try bob.notification(secret.key, for: office.member("bob"), wall: office.wall))
    #expect(there.title == "For bob alone")
    // She herself reads it in neither place.
    _ = try hers.apply([segment], wall: office.wall)
    let read = try #require(try hers.notification(key, for: member, wall: office.wall))
    #expect(read.title == nil && read.body == nil)
    #expect(try hers.notification(secret.key, for: member, wall: office.wall)?.title == nil)
  }

  @Test("move a ciphertext: a sealed cell is bound to its workspace and its table, as to its row")
  func boundCiphertext() throws {
    let ada = office.founder
    let secret = try office.notification(from: "ada", to: ["bob"], title: "For bob alone", body: "Read and forget")
    _ = try ada.commit(Draft(secret), wall: office.wall)
    let (membership, member) = (ada.membership(), try office.member("ada"))
    let table = try #require(ada.context.table(Tables.notifications.name))
    let place = try #require(Tables.notifications.columns.firstIndex { $0.name == "title" })
    try ada.read { db in
      let row = try #require(try table.row(secret.key, in: db))
      let clock = try #require(row.clocks.columns[place])
      let content = try #require(row.cells[place].flatMap { CellContent(bytes: $0) })
      let key = try #require(
        try Seals(ada.context, membership, member: member, db).secret(Tables.notifications, secret.key))
      let here = SealContext(
        workspace: ada.workspace, table: Tables.notifications.name, key: secret.key.bytes, column: "title",
        device: ada.device, time: clock.time, index: clock.index)
      #expect(key.open(content, in: here) == .text("For bob alone"))
      var elsewhere = here
      elsewhere.workspace = WorkspaceID(.zero)
      #expect(key.open(content, in: elsewhere) == nil)
      elsewhere = here
      elsewhere.table = Tables.activities.name
      #expect(key.open(content, in: elsewhere) == nil)
    }
  }

  // MARK: Her hands

  private func incarnation() -> Incarnation { Incarnation(using: &office.random) }

  private func setting(_ name: String, _ setting: String, _ value: String) throws -> RowChange {
    RowChange(
      Tables.settings, try #require(RowKey.named(office.member(name), setting)), [("value", .text(value))])
  }

  private func text(of row: RowChange) -> String? {
    guard case .clear(.text(let text)) = CellContent(bytes: row.cells[0].content) else { return nil }
    return text
  }

  private func digest(of segment: Segment, at sequence: UInt64? = nil) -> Digest {
    var digest = segment.previous
    for (place, entry) in segment.entries.enumerated() where segment.first + UInt64(place) <= sequence ?? .max {
      digest = Chain.digest(
        bob.workspace, segment.log, segment.first + UInt64(place), previous: digest, entry)
    }
    return digest
  }

  private func statement(
    _ claim: BullpenCore.Statement.Claim, by device: DeviceKey, _ sequence: UInt64 = 1, at wall: Int64? = nil
  ) throws -> Verified<ProvedStatement> {
    let body = StatementCodec.encode(
      BullpenCore.Statement(
        workspace: bob.workspace, signer: device.id, incarnation: incarnation(), sequence: sequence, previous: nil,
        time: HybridTime(wall ?? office.wall), claim: claim))
    return try #require(
      office.prover.prove(SignedStatement(body: body, signature: device.sign(body, .statement))))
  }

  /// Bob refuses it for the reason, and has after it what he had before.
  private func expectNothing(
    of segments: [Segment], _ reason: RejectionReason, location: SourceLocation = #_sourceLocation
  ) throws {
    let (heads, digests) = try (bob.heads(), bob.digests(wall: office.wall).map(\.digest))
    #expect(
      try bob.apply(segments, wall: office.wall).rejected.map(\.reason) == [reason], sourceLocation: location)
    #expect(try bob.heads() == heads, sourceLocation: location)
    #expect(try bob.digests(wall: office.wall).map(\.digest) == digests, sourceLocation: location)
  }
}
