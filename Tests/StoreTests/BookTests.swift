import BullpenCore
import BullpenCrypto
import BullpenWire
import Testing

@testable import BullpenStore

@Suite("What the book of statements takes")
struct BookTests {
  private func sign(
    _ claim: BullpenCore.Statement.Claim, by device: DeviceKey, _ sequence: UInt64 = 1,
    after previous: StatementID? = nil, at wall: Int64, _ office: Office
  ) throws -> Verified<ProvedStatement> {
    let body = StatementCodec.encode(
      BullpenCore.Statement(
        workspace: office.founder.workspace, signer: device.id, incarnation: Incarnation(Bytes16.zero),
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

  @Test("one member fills a part of the book alone, and hears so; others are heard as before")
  func quota() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob", role: .admin)
    let key = try office.author("bob").device
    let junk = try (0..<UInt64(Limits.memberStatements)).map { number in
      try sign(invite(office), by: key, number + 1, at: office.wall, office)
    }
    #expect(try office.founder.admit(junk, wall: office.wall).surplus == 0)
    let more = try sign(invite(office), by: key, 1 << 20, at: office.wall, office)
    #expect(try office.founder.admit([more], wall: office.wall).surplus == 1)
    #expect(!office.founder.statements().contains { $0.value.id == more.value.id })

    _ = try bob.admit(junk, wall: office.wall)
    let heads = try bob.heads()
    let error = try #require(throws: StoreError.self) { try bob.state(invite(office), wall: office.wall) }
    #expect(error.code == .tooLarge)
    #expect(error.message.contains("\(Limits.memberStatements)"))
    #expect(try bob.heads() == heads)

    try office.join("eve")
    _ = try office.founder.state(
      .cut(office.founder.membership().cut(of: bob.device, holding: office.founder.logs(of: [bob.device]))),
      wall: office.wall)
    #expect(office.founder.membership().isCut(bob.device))
  }

  @Test("the reserve is for the owner's cuts, and half of it is left for the next owner's")
  func reserve() {
    let room = StatementRoom()
    let limit = room.statements - room.reserved
    #expect(room.shortage(total: limit - 1, own: 0, isReserved: false) == nil)
    #expect(room.shortage(total: limit, own: 0, isReserved: false) == .workspace)
    #expect(room.shortage(total: limit, own: 0, isReserved: true) == nil)
    #expect(room.shortage(total: 0, own: room.ofMember, isReserved: false) == .member)
    #expect(room.shortage(total: limit, own: room.ofMember, isReserved: true) == nil)
    #expect(room.shortage(total: limit, own: room.ofMember + room.reserved / 2, isReserved: true) == .member)
    #expect(room.shortage(total: room.statements, own: 0, isReserved: true) == .workspace)
    #expect(room.ofMember * 4 < limit)
  }
}
