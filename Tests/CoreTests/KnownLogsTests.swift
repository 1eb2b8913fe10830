@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("What a cut, a demotion or a takeover keeps of logs")
struct KnownLogsTests {
  typealias Office = MembershipOffice

  /// Bob, an admin, has let in carol and dave; his log is known up to 6.
  private func people() -> (office: Office, held: [KeptLog]) {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 10)
    office.admit("carol", by: "bob", at: 20, sequence: 2)
    let last = office.admit("dave", by: "bob", at: 30, sequence: 5)
    return (office, [held("bob", through: 6, last)])
  }

  private func held(_ device: String, through sequence: UInt64, _ last: StatementID?) -> KeptLog {
    KeptLog(log: Office.log(device), head: Head(sequence: sequence, digest: .zero), statement: last)
  }

  /// Something that a device signs in a log of any name.
  private func stray(
    _ claim: Statement.Claim, by signer: String, in incarnation: Incarnation, _ office: Office,
    at sequence: UInt64 = 1, after previous: StatementID? = nil
  ) -> Verified<ProvedStatement> {
    let statement = Statement(
      workspace: office.workspace, signer: Office.device(signer), incarnation: incarnation, sequence: sequence,
      previous: previous, time: HybridTime(milliseconds: 50, counter: 0), claim: claim)
    let id = StatementID(Scramble.bytes("stray \(incarnation) \(sequence) \(claim)"))
    let signed = SignedStatement(body: [], signature: Office.proof)
    return Verified(ProvedStatement(id: id, statement: statement, signed: signed))
  }

  private func invite(_ name: String) -> Statement.Claim {
    .invite(Invite(invite: Office.invite(name), role: .member, uses: 1, expiry: 1_000_000))
  }

  @Test("a longer line that is signed beside the log does not take the place of what stands in it")
  func beside() throws {
    var (office, held) = people()
    var previous: StatementID?
    for number in UInt64(1)...6 {
      previous = office.admit("junk \(number)", by: "bob", at: 40, sequence: number, after: previous)
    }
    for number in UInt64(7)...9 {
      previous = office.admit("junk \(number)", by: "bob", at: 40, sequence: number, after: previous)
    }
    let cut = office.membership.cut(of: Office.device("bob"), holding: held)
    var told = office
    told.state(.cut(cut), by: "ada", at: 50)
    #expect([told.role("carol"), told.role("dave")] == [.member, .member])
    for number in 1...9 { #expect(told.role("junk \(number)") == nil, "\(number)") }

    let bob = office.member("bob")
    for claim in office.membership.claims(giving: .member, to: bob, holding: held) {
      office.state(claim, by: "ada", at: 50)
    }
    #expect(office.role("bob") == .member)
    #expect([office.role("carol"), office.role("dave")] == [.member, .member])
    for number in 1...9 { #expect(office.role("junk \(number)") == nil, "\(number)") }
  }

  @Test("statements that came ahead of their log stand when its device is cut or its member demoted")
  func ahead() throws {
    var (office, held) = people()
    office.admit("erin", by: "bob", at: 40, sequence: 9)
    let wanted: [Role?] = [.member, .member, .member]
    for claims in [
      [.cut(office.membership.cut(of: Office.device("bob"), holding: held))],
      office.membership.claims(giving: .member, to: office.member("bob"), holding: held),
      [.cut(office.membership.cut(of: Office.device("bob"), holding: []))],
      office.membership.claims(giving: .member, to: office.member("bob"), holding: []),
    ] as [[Statement.Claim]] {
      var told = office
      for claim in claims { told.state(claim, by: "ada", at: 50) }
      #expect(told.role("bob") != .admin)
      #expect([told.role("carol"), told.role("dave"), told.role("erin")] == wanted)
    }
    // The log itself stands as far as it is known: what else its device writes is not covered by what came ahead.
    let cut = office.membership.cut(of: Office.device("bob"), holding: held)
    #expect(cut.kept.map(\.head.sequence) == [6])
    office.state(.cut(cut), by: "ada", at: 50)
    #expect(office.membership.keptHead(Office.log("bob")) == 6)
  }

  @Test("where nothing of a log is here, a line that counts comes before a longer one that does not")
  func unheld() {
    var (office, _) = people()
    var previous: StatementID?
    for number in UInt64(1)...8 {
      // Nobody is made an owner.
      previous = office.admit("junk \(number)", as: .owner, by: "bob", at: 40, sequence: number, after: previous)
    }
    let cut = office.membership.cut(of: Office.device("bob"), holding: [])
    office.state(.cut(cut), by: "ada", at: 50)
    #expect([office.role("carol"), office.role("dave")] == [.member, .member])
  }

  @Test("made-up logs do not push the true one out of the list", arguments: [true, false])
  func crowd(counting: Bool) {
    let (office, held) = people()
    var crowd: [Verified<ProvedStatement>] = []
    var others: [KeptLog] = []
    for number in 0..<60 {
      let incarnation = Incarnation(Bytes16(high: 0, low: UInt64(number)))
      let claim =
        counting ? invite("junk \(number)") : .takeover(Takeover(succession: office.statements[0].value.id, kept: []))
      crowd.append(stray(claim, by: "bob", in: incarnation, office))
      // Most of them are held, of one entry each, and beside each a passing log that is long.
      if number < 40 {
        let log = LogID(device: Office.device("bob"), incarnation: incarnation, kind: .lasting)
        others.append(KeptLog(log: log, head: Head(sequence: 1, digest: .zero), statement: crowd.last?.value.id))
      }
      let log = LogID(device: Office.device("bob"), incarnation: incarnation, kind: .passing)
      others.append(KeptLog(log: log, head: Head(sequence: 900, digest: .zero), statement: nil))
    }
    let heard = Membership.evaluate(office.statements + crowd, prover: Office.prover)
    let cut = heard.cut(of: Office.device("bob"), holding: held + others)
    #expect(cut.kept.count == Limits.cutLogs)
    #expect(cut.kept.contains { $0.log == Office.log("bob") })
    let demotions = heard.claims(giving: .member, to: office.member("bob"), holding: held + others)
    #expect(demotions.count == 1)
    for case .demotion(let demotion) in demotions {
      #expect(demotion.kept.contains { $0.log == Office.log("bob") })
    }
  }

  @Test("the log that holds the naming comes first in a takeover, and the line that holds it")
  func naming() throws {
    var office = Office()
    office.admit("eve", by: "ada", at: 10)
    let naming = office.name("eve", by: "ada", at: 20)
    var crowd: [Verified<ProvedStatement>] = []
    var held: [KeptLog] = []
    for number in 0..<40 {
      let incarnation = Incarnation(Bytes16(high: 0, low: UInt64(number)))
      crowd.append(stray(invite("junk \(number)"), by: "ada", in: incarnation, office))
      let log = LogID(device: Office.device("ada"), incarnation: incarnation, kind: .lasting)
      held.append(
        KeptLog(log: log, head: Head(sequence: 900, digest: .zero), statement: crowd.last?.value.id))
    }
    // Beside the naming, a longer line of the same log, all of which counts.
    var previous: StatementID?
    for number in UInt64(1)...9 {
      crowd.append(
        stray(invite("beside \(number)"), by: "ada", in: Office.incarnation("ada"), office, at: number, after: previous)
      )
      previous = crowd.last?.value.id
    }
    let heard = Membership.evaluate(office.statements + crowd, in: office.workspace, prover: Office.prover)
    let claim = try #require(heard.claim(takingOverBy: Office.device("eve"), holding: held))
    office.state(claim, by: "eve", at: 60)
    let told = Membership.evaluate(office.statements + crowd, in: office.workspace, prover: Office.prover)
    #expect(told.owner == office.member("eve"))
    #expect(told.counts(naming: naming) == false)
  }

  @Test("a demotion keeps what the member stated on a device that was cut since")
  func cutDevices() {
    var (office, held) = people()
    office.admit("tablet", as: .admin, of: "bob", by: "bob", at: 31, sequence: 6)
    let last = office.admit("frank", as: .admin, by: "tablet", at: 40)
    held.append(self.held("tablet", through: 3, last))
    office.state(.cut(office.membership.cut(of: Office.device("tablet"), holding: held)), by: "bob", at: 50)
    #expect(office.role("frank") == .admin)
    #expect(office.role("tablet") == nil)
    for claim in office.membership.claims(giving: .member, to: office.member("bob"), holding: held) {
      office.state(claim, by: "ada", at: 60)
    }
    #expect(office.role("bob") == .member)
    #expect(office.role("frank") == .admin)
  }

  @Test(
    "who names a successor says again what others cut of them, not what they cut themselves", arguments: Role.allCases)
  func repeated(role: Role) throws {
    guard role == .member || role == .admin else { return }
    var office = Office()
    office.admit("eve", as: role, by: "ada", at: 11)
    office.admit("carol", as: .admin, by: "ada", at: 10)
    for device in ["phone", "tablet", "desk"] { office.admit(device, as: role, of: "eve", by: "eve", at: 15) }
    office.admit("gus", as: .guest, by: "ada", at: 15)
    for (device, judge) in [("phone", "eve"), ("tablet", "carol"), ("desk", "ada")] {
      office.state(.cut(office.membership.cut(of: Office.device(device), at: office.heads)), by: judge, at: 20)
    }
    func out() -> [Bool] { ["phone", "tablet", "desk"].map { office.role($0) == nil } }
    let before = out()
    #expect(before == [true, role == .member || before[1], true])
    let claims = office.membership.claims(naming: office.member("eve"))
    let cuts = claims.compactMap { claim -> DeviceID? in
      guard case .cut(let cut) = claim else { return nil }
      return cut.device
    }
    #expect(cuts == (before[1] ? [Office.device("tablet")] : []))
    for claim in claims { office.state(claim, by: "ada", at: 30) }
    #expect(office.membership.successors == [office.member("eve")])
    #expect(out() == before, "what eve cut herself counts while she is named")
    let takeover = try #require(office.membership.claim(takingOverBy: Office.device("eve"), at: office.heads))
    office.state(takeover, by: "eve", at: 40)
    #expect(office.owner == office.member("eve"))
    #expect(out() == before, "and when she is the owner")
  }
}
