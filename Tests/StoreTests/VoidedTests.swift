import BullpenCore
import BullpenCrypto
import BullpenWire
import Testing

@testable import BullpenStore

@Suite("What is voided before its time")
struct VoidedTests {
  private let office: Office
  private let bob: Store
  private let eve: Store

  init() throws {
    office = try Office()
    bob = try office.join("bob")
    eve = try office.join("eve")
    try office.settle()
  }

  /// Eve writes by a clock that is a day ahead, and everybody hears of it.
  private func writeTomorrow() throws -> LogHead {
    let commit = try eve.commit(Draft(office.setting("eve", "a", "from tomorrow")), wall: office.wall + Office.day)
    try office.send(from: eve, to: office.founder)
    try office.send(from: eve, to: bob)
    return commit.heads[0]
  }

  private func void(_ entry: LogHead, by store: Store) throws {
    _ = try store.state(.voiding(entry), wall: office.wall)
  }

  private func tomorrow() throws {
    office.wall += Office.day + Office.minute
    for store in [office.founder, bob, eve] { _ = try store.releaseQuarantine(wall: office.wall, isAgreed: true) }
  }

  @Test("what an admin has voided shows to nobody when its time has come, and the rest of its log does")
  func admin() throws {
    let entry = try writeTomorrow()
    try void(entry, by: office.founder)
    #expect(try office.founder.waitingChanges().isEmpty)
    #expect(try office.founder.refusedChanges().rows.map(\.doubt) == [.refused(.voided, noticed: office.wall)])
    _ = try eve.releaseQuarantine(wall: office.wall, isAgreed: true)
    try office.settle()
    #expect(try bob.waitingChanges().isEmpty)
    _ = try eve.commit(Draft(office.setting("eve", "b", "set right")), wall: office.wall)
    try office.settle()
    for store in [office.founder, bob, eve] {
      #expect(try store.setting(office.member("eve"), "a") == nil)
      #expect(try store.setting(office.member("eve"), "b") == "set right")
    }
    try tomorrow()
    for store in [office.founder, bob, eve] {
      #expect(try store.setting(office.member("eve"), "a") == nil)
      #expect(try store.heads()[entry.log] == entry.head, "it is kept and passed on")
    }
    try office.settle()
    try office.expectAgreement()
  }

  @Test("who hears of it when the time has come takes back what was shown meanwhile")
  func late() throws {
    let entry = try writeTomorrow()
    try void(entry, by: office.founder)
    office.wall += Office.day + Office.minute
    _ = try bob.releaseQuarantine(wall: office.wall, isAgreed: true)
    #expect(try bob.setting(office.member("eve"), "a") == "from tomorrow")
    try office.settle()
    for store in [office.founder, bob, eve] { #expect(try store.setting(office.member("eve"), "a") == nil) }
    try office.expectAgreement()
    // And who hears of the voiding before the entry.
    let fay = try office.join("fay")
    try office.send(from: bob, to: fay)
    #expect(try fay.setting(office.member("eve"), "a") == nil)
    #expect(try fay.refusedChanges().rows.map(\.doubt) == [.refused(.voided, noticed: office.wall)])
  }

  @Test("only who may does, and only what waits")
  func refusals() throws {
    let entry = try writeTomorrow()
    #expect(throws: StoreError.self) { try void(entry, by: bob) }
    let wrong = LogHead(log: entry.log, head: Head(sequence: entry.head.sequence, digest: .zero))
    #expect(throws: StoreError.self) { try void(wrong, by: office.founder) }
    let now = try bob.commit(Draft(office.setting("bob", "a", "now")), wall: office.wall).heads[0]
    try office.send(from: bob, to: office.founder)
    #expect(throws: StoreError.self) { try void(now, by: office.founder) }
    // So near that the stamp of a voiding would come within five minutes of it.
    _ = try office.founder.commit(Draft(office.setting("ada", "a", "early")), wall: office.wall + 2 * Office.minute)
    let near = try bob.commit(Draft(office.setting("bob", "b", "soon")), wall: office.wall + 6 * Office.minute).heads[0]
    try office.send(from: bob, to: office.founder)
    #expect(try office.founder.waitingChanges().count == 2)
    #expect(throws: StoreError.self) { try void(near, by: office.founder) }
    #expect(try office.founder.waitingChanges().count == 2)
    #expect(office.founder.statements().count == bob.statements().count)
  }

  @Test("of two branches that differ in an entry the one is void and the other shows")
  func branches() throws {
    let ada = try office.author("ada")
    let incarnation = Incarnation(using: &office.random)
    let tomorrow = HybridTime(office.wall + Office.day)
    let segments = try ["slip", "meant"].map { value in
      let key = try #require(RowKey.named(office.member("ada"), value))
      let row = RowChange(Tables.settings, key, [("value", .text(value))])
      return office.log(by: ada, .lasting, incarnation: incarnation, [(tomorrow, 0, [row])])
    }
    for store in [office.founder, bob, eve] { _ = try store.apply(segments, wall: office.wall) }
    #expect(try bob.waitingChanges().count == 2)
    let slip = try #require(segments[0].digest(at: 1, in: bob.workspace))
    try void(LogHead(log: segments[0].log, head: Head(sequence: 1, digest: slip)), by: office.founder)
    try office.settle()
    #expect(try bob.waitingChanges().count == 1)
    try self.tomorrow()
    for store in [office.founder, bob, eve] {
      #expect(try store.setting(office.member("ada"), "slip") == nil)
      #expect(try store.setting(office.member("ada"), "meant") == "meant")
    }
    try office.expectAgreement()
  }

  @Test("an admin with a modified node voids nothing that was written before the voiding is dated")
  func past() throws {
    let written = try bob.commit(Draft(office.setting("bob", "a", "mine")), wall: office.wall).heads[0]
    try office.settle()
    let ada = try office.author("ada")
    let statement = Statement(
      workspace: bob.workspace, signer: ada.device.id, incarnation: Incarnation(using: &office.random), sequence: 1,
      previous: nil, time: HybridTime(office.wall - 4 * Office.minute), claim: .voiding(written))
    let proved = try #require(office.prover.prove(ada.sign(statement)))
    _ = try bob.admit([proved], wall: office.wall)
    #expect(bob.membership().voidings(of: written.log)[written.head] != nil)
    #expect(try bob.setting(office.member("bob"), "a") == "mine")
  }
}
