@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("When what is dead is removed")
struct ForgettingTests {
  private let start = Instant(boot: 5_000, wall: 1_800_000_000_000)

  /// The times by which a node removes what is dead, within so many milliseconds.
  private func times(_ node: inout Workspace, within span: Int64) -> [(after: Int64, by: Int64)] {
    var found: [(Int64, Int64)] = []
    var now = start
    while true {
      let next = max(node.nextDeadline(at: now), now.boot + 1)
      guard next <= start.boot + span else { return found }
      now = start.advanced(by: next - start.boot)
      for case .forget(let wall) in node.receive(.tick, at: now) { found.append((next - start.boot, wall)) }
    }
  }

  @Test(
    "a minute after the beginning, then every hour; alone, by what was certain before and the time since, however late it says it is"
  )
  func alone() throws {
    var office = MembershipOffice()
    office.admit("bob", by: "ada", at: 10)
    let began = try #require(office.membership.begun)
    let hour: Int64 = 3_600_000
    for certain in [nil, start.wall - 700 * 24 * hour] {
      var node = office.node(of: "bob", certain: certain, on: ConnectionID(raw: 1), at: start)
      let found = times(&node, within: 2 * hour + 120_000)
      #expect(found.map(\.after) == [60_000, 60_000 + hour, 60_000 + 2 * hour])
      #expect(found.allSatisfy { $0.by == (certain ?? began) + $0.after })
    }
  }

  @Test("by the hour where somebody's clock says the same")
  func agreed() {
    var office = MembershipOffice()
    office.admit("bob", by: "ada", at: 10)
    var node = office.node(of: "bob", on: ConnectionID(raw: 1), at: start)
    node.clock.note(MembershipOffice.device("ada"), wall: start.wall + 40, at: start)
    let found = times(&node, within: 61_000)
    #expect(found.map(\.after) == [60_000])
    #expect(found.allSatisfy { abs($0.by - (start.wall + $0.after)) < 1_000 })
  }
}
