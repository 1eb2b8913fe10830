import BullpenCore
import BullpenCrypto
import BullpenStore
import Testing

@Suite("Time")
struct TimeTests {
  @Test("a change from the future is kept and passed on, shown to nobody, and let in when its time has come")
  func quarantine() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    try office.settle()
    _ = try eve.commit(Draft(office.setting("eve", "a", "early")), wall: office.wall + 10 * Office.minute)
    let applications = try office.send(from: eve, to: bob)
    #expect(applications.map(\.quarantined).reduce(0, +) == 1)
    #expect(try bob.setting(office.member("eve"), "a") == nil)
    #expect(try bob.quarantine().map(\.log.device) == [eve.device])
    #expect(try bob.heads() == eve.heads())
    // Her clock does not become everybody's.
    let commit = try bob.commit(Draft(office.setting("bob", "a", "now")), wall: office.wall)
    let written = try bob.segments(
      LogRange(log: commit.heads[0].log, first: commit.heads[0].head.sequence, last: commit.heads[0].head.sequence),
      maxBytes: 1)
    #expect(written[0].entries[0].time.milliseconds <= office.wall + 1)

    #expect(try bob.releaseQuarantine(wall: office.wall + 4 * Office.minute).rows.isEmpty)
    let released = try bob.releaseQuarantine(wall: office.wall + 6 * Office.minute)
    #expect(released.rows["settings"]?.count == 1)
    #expect(try bob.setting(office.member("eve"), "a") == "early")
    #expect(try bob.quarantine().isEmpty)
    office.wall += 6 * Office.minute
    try office.settle()
    try office.expectAgreement()
  }

  @Test("within five minutes a change counts at once, and the own clock moves past it")
  func aLittleAhead() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let desk = try office.join("desk", secondDeviceOf: "bob")
    try office.settle()
    _ = try desk.commit(Draft(office.setting("bob", "a", "first")), wall: office.wall + 4 * Office.minute)
    try office.send(from: desk, to: bob)
    #expect(try bob.setting(office.member("bob"), "a") == "first")
    // Written later, though by a clock that is behind.
    _ = try bob.commit(Draft(office.setting("bob", "a", "second")), wall: office.wall)
    #expect(try bob.setting(office.member("bob"), "a") == "second")
    try office.settle()
    try office.expectAgreement()
  }

  @Test("a device that wrote ahead and is corrected takes it back until its time, and goes on in a new incarnation")
  func setRight() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.settle()
    let before = bob.incarnation
    _ = try bob.commit(Draft(office.setting("bob", "a", "tomorrow")), wall: office.wall + Office.day)
    #expect(try bob.setting(office.member("bob"), "a") == "tomorrow")
    // While nobody agrees on the time nothing is taken back, and the person is told why nothing can be written.
    _ = try bob.releaseQuarantine(wall: office.wall)
    #expect(try bob.setting(office.member("bob"), "a") == "tomorrow")
    let error = try #require(throws: StoreError.self) {
      try bob.commit(Draft(office.setting("bob", "a", "now")), wall: office.wall)
    }
    #expect(error.code == .clock)

    _ = try bob.releaseQuarantine(wall: office.wall, isAgreed: true)
    #expect(bob.incarnation != before)
    #expect(try bob.setting(office.member("bob"), "a") == nil)
    #expect(try bob.quarantine().map(\.count) == [1])
    _ = try bob.commit(Draft(office.setting("bob", "a", "now")), wall: office.wall)
    #expect(try bob.setting(office.member("bob"), "a") == "now")
    let incarnation = bob.incarnation
    _ = try bob.releaseQuarantine(wall: office.wall, isAgreed: true)
    #expect(bob.incarnation == incarnation)
    try office.settle()
    try office.expectAgreement()
  }

  @Test("a row whose lifetime has passed is dead on every node, a late edit included")
  func lifetime() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    try office.settle()
    let draft = try office.notification(from: "ada", to: ["bob"])
    _ = try office.founder.commit(Draft(draft), wall: office.wall)
    try office.send(from: office.founder, to: bob)
    _ = try bob.commit(Draft(office.read("bob", draft.key)), wall: office.wall)
    let late = office.wall + 91 * Office.day
    #expect(try bob.notifications(for: office.member("bob"), wall: office.wall).rows.count == 1)
    #expect(try bob.notifications(for: office.member("bob"), wall: late).rows.isEmpty)
    #expect(try bob.notification(draft.key, for: office.member("bob"), wall: late) == nil)
    #expect(try bob.unreadCount(for: office.member("bob"), wall: late) == 0)
    let error = try #require(throws: StoreError.self) {
      try bob.commit(Draft(office.read("bob", draft.key)), wall: late)
    }
    #expect(error.code == .invalid)

    // Eve, who was away all the time, hears of it when it is over.
    try office.send(from: bob, to: eve, wall: late)
    #expect(try eve.notifications(for: office.member("bob"), wall: late).rows.isEmpty)
    #expect(try eve.heads() == bob.heads())
    #expect(try eve.digests(wall: late).map(\.digest) == bob.digests(wall: late).map(\.digest))
    try eve.forgetAll(wall: late)
    #expect(try eve.integers("SELECT count(*) FROM notifications") == [0])
  }

  @Test("what comes while a clock is ahead is there when it is set right", arguments: [1, 100, 360] as [Int64])
  func heardAhead(days: Int64) throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    try office.settle()
    let ada = office.founder
    _ = try ada.commit(Draft(office.notification(from: "ada", to: ["bob"], title: "nearly over")), wall: office.wall)
    office.wall += 89 * Office.day + Office.day / 2
    _ = try ada.commit(Draft(office.notification(from: "ada", to: ["bob"], title: "new")), wall: office.wall)
    let ahead = office.wall + days * Office.day
    try office.send(from: ada, to: bob, wall: ahead)
    // Nobody confirms that it is so late.
    _ = try bob.releaseQuarantine(wall: ahead)
    try bob.forgetAll(wall: ahead - Limits.longestLifetime)
    let member = try office.member("bob")
    let titles = days == 1 ? ["new"] : []
    #expect(try bob.notifications(for: member, wall: ahead).rows.map(\.title) == titles)

    let again = try office.restart("bob")
    _ = try again.releaseQuarantine(wall: office.wall, isAgreed: true)
    #expect(try again.notifications(for: member, wall: office.wall).rows.map(\.title) == ["new", "nearly over"])
    try office.expectAgreement()
    #expect(try office.verify("bob").findings == [])
    // When all agree that it is over, nothing is left of it.
    office.wall += Office.day
    try again.forgetAll(wall: office.wall)
    #expect(try again.integers("SELECT count(*) FROM notifications") == [1])
    try office.expectAgreement()
    #expect(try office.verify("bob").findings == [])
  }

  @Test("a payload that is missing and lives by somebody's clock is a hole, however late it is by one's own")
  func hollowAhead() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.settle()
    let commit = try office.founder.commit(
      Draft(office.notification(from: "ada", to: ["bob"], title: "whole")), wall: office.wall)
    let whole = try #require(
      try office.founder.segments(LogRange(log: commit.heads[0].log, first: 1, last: 1), maxBytes: 1).first)
    let hollow = Segment(
      log: whole.log, first: whole.first, previous: whole.previous,
      entries: whole.entries.map {
        Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0)))
      }, signature: whole.signature)
    let ahead = office.wall + 100 * Office.day
    #expect(try bob.apply([hollow], wall: ahead, certain: office.wall).rejected.map(\.reason) == [.hole])
    #expect(try bob.apply([whole], wall: ahead, certain: office.wall).rejected.isEmpty)
    #expect(try bob.notifications(for: office.member("bob"), wall: office.wall).rows.map(\.title) == ["whole"])
  }

  @Test(
    "what overtakes the beginning of its log does not stand for it, though it is more than a year old by one's clock")
  func overtakenAhead() throws {
    let office = try Office()
    let bob = try office.join("bob")
    try office.settle()
    let log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .passing)
    for text in ["one", "two", "three"] {
      _ = try office.founder.commit(Draft(office.activity("ada", text)), wall: office.wall)
      office.wall += Office.minute
    }
    let segments = try (1...3).flatMap { number in
      try office.founder.segments(LogRange(log: log, first: number, last: number), maxBytes: 1)
    }
    let ahead = office.wall + 400 * Office.day
    #expect(try bob.apply([segments[2]], wall: ahead, certain: office.wall).rejected.map(\.reason) == [.gap])
    #expect(try bob.apply(segments, wall: ahead, certain: office.wall).rejected.isEmpty)
    #expect(try bob.activities(wall: office.wall).rows.map(\.text) == ["three", "two", "one"])
    try office.settle()
    try office.expectAgreement()
  }

  @Test("the time that was certain when something was to be forgotten last is known at the next start")
  func lastCertain() throws {
    let office = try Office(onDisk: true)
    #expect(try office.founder.lastCertain() == nil)
    for certain in [office.wall + Office.day, office.wall] {
      _ = try office.founder.forget(wall: certain)
      #expect(try office.restart("ada").lastCertain() == certain)
    }
  }

  @Test("payloads whose time has passed are dropped, the chain still holds, and nobody takes them for lost")
  func forget() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let eve = try office.join("eve")
    try office.settle()
    _ = try office.founder.commit(Draft(office.activity("ada", "long ago")), wall: office.wall)
    let log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .passing)
    let late = office.wall + 181 * Office.day
    #expect(try office.founder.forget(wall: late) == 2)
    #expect(try office.founder.forget(wall: late) == 0)
    let segments = try office.founder.segments(LogRange(log: log, first: 1, last: 1), maxBytes: 1 << 20)
    #expect(segments.count == 1)
    if case .present = segments[0].entries[0].payload { Issue.record("the payload is still there") }
    #expect(try bob.apply(segments, wall: late).rejected.isEmpty)
    // By a clock that says it is not over, the same segment has a hole.
    #expect(try eve.apply(segments, wall: office.wall).rejected.map(\.reason) == [.hole])
    #expect(try bob.heads()[log] == office.founder.heads()[log])
    #expect(try bob.digests(wall: late).map(\.digest) == office.founder.digests(wall: late).map(\.digest))
  }

  @Test("of changes that are one segment each loses its payload when its own time has passed")
  func forgetByParts() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let author = try office.author("ada")
    let entries = try (0..<12).map { month -> (time: HybridTime, expiry: Int64, rows: [RowChange]) in
      let time = office.wall + Int64(month) * 30 * Office.day
      let key = RowKey.own(try office.member("ada"), RowID(at: time, using: &office.random))
      let row = RowChange(Tables.activities, key, [("kind", .text("done")), ("text", .text("month \(month)"))])
      return (HybridTime(time), time + 180 * Office.day, [row])
    }
    let year = office.log(by: author, .passing, incarnation: Incarnation(using: &office.random), entries)
    let end = office.wall + 330 * Office.day
    #expect(try bob.apply([year], wall: end).rejected.isEmpty)
    try bob.forgetAll(wall: end)
    func kept() throws -> [Bool] {
      let range = LogRange(log: year.log, first: 1, last: 12)
      return try bob.segments(range, maxBytes: 1 << 20).flatMap(\.entries).map { entry in
        if case .present = entry.payload { true } else { false }
      }
    }
    // Those of the first five months are over, and the sixth is to the day.
    #expect(try kept() == (0..<12).map { $0 > 4 })
    // A node by whose clock they live on takes the rest.
    let eve = try office.join("eve")
    try office.send(from: bob, to: eve, wall: end)
    #expect(try eve.activities(wall: end).rows.map(\.text) == bob.activities(wall: end).rows.map(\.text))
    try bob.forgetAll(wall: end + 20 * Office.day)
    #expect(try kept() == (0..<12).map { $0 > 5 })
  }

  @Test("a payload that lasts may never be missing")
  func hole() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .lasting)
    let whole = try office.founder.segments(LogRange(log: log, first: 1, last: 2), maxBytes: 1 << 20)[0]
    let hollow = Segment(
      log: log, first: whole.first, previous: whole.previous,
      entries: whole.entries.map {
        Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0)))
      }, signature: whole.signature)
    let application = try bob.apply([hollow], wall: office.wall + 1_000 * Office.day)
    #expect(application.rejected.map(\.reason) == [.hole])
  }
}
