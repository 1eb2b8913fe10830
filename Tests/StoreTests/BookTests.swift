import BullpenCore
import BullpenCrypto
import BullpenWire
import Testing

@testable import BullpenStore

@Suite("What the book of statements takes")
struct BookTests {
  private func sign(
    _ claim: BullpenCore.Statement.Claim, by device: DeviceKey, in incarnation: Incarnation = Incarnation(Bytes16.zero),
    _ sequence: UInt64 = 1, after previous: StatementID? = nil, at wall: Int64, _ office: Office
  ) throws -> Verified<ProvedStatement> {
    let body = StatementCodec.encode(
      BullpenCore.Statement(
        workspace: office.founder.workspace, signer: device.id, incarnation: incarnation,
        sequence: sequence, previous: previous, time: HybridTime(wall), claim: claim))
    return try #require(
      office.prover.prove(SignedStatement(body: body, signature: device.sign(body, .statement))))
  }

  private func invite(_ office: Office) -> BullpenCore.Statement.Claim {
    .invite(
      Invite(
        invite: InviteKey(using: &office.random).invite, role: .guest, uses: 1, expiry: office.wall + Office.day))
  }

  private func credential(_ device: DeviceKey, _ office: Office, role: Role = .admin) -> BullpenCore.Statement.Claim {
    let workspace = office.founder.workspace
    let member = office.prover.member(of: workspace, firstDevice: device.id)
    let key = MemberSecret(using: &office.random).key
    return .credential(
      Credential(
        device: device.id, member: member, memberKey: key, role: role, invite: nil,
        consent: device.consent(to: member, key: key, in: workspace)))
  }

  @Test("what made-up devices sign fills nothing")
  func strangers() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let count = bob.statements().count
    for _ in 0..<4 {
      let junk = try (0..<400).map { _ in
        try sign(invite(office), by: DeviceKey(using: &office.random), at: office.wall, office)
      }
      #expect(try bob.admit(junk, wall: office.wall).statements.isEmpty)
    }
    #expect(bob.statements().count == count)
    #expect(bob.snapshot.waiting.count == Limits.waitingStatements)
    #expect(try office.restart("bob").statements().count == count)
    // Whoever comes meanwhile is heard.
    try office.join("eve")
    try office.send(from: office.founder, to: office.store("bob"))
    #expect(try office.store("bob").membership().author(office.store("eve").device) != nil)
  }

  @Test("a chain is kept in whatever order and however divided it comes", arguments: 1...8)
  func chain(seed: UInt64) throws {
    let office = try Office(seed: seed)
    let bob = try office.join("bob")
    var devices = [try office.author("ada").device]
    var chain: [Verified<ProvedStatement>] = []
    for step in 1...12 {
      let next = DeviceKey(using: &office.random)
      chain.append(
        try sign(credential(next, office), by: devices[step - 1], UInt64(step), at: office.wall + Int64(step), office))
      devices.append(next)
    }
    var heard = chain.shuffled(using: &office.random)
    while !heard.isEmpty {
      let part = heard.prefix(Int(office.random.next() % 4))
      heard.removeFirst(part.count)
      _ = try bob.admit(Array(part), wall: office.wall)
    }
    #expect(Set(chain.map(\.value.id)).isSubset(of: bob.statements().map(\.value.id)))
    #expect(bob.snapshot.waiting.isEmpty)
    for device in devices { #expect(bob.membership().author(device.id) != nil) }
  }

  @Test("who came in by somebody that was cut at zero is no stranger: all nodes keep the same, in whatever order")
  func afterCut() throws {
    let office = try Office()
    let bob = try office.join("bob", role: .admin)
    let puppet = DeviceKey(using: &office.random)
    let early = try bob.state(credential(puppet, office), wall: office.wall).1
    let word = try sign(invite(office), by: puppet, at: office.wall, office)
    let eve = try office.join("eve")
    for store in [bob, eve] { _ = try store.admit([early, word], wall: office.wall) }
    _ = try office.founder.state(.cut(Cut(device: bob.device, kept: [])), wall: office.wall + 1)
    _ = try office.founder.admit([word, early], wall: office.wall)
    try office.settle()
    let all = eve.statements().map(\.value.id)
    #expect(all.contains(word.value.id))
    for store in office.everybody { #expect(store.statements().map(\.value.id) == all) }
  }

  @Test("who came in by somebody that was out already: all keep the same of their history, and believe nothing")
  func historyAfterCut() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    let (eve, dan) = (try office.join("eve"), try office.join("dan"))
    // Of what bob stated, eve has heard; dan hears of the cut first.
    let puppet = Author(device: DeviceKey(using: &office.random), secret: MemberSecret(using: &office.random))
    let member = office.prover.member(of: bob.workspace, firstDevice: puppet.device.id)
    let early = try bob.state(credential(puppet.device, office), wall: office.wall).1
    let incarnation = Incarnation(using: &office.random)
    func history(_ values: [String]) throws -> Segment {
      let entries = try values.enumerated().map { place, value in
        let key = try #require(RowKey.named(member, "setting \(place)"))
        return (
          time: HybridTime(office.wall + Int64(place)), expiry: Int64(0),
          rows: [RowChange(Tables.settings, key, [("value", .text(value))])]
        )
      }
      return office.log(by: puppet, .lasting, incarnation: incarnation, entries)
    }
    for store in [bob, eve] {
      _ = try store.admit([early], wall: office.wall)
      #expect(try store.apply([history(["one"])], wall: office.wall).rejected.isEmpty)
      #expect(try store.setting(member, "setting 0") == "one")
    }
    _ = try office.founder.state(.cut(Cut(device: bob.device, kept: [])), wall: office.wall + 1)
    try office.send(from: office.founder, to: dan)
    let stranger = try dan.apply([history(["one"])], wall: office.wall)
    #expect(stranger.rejected.map(\.reason) == [.unknownDevice])
    try office.settle()
    #expect(try eve.apply([history(["one", "two"])], wall: office.wall).refused.map(\.reason) == [.unknownDevice])
    try office.settle()
    try office.expectAgreement()
    for name in ["ada", "bob", "eve", "dan"] {
      #expect(try office.store(name).heads()[history(["one"]).log].sequence == 2)
      #expect(try office.store(name).setting(member, "setting 0") == nil)
      #expect(try office.verify(name).findings == [])
    }
  }

  @Test("one member fills a part of the book alone, and hears so; others are heard as before")
  func quota() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    let key = try office.author("bob").device
    let limit = StatementBook.Room().own(isTwig: false)
    let junk = try (0..<UInt64(limit)).map { number in
      try sign(invite(office), by: key, number + 2, at: office.wall, office)
    }
    #expect(try office.founder.admit(junk, wall: office.wall).surplus == 0)
    let more = try sign(invite(office), by: key, 1 << 20, at: office.wall, office)
    let refused = try office.founder.admit([more], wall: office.wall)
    #expect(refused.surplus == 1 && refused.dropped == [more.value.id])
    #expect(!office.founder.statements().contains { $0.value.id == more.value.id })
    // The least of it are kept, whichever came first.
    let first = try sign(invite(office), by: key, 1, at: office.wall, office)
    let taken = try office.founder.admit([first], wall: office.wall)
    #expect(taken.dropped == junk.last.map { [$0.value.id] } && taken.statements.map(\.value.id) == [first.value.id])
    #expect(try office.restart("ada").statements().contains { $0.value.id == first.value.id })
    #expect(office.founder.statements().count == limit + 2)

    // Of what is stated under the number one there is so much that a word of its own would be the last of all.
    let firsts = try (0..<limit).map { _ in
      try sign(invite(office), by: key, in: Incarnation(using: &office.random), at: office.wall, office)
    }
    _ = try bob.admit(firsts, wall: office.wall)
    let heads = try bob.heads()
    let error = try #require(throws: StoreError.self) { try bob.state(invite(office), wall: office.wall) }
    #expect(error.code == .tooLarge)
    #expect(error.message.contains("\(limit)"))
    #expect(try bob.heads() == heads)

    try office.join("eve")
    _ = try office.founder.state(
      .cut(office.founder.membership().cut(of: bob.device, holding: office.founder.logs(of: [bob.device]))),
      wall: office.wall)
    #expect(office.founder.membership().isCut(bob.device))
  }

  @Test("whoever lets in puppets fills no more with them, and all nodes keep the same of it", arguments: 1...3)
  func puppets(seed: UInt64) throws {
    let office = try Office(seed: seed)
    let bob = try office.join("bob", role: .admin)
    let eve = try office.join("eve")
    let mallory = DeviceKey(using: &office.random)
    var flood = [try bob.state(credential(mallory, office), wall: office.wall).1]
    for index in 0..<3 {
      let puppet = DeviceKey(using: &office.random)
      flood.append(try sign(credential(puppet, office), by: mallory, UInt64(index + 1), at: office.wall, office))
      for number in 0..<200 {
        flood.append(try sign(invite(office), by: puppet, UInt64(number + 1), at: office.wall, office))
      }
    }
    for store in [office.founder, eve] {
      var coming = flood.shuffled(using: &office.random)
      while !coming.isEmpty {
        let part = coming.prefix(1 + Int(office.random.next() % 400))
        coming.removeFirst(part.count)
        _ = try store.admit(Array(part), wall: office.wall)
      }
    }
    try office.settle()
    let kept = eve.statements().map(\.value.id)
    for store in office.everybody { #expect(store.statements().map(\.value.id) == kept) }
    #expect(Set(flood.map(\.value.id)).intersection(kept).count == Limits.twigStatements + 1)
  }

  @Test("what strangers sign makes nobody look at all statements again while something waits")
  func waiting() throws {
    let office = try Office(onDisk: true)
    try office.join("bob")
    let seat = try #require(office.seats["bob"])
    try seat.store.close()
    let prover = CountingProver(base: office.prover)
    let bob = try Store.open(
      at: seat.location, author: seat.author, surroundings: office.here, prover: prover, random: office.fresh(),
      wall: office.wall)
    defer { try? bob.close() }
    let late = DeviceKey(using: &office.random)
    let word = try sign(invite(office), by: late, at: office.wall, office)
    _ = try bob.admit([word], wall: office.wall)
    let before = prover.looks.read()
    for _ in 0..<20 {
      let puppet = DeviceKey(using: &office.random)
      let junk = [
        try sign(invite(office), by: puppet, at: office.wall, office),
        try sign(credential(DeviceKey(using: &office.random), office), by: puppet, 2, at: office.wall, office),
      ]
      _ = try bob.admit(junk, wall: office.wall)
    }
    #expect(prover.looks.read() == before)
    // Nor what somebody signs whom a member may not let in, once that was found.
    let named = DeviceKey(using: &office.random)
    let vain = try sign(credential(named, office), by: seat.author.device, 9, at: office.wall, office)
    _ = try bob.admit([vain], wall: office.wall)
    _ = try bob.admit([sign(invite(office), by: named, at: office.wall, office)], wall: office.wall)
    let again = prover.looks.read()
    for number in 2..<20 {
      _ = try bob.admit([sign(invite(office), by: named, UInt64(number), at: office.wall, office)], wall: office.wall)
    }
    #expect(prover.looks.read() == again)
    // What says whose it is brings it in.
    let (_, admission) = try office.founder.state(credential(late, office), wall: office.wall)
    #expect(try bob.admit([admission], wall: office.wall).statements.count == 2)
  }
}

/// Counts how often somebody looks whose first device one is: each evaluation does so for every admission.
private struct CountingProver: Prover {
  let base: SodiumProver
  let looks = Locked(0)

  func member(of workspace: WorkspaceID, firstDevice: DeviceID) -> MemberID {
    looks.withValue { $0 += 1 }
    return base.member(of: workspace, firstDevice: firstDevice)
  }
  func prove(_ signed: SignedStatement) -> Verified<ProvedStatement>? { base.prove(signed) }
  func id(of body: [UInt8]) -> StatementID { base.id(of: body) }
  func tag(_ workspace: WorkspaceID, _ direction: GreetingDirection) -> Digest { base.tag(workspace, direction) }
  func checkJoin(_ proof: InviteProof, workspace: WorkspaceID, direction: GreetingDirection) -> Bool {
    base.checkJoin(proof, workspace: workspace, direction: direction)
  }
  func checkCredential(
    _ proof: InviteProof, workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID
  ) -> Bool { base.checkCredential(proof, workspace: workspace, joiner: joiner, admitter: admitter) }
  func checkConsent(
    _ consent: Signature, workspace: WorkspaceID, device: DeviceID, member: MemberID, memberKey: MemberKey
  ) -> Bool {
    base.checkConsent(consent, workspace: workspace, device: device, member: member, memberKey: memberKey)
  }
  func digest(of heads: Heads) -> Digest { base.digest(of: heads) }
}
