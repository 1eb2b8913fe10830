@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("Membership is a function of a set")
struct MembershipPropertyTests {
  typealias Office = MembershipOffice

  /// All that an evaluation found.
  private struct Finding: Equatable {
    var members: [MemberID: Membership.Member]
    var excess: Set<MemberID>
    var memberOf: [DeviceID: MemberID]
    var credentials: [DeviceID: StatementID]
    var invites: [InviteID: StatementID]
    var uses: [InviteID: Int]
    var cuts: [DeviceID: [LogID: KeptPart]]
    var cutBy: [DeviceID: [StatementID]]
    var demotions: [MemberID: [Membership.PowerCut]]
    var owner: MemberID?
    var namings: [StatementID]
    var statements: [StatementID]

    init(_ membership: Membership) {
      members = membership.members
      excess = membership.excess
      memberOf = membership.memberOf
      credentials = membership.credentials.mapValues(\.id)
      invites = membership.invites.mapValues(\.id)
      uses = membership.usesOf
      cuts = membership.cuts
      cutBy = membership.cutBy.mapValues { $0.map(\.id) }
      demotions = membership.demotions
      owner = membership.owner
      namings = membership.namings.map(\.id)
      statements = membership.statements.map(\.value.id)
    }
  }

  /// A dozen devices say things, honest or not, that refer to one another.
  func babel(_ random: inout SeededRandomness, count: Int, cuts: Bool = true) -> Office {
    var office = Office()
    let names = ["ada"] + (0..<11).map { "device \($0)" }
    let doors = ["door", "gate", "hatch"]
    func anybody() -> String { names[Int(random.next() % UInt64(names.count))] }
    func anything<T>(_ options: [T]) -> T { options[Int(random.next() % UInt64(options.count))] }
    var namings: [(id: StatementID, signer: String, heir: String)] = []
    for _ in 0..<count {
      // The first few people speak more often than the rest, so that some of it is valid.
      let signer = random.next() % 3 == 0 ? anybody() : names[Int(random.next() % 4)]
      let time = Int64(random.next() % 50)
      let role = anything(Role.allCases)
      switch random.next() % (cuts ? 11 : 8) {
      case 0: office.offer(anything(doors), role: role, uses: 2, expiry: 40, by: signer, at: time)
      case 1, 2: office.admit(anybody(), as: role, by: signer, at: time, invite: anything(doors))
      case 3: office.admit(anybody(), as: role, of: anybody(), by: signer, at: time)
      case 4, 5: office.admit(anybody(), as: role, by: signer, at: time)
      case 6:
        let heir = random.next() % 8 == 0 ? nil : anybody()
        let replaced = namings.map(\.id).filter { _ in random.next() % 2 == 0 }.suffix(16)
        let id = office.name(heir, replacing: Array(replaced), by: signer, at: time)
        if let heir { namings.append((id, signer, heir)) }
      case 7:
        guard !namings.isEmpty else { continue }
        let naming = anything(namings)
        let by = random.next() % 3 == 0 ? signer : naming.heir
        let head = random.next() % 3 == 0 ? random.next() % 9 : nil
        office.takeOver(naming.id, from: Set([naming.signer, anybody()]).sorted(), keeping: head, by: by, at: time)
      case 8:
        let ended = (0..<3).map { _ in anything(office.statements).value.id }
        let head = random.next() % 6
        office.demote(anybody(), to: role, ending: ended, keeping: head == 0 ? nil : head, by: signer, at: time)
      default:
        let head = random.next() % 6
        office.cut(anybody(), keeping: head == 0 ? nil : head, by: signer, at: time)
      }
    }
    return office
  }

  @Test("whatever is said, it means the same in every order and however often it is heard", arguments: 1...60)
  func order(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    let office = babel(&random, count: 60)
    let finding = Finding(office.membership)
    for _ in 0..<4 {
      var heard = office.statements.shuffled(using: &random)
      heard += heard.prefix(10)
      #expect(Finding(Membership.evaluate(heard, prover: Office.prover)) == finding)
    }
  }

  @Test(
    "whatever is said, there is one owner, roles have grounds and nobody is senior to the founder", arguments: 61...120)
  func invariants(seed: UInt64) throws {
    var random = SeededRandomness(seed: seed)
    let office = babel(&random, count: 60)
    let membership = office.membership
    let founder = office.member("ada")
    let owner = try #require(membership.owner)
    #expect(membership.members[owner]?.role == .owner)
    #expect(membership.members[owner]?.devices.isEmpty == false)
    #expect(membership.members.values.filter { $0.role == .owner }.map(\.id) == [owner])
    for member in membership.members.values {
      #expect(member.devices == member.devices.sorted())
      #expect(member.devices.allSatisfy { membership.author($0) == member.id && !membership.isCut($0) })
      #expect(member.id == founder || membership.members[founder].map { $0.since < member.since } == true)
    }
    #expect(!membership.successors.contains(owner))
  }

  @Test("in what people say at random, somebody takes over now and then")
  func takeovers() {
    let reigns = (UInt64(1)...120).map { seed in
      var random = SeededRandomness(seed: seed)
      return babel(&random, count: 60).membership.ownership.steps.count
    }
    #expect(reigns.contains { $0 >= 1 })
  }

  @Test("whom the owner names takes over, whatever was said before", arguments: 161...200)
  func successions(seed: UInt64) throws {
    var random = SeededRandomness(seed: seed)
    let office = babel(&random, count: 50)
    let membership = office.membership
    let names = ["ada"] + (0..<11).map { "device \($0)" }
    let owner = try #require(membership.owner)
    let crown = try #require(names.first { membership.device(Office.device($0))?.member == owner })
    for member in membership.sortedMembers where member.id != owner {
      var told = office
      let isOffered = membership.mayName(member.id, by: Office.device(crown))
      #expect(isOffered == (member.role > .guest))
      // Who has named somebody already names them by taking over.
      let hasNamed = membership.statements.map(\.value.statement).contains { statement in
        guard case .succession = statement.claim else { return false }
        return membership.author(statement.signer) == member.id
      }
      if hasNamed { continue }
      for claim in membership.claims(naming: member.id) { told.state(claim, by: crown, at: 1_000) }
      let named = told.membership
      #expect(named.successors == [member.id])
      let heir = try #require(names.first { named.device(Office.device($0))?.member == member.id })
      let takeover = try #require(named.claim(takingOverBy: Office.device(heir), at: told.heads))
      let id = told.state(takeover, by: heir, at: 1_001)
      let after = told.membership
      #expect(after.owner == member.id)
      #expect(after.counts(takeover: id))
      #expect(after.members[member.id]?.role == .owner)
      #expect(after.members[owner].map { $0.role == .admin } == true)
      // The former owner's devices say all that they can think of, and bring nothing back.
      var random = SeededRandomness(seed: seed)
      for device in names where after.author(Office.device(device)) == owner {
        told.cut(heir, by: device, at: 1)
        told.name(
          names[Int(random.next() % 12)], replacing: Array(after.statements.map(\.value.id).suffix(9)), by: device,
          at: 2)
        for claim in membership.claims(naming: owner) { told.state(claim, by: device, at: 3) }
        told.admit(heir, as: .member, of: device, by: device, at: 4)
      }
      #expect(told.owner == member.id)
    }
  }

  @Test("what strangers say changes nothing", arguments: 1...20)
  func strangers(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    var office = babel(&random, count: 40)
    var before = Finding(office.membership)
    for name in ["stranger", "another"] {
      office.offer("back door", by: name, at: 1)
      office.admit(name, as: .admin, by: name, at: 1)
      office.admit("puppet", by: name, at: 2, invite: "back door")
      office.cut("ada", by: name, at: 3)
    }
    var after = Finding(office.membership)
    before.statements = []
    after.statements = []
    #expect(after == before)
  }

  @Test("a chain shows a device's membership and role to who knows nothing else", arguments: 1...60)
  func chains(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    let office = babel(&random, count: 60, cuts: false)
    let membership = office.membership
    for device in membership.devices {
      let chain = membership.chain(to: device)
      guard case .genesis = chain.first?.statement.claim else {
        Issue.record("a chain begins with the genesis")
        continue
      }
      #expect(Set(chain.map(\.id)).count == chain.count)
      let alone = Membership.evaluate(chain.map { Verified($0) }, prover: Office.prover)
      #expect(alone.device(device)?.member == membership.device(device)?.member)
      #expect(alone.device(device)?.role == membership.device(device)?.role)
    }
    #expect(membership.chain(to: Office.device("stranger")).isEmpty)
  }

  @Test("who was let in on the invite of an admin who was once a member can show it")
  func chainThroughPromotion() {
    var office = Office()
    office.offer("door", by: "ada", at: 1)
    office.admit("bob", by: "ada", at: 10, invite: "door")
    office.admit("bob", as: .admin, by: "ada", at: 20)
    office.offer("gate", by: "bob", at: 30)
    office.admit("carol", by: "bob", at: 40, invite: "gate")
    office.admit("bystander", by: "ada", at: 50)
    let chain = office.membership.chain(to: Office.device("carol"))
    let alone = Membership.evaluate(chain.map { Verified($0) }, prover: Office.prover)
    #expect(alone.mayAdmit(Office.device("carol")))
    #expect(chain.count == 4, "nothing that is not needed")
  }

  @Test("what is offered holds when it is stated, and what is not offered changes nothing", arguments: 121...160)
  func offers(seed: UInt64) throws {
    var random = SeededRandomness(seed: seed)
    let office = babel(&random, count: 50)
    let membership = office.membership
    let names = ["ada"] + (0..<11).map { "device \($0)" }
    for signer in names {
      let device = Office.device(signer)
      guard let own = membership.device(device) else { continue }
      for member in membership.sortedMembers {
        let offered = membership.roles(for: member.id, by: device)
        for role in Role.allCases where role != member.role {
          var told = office
          for claim in membership.claims(giving: role, to: member.id, at: office.heads) {
            told.state(claim, by: signer, at: 1_000)
          }
          let after = try #require(told.membership.members[member.id]).role
          if role < member.role, offered.contains(role) {
            // Whose powers go comes within reach of more people, who may have stated something before.
            #expect(after <= role, "\(signer): \(member.role) to \(role)")
          } else {
            #expect(after == (offered.contains(role) ? role : member.role), "\(signer): \(member.role) to \(role)")
          }
        }
        for target in member.devices {
          var told = office
          told.state(.cut(membership.cut(of: target, at: office.heads)), by: signer, at: 1_000)
          let isOffered = membership.mayCut(target, by: device)
          let isOwnEnd = target == device && own.role >= .admin && (own.role < .owner || member.devices.count > 1)
          #expect((told.membership.device(target) == nil) == (isOffered || isOwnEnd))
          if isOffered { #expect(membership.losses(in: told.membership).devices == [target]) }
        }
      }
    }
  }

  @Test("ten thousand statements, each needing the one that is dated after it", .timeLimit(.minutes(1)))
  func large() {
    var office = Office()
    office.admit("d0", as: .admin, by: "ada", at: 20_000)
    for index in 1..<9_000 {
      office.admit("d\(index)", as: .admin, by: "d\(index - 1)", at: Int64(20_000 - index))
    }
    for index in 0..<900 { office.cut("d\(8_999 - index)", keeping: 9, by: "ada", at: 30_000) }
    let membership = office.membership
    #expect(membership.devices.count == 9_000 + 1 - 900)
  }
}
