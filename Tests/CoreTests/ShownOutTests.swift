@_spi(Proof) import BullpenCore
import Testing

@Suite("A connected device is cut")
struct ShownOutTests {
  typealias Office = MembershipOffice

  /// What is done about the device.
  private enum Step: Equatable {
    case told([SignedStatement])
    case closed
    case forgotten
    case other
  }

  private let now = Instant(boot: 1_000, wall: 1_000_000)
  private let ada = ConnectionID(raw: 1)
  private let carol = ConnectionID(raw: 2)

  /// What Bob's node does when the newest statement of an office is on its disk, about Carol and for Ada.
  private func admitting(_ office: Office, after before: Office) -> (carol: [Step], ada: [PeerMessage], node: Workspace)
  {
    var bob = before.node(of: "bob", on: ada, at: now)
    let endpoint = Endpoint(address: [127, 0, 0, 2], port: 1)!
    _ = bob.receive(.met(carol, Office.device("carol"), endpoint, isOutbound: false, []), at: now)
    let effects = bob.receive(.admitted(office.statements.suffix(1), rows: [:]), at: now)
    let carols: [Step] = effects.compactMap { effect in
      switch effect {
      case .send(carol, .statements(let exchange)): .told(exchange.statements)
      case .send(carol, _): .other
      case .close(carol): .closed
      case .forgetDatagrams(Office.device("carol")): .forgotten
      case .close, .forgetDatagrams: .other
      default: nil
      }
    }
    let adas = effects.compactMap { if case .send(ada, let message) = $0 { message } else { nil } }
    return (carols, adas, bob)
  }

  @Test("it hears why, then the connection ends, then its datagrams; the others hear of the cut")
  func cut() throws {
    var office = Office()
    for name in ["bob", "carol"] { office.admit(name, by: "ada", at: 10) }
    let before = office
    office.cut("carol", keeping: 0, by: "ada", at: 20)
    let cut = try #require(office.statements.last).value.signed
    let why = office.membership.evidence(against: Office.device("carol")).map(\.signed)
    #expect(why.last == cut)

    var (steps, told, bob) = admitting(office, after: before)
    #expect(steps == [.told(why), .closed, .forgotten])
    #expect(told == [.statements(StatementExchange(known: [], statements: [cut]))])
    #expect(bob.connections == 1)
    // What it still says is heard by nobody.
    let late = bob.receive(.received(carol, .ping(1)), at: now)
    #expect(!late.contains { if case .send(carol, _) = $0 { true } else { false } })
  }

  @Test("who came in by what a cut voids hears of the cut before the connection ends")
  func voided() throws {
    var office = Office()
    for name in ["bob", "eve"] { office.admit(name, by: "ada", at: 10) }
    office.offer("door", by: "ada", at: 11)
    office.admit("carol", by: "eve", at: 12, invite: "door")
    let before = office
    #expect(before.membership.device(Office.device("carol")) != nil)
    office.cut("eve", keeping: 0, by: "ada", at: 20)
    let why = office.membership.evidence(against: Office.device("eve")).map(\.signed)
    let (steps, _, _) = admitting(office, after: before)
    // Of who let it in there is no connection.
    #expect(steps.filter { $0 != .other } == [.told(why), .closed, .forgotten])
    // So its own node knows, and waits for nobody's word.
    let carols = office.node(of: "carol", on: ada, at: now)
    #expect(carols.isRemoved && !carols.isMember && !carols.waitsForStatements)
  }

  @Test("a cut by who may not cut changes nothing for anybody")
  func invalid() {
    var office = Office()
    for name in ["bob", "carol", "eve"] { office.admit(name, by: "ada", at: 10) }
    let before = office
    office.cut("carol", keeping: 0, by: "eve", at: 20)
    let (steps, _, bob) = admitting(office, after: before)
    #expect(steps.allSatisfy { if case .told = $0 { true } else { false } })
    #expect(bob.connections == 2)
  }
}
