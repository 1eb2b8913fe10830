@_spi(Proof) @testable import BullpenCore
import Testing

/// A member's changed program says whatever fills memory.
@Suite("A peer that floods")
struct FloodTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 1_000, wall: 1_000_000)
  private let connection = ConnectionID(raw: 1)

  private func bob() -> Workspace {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let heads = Heads([Office.log("ada"): Head(sequence: 40, digest: .zero)])
    return office.node(of: "bob", heads: heads, on: connection, at: now)
  }

  private func madeUp(_ number: Int) -> LogID {
    LogID(device: DeviceID(Scramble.bytes("ada")), incarnation: Incarnation(.zero), kind: .passing).renumbered(number)
  }

  @Test("asking for logs that are not here leaves no trace, and brings no reading")
  func wants() {
    var bob = bob()
    for round in 0..<50 {
      let ranges = (0..<Limits.rangesQueued).map { LogRange(log: madeUp(round * 1_000 + $0), first: 1, last: 9) }
      let effects = bob.receive(.received(connection, .want(Want(ranges: ranges))), at: now)
      #expect(!effects.contains { if case .read = $0 { true } else { false } })
    }
    #expect(bob.sessions[connection]?.traces == 0)
    expectBounds(bob)
  }

  @Test("asking for more than fits is cut off, whatever is read meanwhile")
  func manyWants() {
    var bob = bob()
    for _ in 0..<10 {
      let ranges = (0..<Limits.rangesQueued).map { _ in LogRange(log: Office.log("ada"), first: 1, last: 40) }
      _ = bob.receive(.received(connection, .want(Want(ranges: ranges))), at: now)
    }
    #expect(bob.sessions[connection]?.queued == Limits.rangesQueued)
    expectBounds(bob)
  }

  @Test("announcing logs without end stops at the bound")
  func announcements() {
    var bob = bob()
    for round in 0..<45 {
      let heads = (0..<Limits.headsPerMessage).map {
        LogHead(log: madeUp(round * 1_000 + $0), head: Head(sequence: 7, digest: .zero))
      }
      _ = bob.receive(.received(connection, .announce(heads)), at: now)
    }
    expectBounds(bob)
    _ = bob.receive(.closed(connection), at: now)
    #expect(bob.plan.isIdle)
  }

  @Test("telling of heads that the disk has to look for stops at the bound, and goes on when it has looked")
  func searches() {
    var bob = bob()
    func tell(_ number: Int) -> Int {
      let head = LogHead(log: Office.log("ada"), head: Head(sequence: 41, digest: Digest(Scramble.bytes("\(number)"))))
      let other = LogHead(log: Office.log("ada"), head: Head(sequence: 42, digest: Digest(Scramble.bytes("\(number)"))))
      return bob.receive(.received(connection, .announce([head, other])), at: now).count { effect in
        if case .find = effect { true } else { false }
      }
    }
    #expect((0..<200).reduce(0) { $0 + tell($1) } == Limits.searchesQueued)
    expectBounds(bob)
    _ = bob.receive(.found(lacking: [], held: [], of: connection), at: now)
    #expect(tell(200) == 1 && tell(201) == 0)
  }

  private func expectBounds(_ node: Workspace) {
    for fullness in node.fullness { #expect(fullness.held <= fullness.bound, "\(fullness.what)") }
  }
}

extension LogID {
  fileprivate func renumbered(_ number: Int) -> LogID {
    LogID(
      device: device,
      incarnation: Incarnation(Bytes16(Scramble.bytes("\(number)").bytes.prefix(16)) ?? incarnation.raw), kind: kind)
  }
}
