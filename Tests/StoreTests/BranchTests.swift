import BullpenCore
import BullpenCrypto
@testable import BullpenStore
import BullpenWire
import Foundation
import Testing

@Suite("A log with branches")
struct BranchTests {
  /// Histories of one log of ada's that begin alike and part, by the settings that they write; each is one segment.
  private struct Histories {
    let office: Office
    let log: LogID
    var segments: [Segment] = []

    init(_ office: Office, _ histories: [[String]]) throws {
      self.office = office
      let author = try office.author("ada")
      let incarnation = Incarnation(using: &office.random)
      log = LogID(device: author.device.id, incarnation: incarnation, kind: .lasting)
      segments = try histories.map { values in
        let entries = try values.enumerated().map { place, value in
          let key = try #require(RowKey.named(office.member("ada"), value))
          let row = RowChange(Tables.settings, key, [("value", .text(value))])
          return (time: HybridTime(office.wall + Int64(place)), expiry: Int64(0), rows: [row])
        }
        return office.log(by: author, .lasting, incarnation: incarnation, entries)
      }
    }

    /// The end of a history, from one of its entries on.
    func end(of history: Int, from first: UInt64) throws -> Segment {
      let whole = segments[history]
      return whole.suffix(
        from: first, previous: try #require(whole.digest(at: first - 1, in: office.founder.workspace)))
    }
  }

  private static let parting = [
    ["a", "b", "c", "d", "e"], ["a", "b", "c", "q", "r", "s"], ["a", "b", "c", "q", "z"], ["w"],
  ]

  @Test("every branch is kept, shown and passed on, whichever came first")
  func anyOrder() throws {
    let office = try Office()
    let histories = try Histories(office, Self.parting)
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]]
    for (number, order) in orders.enumerated() {
      let store = try office.join("reader\(number)")
      for history in order {
        let application = try store.apply([histories.segments[history]], wall: office.wall)
        #expect(application.rejected.isEmpty)
      }
      #expect(try store.heads().all(of: histories.log).map(\.sequence) == [1, 5, 5, 6])
      for value in Set(Self.parting.joined()) { #expect(try store.setting(office.member("ada"), value) == value) }
      #expect(try store.forks().map(\.branches) == [4])
      // Five and three and one and one: what branches share counts once.
      let others = try store.heads().byLog.filter { $0.key.device == histories.log.device && $0.key != histories.log }
      #expect(try store.entries(of: [histories.log.device]) == others.values.reduce(10) { $0 + $1.sequence })
      #expect(try store.forks().map(\.since) == [office.wall])

      // Each gives all of it to who has nothing, however little fits an answer.
      let newcomer = try office.join("newcomer\(number)")
      try office.send(from: store, to: newcomer, maxBytes: number % 2 == 0 ? 1 : 1 << 20)
      #expect(try newcomer.heads().all(of: histories.log) == store.heads().all(of: histories.log))
    }
    try office.settle()
    try office.expectAgreement()
  }

  @Test("a segment that departs from what is here waits for its beginning; alone it is named with its head")
  func departed() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let histories = try Histories(office, Self.parting)
    _ = try bob.apply([histories.segments[0]], wall: office.wall)
    let end = try histories.end(of: 1, from: 5)
    let alone = try bob.apply([end], wall: office.wall)
    #expect(alone.rejected.map(\.reason) == [.departed])
    let head = Head(sequence: 6, digest: try #require(end.digest(at: 6, in: bob.workspace)))
    #expect(alone.departed == [Departure(log: histories.log, first: 5, head: head)])
    #expect(try bob.find([LogHead(log: histories.log, head: head)]).held.isEmpty)

    let middle = try histories.end(of: 1, from: 3)
    let both = try bob.apply([end, middle], wall: office.wall)
    #expect(both.rejected.isEmpty && both.departed.isEmpty)
    #expect(both.stored == 3)
    #expect(try bob.find([LogHead(log: histories.log, head: head)]).lacking.isEmpty)
    let inside = Head(sequence: 4, digest: end.previous)
    #expect(try bob.find([LogHead(log: histories.log, head: inside)]).lacking.isEmpty)
    #expect(try bob.apply([middle, end], wall: office.wall).stored == 0)
  }

  @Test("of nine branches eight are kept and go on, and the other is counted")
  func limit() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let histories = try Histories(office, (0...8).flatMap { [["a", "\($0)"], ["a", "\($0)", "more \($0)"]] })
    for history in 0..<Limits.branches {
      #expect(try bob.apply([histories.segments[2 * history]], wall: office.wall).rejected.isEmpty)
    }
    #expect(try bob.forks().map(\.others) == [0])
    _ = try bob.apply([histories.segments[16]], wall: office.wall)
    func shown() throws -> [Int] {
      try (0...8).filter { try bob.setting(office.member("ada"), "\($0)") != nil }
    }
    let kept = try shown()
    #expect(kept.count == Limits.branches)
    #expect(try bob.forks().map(\.branches) == [8] && bob.forks().map(\.others) == [1])
    // The one that is not is refused, however much is in it.
    let other = try #require((0...8).first { !kept.contains($0) })
    #expect(try bob.apply([histories.segments[2 * other + 1]], wall: office.wall).rejected.map(\.reason) == [.fork])
    #expect(try bob.apply([histories.segments[2 * kept[0] + 1]], wall: office.wall).rejected.isEmpty)
    #expect(try shown() == kept)
    #expect(try bob.setting(office.member("ada"), "more \(kept[0])") != nil)
    #expect(try bob.heads().all(of: histories.log).count == 8)
  }

  @Test("a cut keeps the history that it names, and of others what they share with it, whichever is known first")
  func cut() throws {
    let office = try Office(founder: "ada")
    let boss = try office.join("boss", secondDeviceOf: "ada")
    let (eve, dan) = (try office.join("eve"), try office.join("dan"))
    let histories = try Histories(office, Self.parting)
    try office.settle()
    _ = try boss.apply([histories.segments[0]], wall: office.wall)
    let kept = try boss.logs(of: [histories.log.device])
    let stated = try boss.state(.cut(boss.membership().cut(of: histories.log.device, holding: kept)), wall: office.wall)
      .1
    func shown(_ store: Store) throws -> Set<String> {
      Set(try Set(Self.parting.joined()).filter { try store.setting(office.member("ada"), $0) != nil })
    }
    for store in [eve, dan] { _ = try store.admit([stated], wall: office.wall) }
    for history in [0, 1, 2, 3] { _ = try eve.apply([histories.segments[history]], wall: office.wall) }
    for history in [3, 2, 1] { _ = try dan.apply([histories.segments[history]], wall: office.wall) }
    // Until the history that was named is known, nobody can tell how far another goes with it.
    #expect(try shown(dan).contains("q"))
    _ = try dan.apply([histories.segments[0]], wall: office.wall)
    for store in [eve, dan] { #expect(try shown(store) == ["a", "b", "c", "d", "e"]) }
    for store in [eve, dan] { #expect(try store.heads().all(of: histories.log).count == 4) }
    #expect(try eve.digests(wall: office.wall).map(\.digest) == dan.digests(wall: office.wall).map(\.digest))
  }

  @Test("what waits for its time is no damage where a branch has all be read again")
  func verified() throws {
    let office = try Office(onDisk: true)
    let boss = try office.join("boss", secondDeviceOf: "ada")
    let (eve, dan) = (try office.join("eve"), try office.join("dan"))
    let histories = try Histories(office, Self.parting)
    try office.settle()
    let now = office.wall
    office.wall += 3_600_000
    _ = try eve.commit(Draft(office.activity("eve", "from the future")), wall: office.wall)
    office.wall = now
    try office.send(from: eve, to: dan)
    #expect(try dan.quarantine().map(\.count) == [1])
    _ = try boss.apply([histories.segments[0]], wall: office.wall)
    let kept = try boss.logs(of: [histories.log.device])
    _ = try boss.state(.cut(boss.membership().cut(of: histories.log.device, holding: kept)), wall: office.wall)
    try office.send(from: boss, to: dan)
    for history in [3, 2, 1, 0] { _ = try dan.apply([histories.segments[history]], wall: office.wall) }
    #expect(try dan.quarantine().map(\.count) == [1])
    #expect(try office.verify("dan").findings == [])
  }

  @Test("a cut by who knows several branches keeps them all, and one that is shown later as far as it goes with them")
  func cutOfSeveral() throws {
    let office = try Office()
    let boss = try office.join("boss", secondDeviceOf: "ada")
    let eve = try office.join("eve")
    let histories = try Histories(office, Self.parting)
    try office.settle()
    for history in [0, 2] { _ = try boss.apply([histories.segments[history]], wall: office.wall) }
    let cut = boss.membership().cut(of: histories.log.device, holding: try boss.logs(of: [histories.log.device]))
    #expect(cut.kept.filter { $0.log == histories.log }.map(\.head.sequence) == [5, 5])
    _ = try boss.state(.cut(cut), wall: office.wall)
    for history in [3, 1, 2, 0] { _ = try eve.apply([histories.segments[history]], wall: office.wall) }
    for (from, to) in [(boss, eve), (eve, boss)] { try office.send(from: from, to: to) }
    for store in [boss, eve] {
      let shown = try Set(Self.parting.joined()).filter { try store.setting(office.member("ada"), $0) != nil }
      #expect(shown == ["a", "b", "c", "d", "e", "q", "z"])
    }
    #expect(try boss.digests(wall: office.wall).map(\.digest) == eve.digests(wall: office.wall).map(\.digest))
  }

  @Test("a disk that was put back goes on under numbers that others know otherwise: both histories live, in a third")
  func putBack() throws {
    let office = try Office(onDisk: true)
    var ada = try office.store("ada")
    let bob = try office.join("bob")
    try office.settle()
    let before = ada.incarnation
    let image = Disk(try office.path("ada"))
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    try office.send(from: ada, to: bob)

    try ada.close()
    try image.put()
    ada = try office.restartClosed("ada")
    #expect(ada.incarnation == before && ada.wasSetBack == false)
    office.wall += 1_000
    _ = try ada.commit(Draft(office.setting("ada", "b", "after")), wall: office.wall)
    try office.send(from: ada, to: bob)
    #expect(try bob.forks().map(\.branches) == [2])
    #expect(ada.incarnation == before)
    try office.send(from: bob, to: ada)
    #expect(ada.incarnation != before)
    let third = try ada.commit(Draft(office.setting("ada", "c", "since")), wall: office.wall)
    #expect(third.heads.map(\.head.sequence) == [1])
    try office.settle()
    try office.expectAgreement()
    for store in [ada, bob] {
      for (setting, value) in [("a", "before"), ("b", "after"), ("c", "since")] {
        #expect(try store.setting(office.member("ada"), setting) == value)
      }
    }

    // What keeps a database keeps its branches.
    let heads = try ada.heads()
    for name in ["ada", "bob"] { #expect(try office.verify(name).findings == []) }
    ada = try office.restart("ada")
    #expect(try ada.heads() == heads)
    try ada.close()
    #expect(try office.mend("ada").missing == 0)
    #expect(try office.store("ada").heads() == heads)
    try office.expectAgreement("rebuilt")
  }

  @Test("a device whose history is further on elsewhere goes on in another one, before it signs a number twice")
  func behind() throws {
    let office = try Office(onDisk: true)
    var ada = try office.store("ada")
    let bob = try office.join("bob")
    try office.settle()
    let before = ada.incarnation
    let image = Disk(try office.path("ada"))
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    try office.send(from: ada, to: bob)
    try ada.close()
    try image.put()
    ada = try office.restartClosed("ada")
    try office.send(from: bob, to: ada)
    #expect(ada.incarnation != before)
    #expect(try ada.setting(office.member("ada"), "a") == "before")
    #expect(try ada.forks().isEmpty && ada.text("SELECT part FROM node_schema WHERE part = 'bookkeeping 2'") == nil)
  }

  @Test("a file with branches is for no program that takes one history for all; one without is for any")
  func olderProgram() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let histories = try Histories(office, Self.parting)
    let part = "SELECT part FROM node_schema WHERE part = 'bookkeeping 2'"
    _ = try bob.apply([histories.segments[0]], wall: office.wall)
    #expect(try bob.text(part) == nil)
    _ = try bob.apply([histories.segments[1]], wall: office.wall)
    #expect(try bob.text(part) != nil)
  }
}
