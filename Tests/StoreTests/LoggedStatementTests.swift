import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenWire
import Testing

@Suite("Statements in logs and beside them")
struct LoggedStatementTests {
  /// What a program that was changed signs with somebody's key.
  private func sign(
    _ claim: Statement.Claim, as name: String, in incarnation: Incarnation, _ sequence: UInt64,
    after previous: StatementID?, _ office: Office
  ) throws -> Verified<ProvedStatement> {
    let author = try office.author(name)
    let body = StatementCodec.encode(
      Statement(
        workspace: office.founder.workspace, signer: author.device.id, incarnation: incarnation, sequence: sequence,
        previous: previous, time: HybridTime(office.wall + Int64(sequence)), claim: claim))
    let signed = SignedStatement(body: body, signature: author.device.sign(body, .statement))
    return try #require(office.prover.prove(signed))
  }

  private func invite(_ office: Office) -> Statement.Claim {
    .invite(
      Invite(
        invite: InviteKey(using: &office.random).invite, role: .member, uses: 1, expiry: office.wall + Office.day))
  }

  /// A line beside somebody's log, one longer than what is in it.
  private func line(_ count: UInt64, as name: String, _ office: Office) throws -> [Verified<ProvedStatement>] {
    var line: [Verified<ProvedStatement>] = []
    for sequence in 1...count {
      line.append(
        try sign(
          invite(office), as: name, in: office.store(name).incarnation, sequence, after: line.last?.value.id, office))
    }
    return line
  }

  private func invites(_ statements: [Verified<ProvedStatement>], in store: Store) -> Int {
    statements.count { proved in
      guard case .invite(let invite) = proved.value.statement.claim else { return false }
      return store.membership().invite(invite.invite) == invite
    }
  }

  @Test("who is cut stays with what is in the log, whatever was signed beside it")
  func beside() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    try office.join("eve")
    try office.settle()
    office.wall += 100
    var logged: [Verified<ProvedStatement>] = []
    for _ in 0..<3 { logged.append(try bob.state(invite(office), wall: office.wall).1) }
    try office.settle()
    // His laptop is stolen.
    let junk = try line(9, as: "bob", office)
    for store in office.everybody { _ = try store.admit(junk, wall: office.wall) }
    let ada = try office.restart("ada")
    let logs = try ada.logs(of: [bob.device])
    #expect(logs.contains { $0.statement == logged.last?.value.id })
    let cut = ada.membership().cut(of: bob.device, holding: logs)
    _ = try ada.state(.cut(cut), wall: office.wall)
    try office.settle()
    for store in office.everybody {
      #expect(invites(logged, in: store) == 3)
      #expect(invites(junk, in: store) == 0)
    }
    try office.expectAgreement()
  }

  @Test("a statement of one's own names the one before it in the log, not what was signed beside it")
  func previous() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    office.wall += 100
    let first = try bob.state(invite(office), wall: office.wall).1
    _ = try bob.admit(line(9, as: "bob", office), wall: office.wall)
    let again = try office.restart("bob")
    let claim = invite(office)
    let second = try again.state(claim, wall: office.wall).1
    #expect(first.value.statement.previous == nil)
    #expect(second.value.statement.previous == first.value.id)
  }

  @Test("what a thief writes into the log ends no line, nor does writing over a row")
  func within() throws {
    let office = try Office(onDisk: true)
    try office.join("bob", role: .admin)
    try office.settle()
    let incarnation = Incarnation(using: &office.random)
    let first = try sign(invite(office), as: "bob", in: incarnation, 1, after: nil, office)
    let second = try sign(invite(office), as: "bob", in: incarnation, 2, after: first.value.id, office)
    let thief = try sign(invite(office), as: "bob", in: incarnation, 3, after: nil, office)
    let key = try office.newKey("bob")
    let segment = office.log(
      by: try office.author("bob"), .lasting, incarnation: incarnation,
      [first, second, thief].map { proved in
        let signed = proved.value.signed
        let row = RowChange(Tables.statements, key, [("body", .bytes(signed.signature.bytes + signed.body))])
        return (time: proved.value.statement.time, expiry: 0, rows: [row])
      })
    office.wall += 10
    #expect(try office.founder.apply([segment], wall: office.wall).refused.isEmpty)
    let logs = try office.founder.logs(of: [office.author("bob").device.id])
    #expect(logs.first { $0.log == segment.log }?.statement == second.value.id)
  }

  /// What a program that was changed writes as bob, a setting an entry.
  private func history(_ values: [String], in incarnation: Incarnation, _ office: Office) throws -> Segment {
    let key = try #require(RowKey.named(office.member("bob"), "a"))
    return office.log(
      by: try office.author("bob"), .lasting, incarnation: incarnation,
      values.enumerated().map { place, value in
        let row = RowChange(Tables.settings, key, [("value", .text(value))])
        return (time: HybridTime(office.wall + Int64(place)), expiry: 0, rows: [row])
      })
  }

  @Test("a cut that keeps another history of a log than is here names the device, and what is here stays")
  func otherHistory() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let eve = try office.join("eve", role: .admin)
    try office.settle()
    let incarnation = Incarnation(using: &office.random)
    office.wall += 10
    _ = try office.founder.apply([history(["here", "more"], in: incarnation, office)], wall: office.wall)
    _ = try eve.apply([history(["there"], in: incarnation, office)], wall: office.wall)
    let cut = eve.membership().cut(of: bob.device, holding: try eve.logs(of: [bob.device]))
    #expect(cut.kept.contains { $0.log.incarnation == incarnation })
    let stated = try eve.state(.cut(cut), wall: office.wall).1
    #expect(try eve.forks().isEmpty)
    _ = try office.founder.admit([stated], wall: office.wall)
    #expect(try office.founder.forks().map(\.log.incarnation) == [incarnation])
    #expect(try office.founder.setting(office.member("bob"), "a") == "here")
  }

  @Test("a cut names the device whatever came before it in the same transaction")
  func otherHistoryInGroup() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let eve = try office.join("eve", role: .admin)
    try office.settle()
    let incarnation = Incarnation(using: &office.random)
    office.wall += 10
    _ = try office.founder.apply([history(["here", "more"], in: incarnation, office)], wall: office.wall)
    _ = try eve.apply([history(["there"], in: incarnation, office)], wall: office.wall)
    let invitation = try eve.state(invite(office), wall: office.wall).0
    let cut = eve.membership().cut(of: bob.device, holding: try eve.logs(of: [bob.device]))
    let removal = try eve.state(.cut(cut), wall: office.wall).0
    let messages = try [invitation, removal].map { commit in
      let head = try #require(commit.heads.first)
      let range = LogRange(log: head.log, first: head.head.sequence, last: head.head.sequence)
      return ArrivedSegments(try eve.segments(range, maxBytes: 1), in: eve.workspace)
    }
    let outcomes = try office.founder.apply(messages, wall: office.wall, certain: office.wall)
    #expect(outcomes.map(\.statements.count) == [1, 1])
    #expect(try office.founder.forks().map(\.log.incarnation) == [incarnation])
  }

  @Test("a claim of a later version is kept, passed on as it came, and links what is before it with what is after")
  func laterVersion() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    let eve = try office.join("eve")
    try office.settle()
    office.wall += 10
    let incarnation = Incarnation(using: &office.random)
    // Field 90, which this version does not know, with three bytes.
    let first = try sign(invite(office), as: "bob", in: incarnation, 1, after: nil, office)
    let later = try sign(
      .unknown([0xd2, 0x05, 3, 1, 2, 3]), as: "bob", in: incarnation, 2, after: first.value.id, office)
    let third = try sign(invite(office), as: "bob", in: incarnation, 3, after: later.value.id, office)
    #expect(later.value.statement.claim == .unknown([0xd2, 0x05, 3, 1, 2, 3]))
    let segment = office.log(
      by: try office.author("bob"), .lasting, incarnation: incarnation,
      try [first, later, third].map { proved in
        let signed = proved.value.signed
        let row = RowChange(
          Tables.statements, try office.newKey("bob"), [("body", .bytes(signed.signature.bytes + signed.body))])
        return (time: proved.value.statement.time, expiry: 0, rows: [row])
      })
    #expect(try office.founder.apply([segment], wall: office.wall).refused.isEmpty)
    #expect(try office.founder.logs(of: [bob.device]).first { $0.log == segment.log }?.statement == third.value.id)
    let ada = try office.restart("ada")
    _ = try eve.admit(ada.statements(), wall: office.wall)
    #expect(eve.statements().contains { $0.value.signed == later.value.signed })
    // Beside the log, under an old number: no gap in the line lets it count.
    let junk = try sign(invite(office), as: "bob", in: incarnation, 1, after: nil, office)
    _ = try ada.admit([junk], wall: office.wall)
    let cut = ada.membership().cut(of: bob.device, holding: try ada.logs(of: [bob.device]))
    _ = try ada.state(.cut(cut), wall: office.wall)
    _ = try eve.admit(ada.statements(), wall: office.wall)
    for store in [ada, eve] {
      #expect(invites([first, third], in: store) == 2)
      #expect(invites([junk], in: store) == 0)
    }
    let error = try #require(throws: StoreError.self) { try ada.state(.unknown([0xd2, 0x05, 0]), wall: office.wall) }
    #expect(error.code == .forbidden)
  }
}
