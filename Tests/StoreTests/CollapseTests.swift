import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Testing

@Suite("Passing logs begin later when what came before is dead")
struct CollapseTests {
  /// Ada's office after two years in which she wrote every now and then; bob heard none of it.
  private struct Years {
    let office: Office
    let bob: Store
    let log: LogID
    var ada: Store { office.founder }

    init(onDisk: Bool = false) throws {
      office = try Office(onDisk: onDisk)
      bob = try office.join("bob")
      log = LogID(device: office.founder.device, incarnation: office.founder.incarnation, kind: .passing)
      for month in 0..<24 {
        if month > 0 { office.wall += 30 * Office.day }
        for number in 0..<3 {
          _ = try office.founder.commit(Draft(office.activity("ada", "\(month).\(number)")), wall: office.wall)
        }
      }
      office.wall += Office.day
    }

    func texts(_ store: Store) throws -> [String] {
      try store.activities(limit: 100, wall: office.wall).rows.map(\.text)
    }
  }

  @Test("what is older than a year goes, and a newcomer begins where the log begins")
  func newcomer() throws {
    let years = try Years()
    let (office, ada) = (years.office, years.ada)
    let before = try ada.digests(wall: office.wall).map(\.digest)
    let head = try ada.heads()[years.log]
    try ada.forgetAll(wall: office.wall)
    let kept = try ada.segments(LogRange(log: years.log, first: 1, last: head.sequence), maxBytes: 1 << 20)
    let start = try #require(kept.first?.first)
    // 366 of 690 days: what was written in the first eleven months is gone.
    #expect((30...36).contains(start))
    #expect(try ada.heads()[years.log] == head)
    #expect(try ada.digests(wall: office.wall).map(\.digest) == before)

    try office.send(from: ada, to: years.bob)
    #expect(try years.bob.heads()[years.log] == head)
    #expect(try years.texts(years.bob) == years.texts(ada))
    #expect(try years.texts(years.bob).count == 18, "what half a year's lifetime leaves")
    // Nor does it go further by being done again, and bob passes on what he has.
    try ada.forgetAll(wall: office.wall)
    #expect(try ada.segments(LogRange(log: years.log, first: 1, last: 1), maxBytes: 1).isEmpty)
    let eve = try office.join("eve")
    try office.send(from: years.bob, to: eve)
    #expect(try years.texts(eve) == years.texts(ada))
    try office.settle()
    try office.expectAgreement()
    _ = try ada.commit(Draft(office.activity("ada", "today")), wall: office.wall)
    try office.settle()
    try office.expectAgreement()
    #expect(try years.texts(eve).first == "today")
  }

  @Test(
    "lasting data never pins passing data: what lasts is all there, and of what passes one entry says how far it came")
  func lastingPinsNothing() throws {
    let office = try Office(onDisk: true)
    let ada = office.founder
    let bob = try office.join("bob")
    let dan = try office.join("dan")
    let count = 20
    for number in 0..<count {
      // Both kinds at the same moments, from one device.
      for row in [try office.activity("ada", "\(number)"), try office.setting("ada", "lasting \(number)", "kept")] {
        _ = try ada.commit(Draft(row), wall: office.wall)
      }
      _ = try dan.commit(Draft(office.activity("dan", "\(number)")), wall: office.wall)
      office.wall += Office.day / 2
      for from in [ada, dan] { try office.send(from: from, to: bob) }
    }
    // A statement that lasts names an entry that passes.
    try office.send(from: dan, to: ada)
    let cut = ada.membership().cut(of: dan.device, holding: try ada.logs(of: [dan.device]))
    #expect(cut.kept.contains { $0.log.kind == .passing && $0.head.sequence == UInt64(count) })
    _ = try ada.state(.cut(cut), wall: office.wall)

    office.wall += 2 * Limits.longestLifetime
    for store in [ada, bob] { try store.forgetAll(wall: office.wall) }
    let eve = try office.join("eve")
    try office.send(from: ada, to: bob)
    try office.send(from: bob, to: eve)
    for store in [ada, bob, eve] {
      for author in [ada, dan] {
        let passing = try kept(by: store, .passing, of: author)
        #expect(passing.map(\.first) == [UInt64(count)])
        #expect(passing.flatMap(\.entries).count == 1)
        #expect(passing.flatMap(\.entries).allSatisfy { if case .absent = $0.payload { true } else { false } })
      }
      let lasting = try kept(by: store, .lasting, of: ada)
      #expect(lasting.first?.first == 1)
      #expect(lasting.flatMap(\.entries).count > count)
      #expect(lasting.flatMap(\.entries).allSatisfy { if case .present = $0.payload { true } else { false } })
      for number in 0..<count { #expect(try store.setting(office.member("ada"), "lasting \(number)") == "kept") }
    }
    for name in ["ada", "bob", "eve"] { #expect(try office.verify(name).findings == []) }
  }

  /// What a store holds of a log that another one's device writes.
  private func kept(by store: Store, _ kind: LogKind, of author: Store) throws -> [Segment] {
    let log = LogID(device: author.device, incarnation: author.incarnation, kind: kind)
    let head = try store.heads()[log]
    return try store.segments(LogRange(log: log, first: 1, last: head.sequence, digest: head.digest), maxBytes: 1 << 20)
  }

  @Test("who knew the beginning and was away for two years goes on from what is left")
  func away() throws {
    let years = try Years()
    let (office, ada, bob) = (years.office, years.ada, years.bob)
    let whole = try ada.segments(LogRange(log: years.log, first: 1, last: 100), maxBytes: 1 << 20)
    let early = try ada.segments(LogRange(log: years.log, first: 1, last: 4), maxBytes: 1)
    _ = try bob.apply(early, wall: Office.start + Office.day)
    try ada.forgetAll(wall: office.wall)
    try office.send(from: ada, to: bob)
    #expect(try bob.heads()[years.log] == ada.heads()[years.log])
    #expect(try years.texts(bob) == years.texts(ada))
    // What is sent again of the beginning is no news.
    for store in [ada, bob] {
      for segments in [early, whole] {
        let application = try store.apply(segments, wall: office.wall)
        #expect(application.rejected.allSatisfy { $0.reason == .past })
        #expect(application.heads.isEmpty && application.rows.isEmpty)
      }
    }
    #expect(try bob.forks().isEmpty)
  }

  @Test("nobody leaves out a beginning of which something may live, and lasting logs have one for ever")
  func withheld() throws {
    let years = try Years()
    let (office, ada, bob) = (years.office, years.ada, years.bob)
    // The first entry that is shown is a year old but for some days.
    let entries = try ada.segments(LogRange(log: years.log, first: 1, last: 100), maxBytes: 1 << 20)
    let all = try #require(entries.first)
    let place = try #require(
      all.entries.firstIndex { $0.time.milliseconds > office.wall - Limits.longestLifetime })
    for first in [place, place + 10, all.entries.count - 1] {
      let sequence = all.first + UInt64(first)
      let digest = Chain.digests(all, through: sequence - 1, in: bob.workspace).last
      let cut = Segment(
        log: years.log, first: sequence, previous: try #require(digest),
        entries: Array(all.entries.dropFirst(first)), signature: all.signature)
      #expect(try bob.apply([cut], wall: office.wall).rejected.map(\.reason) == [.gap])
    }
    #expect(try bob.heads()[years.log] == .start)

    for number in 0..<3 {
      _ = try ada.commit(Draft(office.setting("ada", "a", "\(number)")), wall: office.wall)
    }
    let lasting = LogID(device: ada.device, incarnation: ada.incarnation, kind: .lasting)
    let later = office.wall + 3 * Limits.longestLifetime
    try ada.forgetAll(wall: later)
    let head = try ada.heads()[lasting].sequence
    let whole = try ada.segments(LogRange(log: lasting, first: 1, last: head), maxBytes: 1 << 20)
    #expect(whole.first?.first == 1)
    let tail = try ada.segments(LogRange(log: lasting, first: head, last: head), maxBytes: 1 << 20)
    #expect(try bob.apply(tail, wall: later).rejected.map(\.reason) == [.gap])
  }

  @Test("a history that ends before another one departs is no beginning that was forgotten", arguments: [false, true])
  func shortBranch(isReversed: Bool) throws {
    let office = try Office()
    let bob = try office.join("bob")
    let ada = try office.author("ada")
    let incarnation = Incarnation(using: &office.random)
    let row = { (text: String) in
      RowChange(Tables.activities, try office.newKey("ada"), [("text", .text(text))])
    }
    let rows = Dictionary(uniqueKeysWithValues: try "abcqw".map { ($0, try row(String($0))) })
    let histories = ["abc", "abq", "w"].map { history in
      office.log(
        by: ada, .passing, incarnation: incarnation,
        history.enumerated().map { (HybridTime(office.wall + Int64($0)), 0, rows[$1].map { [$0] } ?? []) })
    }
    for segment in isReversed ? histories.reversed() : histories {
      #expect(try bob.apply([segment], wall: office.wall).rejected.isEmpty)
    }
    #expect(try bob.heads().all(of: histories[0].log).map(\.sequence) == [1, 3, 3])
    #expect(try Set(bob.activities(wall: office.wall).rows.map(\.text)) == ["a", "b", "c", "q", "w"])
  }

  @Test("of several histories the one that is left after years begins later, too", arguments: [false, true])
  func afterFork(isReversed: Bool) throws {
    let office = try Office(onDisk: true)
    let bob = try office.join("bob")
    let carl = try office.join("carl")
    let author = try office.author("ada")
    let incarnation = Incarnation(using: &office.random)
    let rows = Dictionary(
      uniqueKeysWithValues: try "abcdefqrs".map {
        ($0, RowChange(Tables.activities, try office.newKey("ada"), [("text", .text(String($0)))]))
      })
    let lifetime = try #require(Tables.activities.lifetime)
    let histories = ["abcd", "abqrs", "w", "abqef"].map { history in
      office.log(
        by: author, .passing, incarnation: incarnation,
        history.enumerated().map {
          (HybridTime(office.wall + Int64($0)), office.wall + lifetime, rows[$1].map { [$0] } ?? [])
        })
    }
    let log = histories[0].log
    for segment in isReversed ? histories.reversed() : histories {
      _ = try bob.apply([segment], wall: office.wall)
    }
    try office.send(from: bob, to: carl)
    #expect(try bob.heads().all(of: log).map(\.sequence) == [1, 4, 5, 5])
    #expect(try bob.forks().map(\.branches) == [4])

    office.wall += 2 * Limits.longestLifetime
    _ = try bob.releaseQuarantine(wall: office.wall, isAgreed: true)
    try bob.forgetAll(wall: office.wall)
    let heads = histories.compactMap { history in
      history.digest(at: history.last, in: bob.workspace).map { Head(sequence: history.last, digest: $0) }
    }
    let last = try #require(heads.max())
    #expect(try bob.heads().all(of: log) == [last])
    let kept = try bob.segments(LogRange(log: log, first: 1, last: 5, digest: last.digest), maxBytes: 1 << 20)
    #expect(kept.map(\.first) == [5])
    #expect(try bob.forks().isEmpty)
    #expect(try office.verify("bob").findings == [])

    // Who comes now needs no more, and who still has all of it brings no part of it back.
    let eve = try office.join("eve")
    try office.send(from: bob, to: eve)
    #expect(try eve.heads().all(of: log) == [last])
    for segment in histories { _ = try bob.apply([segment], wall: office.wall) }
    try office.send(from: carl, to: bob)
    try office.send(from: carl, to: eve)
    for store in [bob, eve] {
      #expect(try store.heads().all(of: log) == [last])
      #expect(try store.forks().isEmpty)
    }
    #expect(try office.verify("bob").findings == [])
    try bob.close()
    #expect(try office.mend("bob").waiting == [])
    #expect(try office.store("bob").heads().all(of: log) == [last])
  }

  @Test("a file whose logs begin later is whole, and is made anew from what it has")
  func verified() throws {
    let years = try Years(onDisk: true)
    let office = years.office
    try years.ada.forgetAll(wall: office.wall)
    try office.send(from: years.ada, to: years.bob)
    #expect(try office.verify("ada").findings == [])
    let texts = try years.texts(years.ada)
    let heads = try years.ada.heads()
    try years.ada.close()
    #expect(try office.mend("ada").waiting == [])
    let again = try office.store("ada")
    #expect(try years.texts(again) == texts)
    #expect(try again.heads()[years.log] == heads[years.log])
  }

  @Test("no table's rows live longer than a log keeps its beginning")
  func declared() {
    #expect(Tables.all.allSatisfy { ($0.lifetime ?? 0) <= Limits.longestLifetime })
  }
}
