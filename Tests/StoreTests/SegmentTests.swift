import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

@Suite("Logs and segments")
struct SegmentTests {
  /// An office in which ada's lasting log has some entries that bob lacks.
  private func started(_ writes: Int = 8) throws -> (office: Office, bob: Store, log: LogID, first: UInt64) {
    let office = try Office()
    let bob = try office.join("bob")
    try office.send(from: office.founder, to: bob)
    let log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .lasting)
    let head = try office.founder.heads()[log].sequence
    for write in 0..<writes {
      _ = try office.founder.commit(Draft(office.setting("ada", "n", "\(write)")), wall: office.wall + Int64(write))
    }
    return (office, bob, log, head + 1)
  }

  private func run(_ store: Store, _ log: LogID, _ range: ClosedRange<UInt64>) throws -> Segment {
    let range = LogRange(log: log, first: range.lowerBound, last: range.upperBound)
    let segments = try store.segments(range, maxBytes: 1 << 20)
    #expect(segments.count == 1)
    return try #require(segments.first)
  }

  @Test("short segments are joined under the last signature, and a range is served from its first number")
  func joined() throws {
    let (office, bob, log, first) = try started()
    let whole = try run(office.founder, log, first...first + 7)
    #expect(whole.first == first && whole.last == first + 7)
    #expect(Chain.check(whole, in: bob.workspace) != nil)
    #expect(try bob.apply([whole], wall: office.wall).heads.map(\.head.sequence) == [first + 7])
    // Bob stored one segment, and can serve the middle of it to its end.
    let tail = try run(bob, log, first + 3...first + 4)
    #expect(tail.first == first + 3 && tail.last == first + 7)
    #expect(Chain.check(tail, in: bob.workspace) != nil)
    #expect(try bob.segments(LogRange(log: log, first: first + 8, last: first + 9), maxBytes: 1_000).isEmpty)
  }

  @Test("short segments become long ones on disk when there is time, and the log is the same to everybody")
  func joinedOnDisk() throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let ada = office.founder
    func write(_ writes: Int) throws {
      for write in 0..<writes {
        office.wall += 1
        _ = try ada.commit(Draft(office.setting("ada", "n", "\(write)")), wall: office.wall)
        _ = try ada.commit(Draft(office.activity("ada", "\(write)")), wall: office.wall)
      }
    }
    func stored() throws -> Int64 { try ada.integers("SELECT count(*) FROM node_segments")[0] }
    try write(500)
    let (before, heads) = (try stored(), try ada.heads())
    let digests = try ada.digests(wall: office.wall).map(\.digest)
    #expect(before > 1_000)
    try ada.forgetAll(wall: office.wall)
    // What is long stays; of the rest fewer than 64 wait at the end of each log.
    let most = Int64(2 * (Limits.looseSegments + 4))
    #expect(try stored() < most)
    #expect(try ada.heads() == heads)
    #expect(try ada.digests(wall: office.wall).map(\.digest) == digests)
    #expect(try office.verify("ada").findings == [])
    // Again there is nothing to do, and what comes next goes on as it did.
    #expect(try ada.forget(wall: office.wall) == 0)
    try write(40)
    try office.settle()
    try office.expectAgreement()
    try write(100)
    try ada.forgetAll(wall: office.wall)
    #expect(try stored() < most)
    try office.send(from: ada, to: bob)
    #expect(try bob.setting(office.member("ada"), "n") == "99")
    let again = try office.restart("ada")
    #expect(try again.heads() == bob.heads())
    #expect(try office.verify("ada").findings == [])
  }

  @Test("a bound on bytes gives at least one segment and not many more")
  func bounded() throws {
    let (office, _, log, first) = try started(40)
    let range = LogRange(log: log, first: first, last: first + 39)
    let one = try office.founder.segments(range, maxBytes: 1)
    #expect(one.map(\.last) == [first])
    let some = try office.founder.segments(range, maxBytes: 2_000)
    #expect(some.reduce(0) { $0 + $1.cost } <= 2_000)
    #expect(some.first?.first == first)
    #expect((some.last?.last ?? 0) > first)
  }

  @Test("what overlaps is trimmed, what is known is nothing new, and a gap is rejected")
  func overlapAndGap() throws {
    let (office, bob, log, first) = try started()
    #expect(try bob.apply([run(office.founder, log, first...first + 3)], wall: office.wall).rejected.isEmpty)
    let gap = try bob.apply([run(office.founder, log, first + 5...first + 7)], wall: office.wall)
    #expect(gap.rejected.map(\.reason) == [.gap])
    #expect(gap.heads.isEmpty)
    #expect(try bob.heads()[log].sequence == first + 3)

    let overlap = try bob.apply([run(office.founder, log, first + 2...first + 6)], wall: office.wall)
    #expect(overlap.rejected.isEmpty)
    #expect(overlap.heads.map(\.head.sequence) == [first + 6])
    let again = try bob.apply([run(office.founder, log, first + 1...first + 5)], wall: office.wall)
    #expect(again.rejected.isEmpty && again.heads.isEmpty && again.rows.isEmpty)
    _ = try bob.apply([run(office.founder, log, first + 7...first + 7)], wall: office.wall)
    try office.settle()
    try office.expectAgreement()
    // What was trimmed still proves itself to the next.
    let served = try bob.segments(LogRange(log: log, first: 1, last: first + 7), maxBytes: 1 << 20)
    #expect(served.allSatisfy { Chain.check($0, in: bob.workspace) != nil })
    #expect(served.first?.first == 1 && served.last?.last == first + 7)
  }

  @Test("two segments in the wrong order in one batch are both taken")
  func batch() throws {
    let (office, bob, log, first) = try started()
    let segments = [
      try run(office.founder, log, first + 4...first + 7), try run(office.founder, log, first...first + 3),
    ]
    let application = try bob.apply(segments, wall: office.wall)
    #expect(application.rejected.isEmpty)
    #expect(application.heads.map(\.head.sequence) == [first + 7])
  }

  @Test("a flipped bit, a foreign signature and a stranger change nothing")
  func unproved() throws {
    let (office, bob, log, first) = try started()
    let good = try run(office.founder, log, first...first + 3)
    var bytes = good.signature.bytes
    bytes[7] ^= 1
    let flipped = Segment(
      log: log, first: good.first, previous: good.previous, entries: good.entries,
      signature: try #require(Signature(bytes: bytes)))
    #expect(try bob.apply([flipped], wall: office.wall).rejected.map(\.reason) == [.unproved])
    let cutShort = Segment(
      log: log, first: good.first, previous: good.previous, entries: Array(good.entries.dropLast()),
      signature: good.signature)
    #expect(try bob.apply([cutShort], wall: office.wall).rejected.map(\.reason) == [.unproved])
    let stranger = Author(device: DeviceKey(using: &office.random), secret: MemberSecret(using: &office.random))
    let strange = office.log(
      by: stranger, .lasting, incarnation: Incarnation(using: &office.random), [(HybridTime(office.wall), 0, [])])
    #expect(try bob.apply([strange], wall: office.wall).rejected.map(\.reason) == [.unknownDevice])
    #expect(try bob.heads()[log].sequence == first - 1)
    #expect(try bob.refusedCount() == 0)
    #expect(try bob.apply([good], wall: office.wall).rejected.isEmpty)
  }

  @Test("of two histories under one number both are kept, and one stamp with two values has one winner")
  func fork() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let key = try #require(RowKey.named(office.member("ada"), "a"))
    let incarnation = Incarnation(using: &office.random)
    let branches = ["left", "right"].map { text in
      office.log(
        by: office.seats["ada"]!.author, .lasting, incarnation: incarnation,
        [(HybridTime(office.wall), 0, [RowChange(Tables.settings, key, [("value", .text(text))])])])
    }
    #expect(try bob.apply([branches[0]], wall: office.wall).rejected.isEmpty)
    #expect(try bob.apply([branches[1]], wall: office.wall).rejected.isEmpty)
    #expect(try bob.forks().map(\.branches) == [2])
    let eve = try office.join("eve")
    for branch in branches.reversed() { _ = try eve.apply([branch], wall: office.wall) }
    #expect(try eve.setting(office.member("ada"), "a") == bob.setting(office.member("ada"), "a"))
  }

  @Test("stamps that stand still within a log are no log")
  func stamps() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let row = RowChange(Tables.settings, try #require(RowKey.named(office.member("ada"), "a")), [("value", .text("x"))])
    let time = HybridTime(office.wall)
    let segment = office.log(
      by: try office.author("ada"), .lasting, incarnation: Incarnation(using: &office.random),
      [(time, 0, [row]), (time, 0, [row])])
    #expect(try bob.apply([segment], wall: office.wall).rejected.map(\.reason) == [.stamps])
  }

  @Test("rows that came before their author's credential are taken when it has come")
  func statementsAfterRows() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    _ = try eve.commit(Draft(office.activity("eve", "hello")), wall: office.wall)
    let own = try eve.heads().sorted.filter { $0.log.device == eve.device }
    let segments = try own.flatMap {
      try eve.segments(LogRange(log: $0.log, first: 1, last: $0.head.sequence), maxBytes: 1 << 20)
    }
    let early = try bob.apply(segments, wall: office.wall)
    #expect(Set(early.rejected.map(\.reason)) == [.unknownDevice])
    let admission = try bob.admit(eve.statements(), wall: office.wall)
    #expect(admission.statements.count == 1)
    let late = try bob.apply(segments, wall: office.wall)
    #expect(late.rejected.isEmpty)
    #expect(try bob.displayNames()[office.member("eve")] == "eve")
    #expect(try bob.activities(wall: office.wall).rows.map(\.text) == ["hello"])
  }

  @Test("a credential that comes in its log lets in the segments of the same batch")
  func credentialInBatch() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    var segments: [Segment] = []
    for store in [eve, office.founder] {
      for (log, head) in try store.heads().sorted where log.device == store.device {
        segments += try store.segments(LogRange(log: log, first: 1, last: head.sequence), maxBytes: 1 << 20)
      }
    }
    let application = try bob.apply(segments, wall: office.wall)
    #expect(application.rejected.isEmpty)
    #expect(application.statements.count == 1)
    #expect(bob.membership().device(eve.device)?.member == (try office.member("eve")))
  }
}
