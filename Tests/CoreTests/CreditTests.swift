@_spi(Proof) import BullpenCore
import Testing

@Suite("What waits for the disk is bounded")
struct CreditTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 1_000, wall: 1_000_000)
  private let connection = ConnectionID(raw: 1)

  private func bob() -> Workspace {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    return office.node(of: "bob", on: connection, at: now)
  }

  private func segment(_ first: UInt64, bytes: Int) -> Segment {
    let entry = Entry(
      time: HybridTime(milliseconds: 5, counter: UInt16(first)), expiry: 0,
      payload: .present([UInt8](repeating: 7, count: bytes)))
    return Segment(
      log: Office.log("ada"), first: first, previous: .zero, entries: [entry], signature: Office.proof)
  }

  private func credits(_ effects: [Effect]) -> [UInt32] {
    effects.compactMap { effect in
      if case .send(_, .acknowledge(let acknowledgement)) = effect { acknowledgement.credit } else { nil }
    }
  }

  private func stored(_ sequence: UInt64) -> ApplyOutcome {
    let head = LogHead(log: Office.log("ada"), head: Head(sequence: sequence, digest: .zero))
    return ApplyOutcome(heads: [head], rows: [:], statements: [], rejected: [])
  }

  private var refusal: ApplyOutcome {
    ApplyOutcome(heads: [], rows: [:], statements: [], rejected: [(log: Office.log("ada"), reason: .storage)])
  }

  private func receive(_ segment: Segment, _ node: inout Workspace, at now: Instant) {
    _ = node.receive(.received(connection, .segments(SegmentBatch(segments: [segment]))), at: now)
  }

  @Test("a message brings its own bytes back when it is on disk, and not those of the messages behind it")
  func slow() {
    var bob = bob()
    let segments = (UInt64(1)...3).map { segment($0, bytes: 100 * Int($0)) }
    for segment in segments {
      let effects = bob.receive(.received(connection, .segments(SegmentBatch(segments: [segment]))), at: now)
      #expect(credits(effects).isEmpty)
    }
    for segment in segments {
      #expect(credits(bob.receive(.applied(connection, stored(segment.last)), at: now)) == [UInt32(segment.cost)])
    }
  }

  @Test("who sends on without credit is cut off, and no more than twice the window waits for the disk")
  func overdrawn() {
    var bob = bob()
    var sent = 0
    for sequence in UInt64(1)...1_000 {
      let one = segment(sequence, bytes: 40_000)
      let effects = bob.receive(.received(connection, .segments(SegmentBatch(segments: [one]))), at: now)
      sent += one.cost
      let isApplied = effects.contains { if case .apply = $0 { true } else { false } }
      guard effects.contains(where: { if case .close(connection) = $0 { true } else { false } }) else {
        #expect(isApplied && sent <= 2 * Limits.creditWindow)
        continue
      }
      #expect(!isApplied && sent > 2 * Limits.creditWindow)
      #expect(bob.connections == 0)
      return
    }
    Issue.record("it was never cut off")
  }

  @Test("what a disk did not take comes back whole when it takes something again")
  func stalled() {
    var bob = bob()
    let segments = (UInt64(1)...3).map { segment($0, bytes: 100) }
    for segment in segments.prefix(2) { receive(segment, &bob, at: now) }
    #expect(credits(bob.receive(.applied(connection, refusal), at: now)).isEmpty)
    #expect(credits(bob.receive(.applied(connection, stored(2)), at: now)).isEmpty)
    // It is not even given to the disk.
    receive(segments[2], &bob, at: now)
    let later = now.advanced(by: Limits.diskRetry)
    #expect(credits(bob.receive(.tick, at: later)) == [UInt32(segments.reduce(0) { $0 + $1.cost })])
  }

  @Test("what still waits for a disk that has refused something brings nothing back before it is on it")
  func underWay() {
    var bob = bob()
    let segments = (UInt64(1)...3).map { segment($0, bytes: 100 * Int($0)) }
    for segment in segments.prefix(2) { receive(segment, &bob, at: now) }
    #expect(credits(bob.receive(.applied(connection, refusal), at: now)).isEmpty)
    let later = now.advanced(by: Limits.diskRetry)
    #expect(credits(bob.receive(.tick, at: later)) == [UInt32(segments[0].cost)])
    receive(segments[2], &bob, at: later)
    for segment in segments.suffix(2) {
      #expect(credits(bob.receive(.applied(connection, stored(segment.last)), at: later)) == [UInt32(segment.cost)])
    }
  }
}
