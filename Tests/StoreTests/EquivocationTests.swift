import BullpenCore
import BullpenCrypto
@testable import BullpenStore
import BullpenWire
import Foundation
import Testing

/// Whoever changes their program can sign anything: others agree on what to make of it all the same.
@Suite("A device that says one thing to some and another to others")
struct EquivocationTests {
  /// Histories that ada's device never shows to one person together: passing logs, whose beginnings go.
  private struct Histories {
    let office: Office
    let author: Author
    let incarnation: Incarnation
    var log: LogID { LogID(device: author.device.id, incarnation: incarnation, kind: .passing) }

    init(onDisk: Bool = false) throws {
      office = try Office(onDisk: onDisk)
      author = try office.author("ada")
      incarnation = Incarnation(using: &office.random)
    }

    /// - Parameter entries: for how many days each is old by its stamp, and the text of its activity.
    func segment(_ entries: [(age: Int64, text: String)]) throws -> Segment {
      let member = try office.member("ada")
      let made = entries.enumerated().map { place, entry in
        let time = office.wall - entry.age * Office.day + Int64(place)
        // A text has one row in all histories.
        var seed = SeededRandomness(seed: UInt64(entry.text.utf8.reduce(7) { $0 * 31 + Int($1) }))
        let key = RowKey.own(member, RowID(at: time, using: &seed))
        let row = RowChange(Tables.activities, key, [("kind", .text("note")), ("text", .text(entry.text))])
        let expiry = Tables.activities.expiry(of: key) ?? 0
        return (time: HybridTime(time), expiry: expiry, rows: [row])
      }
      return office.log(by: author, .passing, incarnation: incarnation, made)
    }

    /// A segment from a later entry on: its signature proves it.
    func end(of segment: Segment, from first: UInt64) throws -> Segment {
      segment.suffix(
        from: first, previous: try #require(segment.digest(at: first - 1, in: office.founder.workspace)))
    }

    func texts(_ store: Store) throws -> Set<String> {
      Set(try store.activities(limit: 100, wall: office.wall).rows.map(\.text))
    }

    /// Lets everybody hear everybody, looks whether they agree, and says what they show.
    func agreement(_ location: SourceLocation = #_sourceLocation) throws -> Set<String> {
      for _ in 0..<2 {
        try office.settle()
        for store in office.everybody {
          _ = try store.releaseQuarantine(wall: office.wall, isAgreed: true)
          try store.forgetAll(wall: office.wall)
        }
      }
      try office.expectAgreement(location: location)
      return try texts(office.founder)
    }
  }

  private static let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]]

  @Test("who begins behind an entry with a false old stamp, and who has what came before, come to hold both")
  func falseStamp() throws {
    let histories = try Histories()
    let lies: [(Int64, String)] = [
      (9, "a"), (8, "b"), (7, "c"), (500, "old"), (400, "older"), (6, "d"), (5, "e"),
    ]
    let whole = try histories.segment(lies)
    let before = try histories.segment(Array(lies.prefix(3)))
    let pieces = [before, try histories.end(of: whole, from: 4), try histories.end(of: whole, from: 5)]
    for (number, order) in Self.orders.enumerated() {
      let store = try histories.office.join("reader\(number)")
      for piece in order.prefix(1 + number % 3) { _ = try store.apply([pieces[piece]], wall: histories.office.wall) }
    }
    for (number, piece) in pieces.enumerated() {
      let store = try histories.office.join("one piece \(number)")
      #expect(try store.apply([piece], wall: histories.office.wall).rejected.isEmpty)
    }
    let strict = try histories.office.join("all at once")
    #expect(try strict.apply([whole], wall: histories.office.wall).rejected.map(\.reason) == [.stamps])
    #expect(try histories.agreement() == ["a", "b", "c", "d", "e"])
  }

  /// An old image of a disk was put back: two histories have parted more than a year ago, and both live.
  private func parted(_ histories: Histories) throws -> [Segment] {
    let trunk: [(Int64, String)] = [(900, "1"), (800, "2"), (700, "3")]
    let long = trunk + [(600, "4"), (500, "5"), (450, "6"), (440, "7"), (3, "long")]
    return [
      try histories.segment(long), try histories.segment(trunk + [(2, "short"), (1, "shorter")]),
      // And one that is dead by now.
      try histories.segment(trunk + [(650, "4'"), (620, "5'")]),
    ]
  }

  @Test("a history that parted before others' logs begin is shown all the same, whoever is asked for it")
  func partedLongAgo() throws {
    let histories = try Histories()
    let office = histories.office
    let segments = try parted(histories)
    for (number, order) in Self.orders.enumerated() {
      let store = try office.join("reader\(number)")
      for piece in order.prefix(1 + number % 3) {
        _ = try store.apply([segments[piece]], wall: office.wall)
        if number % 2 == 0 { try store.forgetAll(wall: office.wall) }
      }
    }
    // Piece by piece, each signed for itself.
    let slow = try office.join("slow")
    try slow.forgetAll(wall: office.wall)
    _ = try slow.apply([try histories.end(of: segments[0], from: 7)], wall: office.wall)
    let trunk = try histories.segment([(900, "1"), (800, "2"), (700, "3")])
    #expect(try slow.apply([trunk], wall: office.wall).heads.isEmpty)
    let late = try slow.apply([try histories.end(of: segments[1], from: 4)], wall: office.wall)
    #expect(late.rejected.isEmpty && late.stored == 2)
    let fromTrunk = try office.join("by another's segment")
    _ = try fromTrunk.apply([try histories.end(of: segments[0], from: 7)], wall: office.wall)
    _ = try fromTrunk.apply([try histories.end(of: segments[2], from: 2)], wall: office.wall)
    _ = try fromTrunk.apply([try histories.end(of: segments[1], from: 4)], wall: office.wall)

    #expect(try histories.agreement() == ["long", "short", "shorter"])
    for store in office.everybody { #expect(try store.heads().all(of: histories.log).map(\.sequence) == [5, 8]) }

    // When the shorter is dead as well, nothing is left of it.
    office.wall += 380 * Office.day
    _ = try office.join("newcomer")
    #expect(try histories.agreement() == [])
    for store in office.everybody { #expect(try store.heads().all(of: histories.log).map(\.sequence) == [8]) }
    for store in office.everybody { #expect(try store.forks().isEmpty) }
  }

  /// Lies by chance: histories of one passing log that part, go back in time and are shown in pieces.
  @Test(
    "whatever a device signs and whoever hears which part of it first, all come to hold the same",
    arguments: Array(1...12) + [45, 90, 288, 309, 387])
  func byChance(seed: UInt64) throws {
    let histories = try Histories()
    let office = histories.office
    var random = SeededRandomness(seed: seed)
    let ages: [Int64] = [900, 700, 500, 400, 30, 20, 10, 3, 2, 1]
    var all: [[(age: Int64, text: String)]] = []
    for number in 0..<(3 + Int(random.next() % 9)) {
      let shared = all.randomElement(using: &random).map { Array($0.prefix(Int(random.next() % 6))) } ?? []
      var made = shared
      var place = Int.random(in: 0..<ages.count, using: &random)
      for step in 0..<Int.random(in: 1...6, using: &random) {
        // Mostly in order, as a program that was not changed writes.
        place = Int.random(in: 0..<8, using: &random) == 0 ? 0 : min(place + Int(random.next() % 3), ages.count - 1)
        made.append((ages[place], "\(number).\(step)"))
      }
      all.append(made)
    }
    // Whoever cuts a history off at its signature signs every beginning of it.
    let segments = try all.flatMap { history in
      try (1...history.count).map { try histories.segment(Array(history.prefix($0))) }
    }
    for number in 0..<5 {
      let store = try office.join("reader\(number)")
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        guard let segment = segments.randomElement(using: &random) else { continue }
        let first = UInt64.random(in: 1...segment.last, using: &random)
        _ = try store.apply([first == 1 ? segment : try histories.end(of: segment, from: first)], wall: office.wall)
        if random.next() % 5 == 0 { try store.forgetAll(wall: office.wall) }
      }
    }
    _ = try histories.agreement()
    office.wall += Int64.random(in: 100...300, using: &random) * Office.day
    _ = try office.join("newcomer")
    _ = try histories.agreement()
  }

  /// Settings of ada's in more histories of one log than are kept, which part at several places.
  private func surplus(
    _ office: Office, _ count: Int, in incarnation: Incarnation? = nil, withoutLast: Int = 0
  ) throws -> [Segment] {
    let author = try office.author("ada")
    let incarnation = incarnation ?? Incarnation(using: &office.random)
    return try (0..<count).map { number in
      let values = (0..<(number % 4)).map { "shared \($0)" } + ["\(number) a", "\(number) b"]
      let entries = try values.enumerated().map { place, value in
        let key = try #require(RowKey.named(office.member("ada"), value))
        let row = RowChange(Tables.settings, key, [("value", .text(value))])
        return (time: HybridTime(office.wall + Int64(place)), expiry: Int64(0), rows: [row])
      }
      return office.log(by: author, .lasting, incarnation: incarnation, entries.dropLast(withoutLast))
    }
  }

  @Test("of more histories than are kept all keep the same, in whatever order and pieces they hear of them")
  func surplus() throws {
    let office = try Office()
    let segments = try surplus(office, 14)
    for number in 0..<4 {
      let store = try office.join("reader\(number)")
      let order = Array(segments.indices).shuffled(using: &office.random)
      for index in order.prefix(number == 0 ? 14 : 9) {
        let segment = segments[index]
        _ = try store.apply([segment], wall: office.wall)
        #expect(try store.heads().all(of: segment.log).count <= Limits.branches)
      }
    }
    for _ in 0..<2 { try office.settle() }
    try office.expectAgreement()
    let log = segments[0].log
    #expect(try office.founder.heads().all(of: log).count == Limits.branches)
    #expect(try office.founder.forks().map(\.branches) == [Limits.branches])

    // What a kept one says later is taken, and the others stay where they are.
    let heads = Set(try office.founder.heads().all(of: log))
    let index = try #require(
      segments.firstIndex { segment in
        segment.digest(at: segment.last, in: office.founder.workspace).map {
          heads.contains(Head(sequence: segment.last, digest: $0))
        } ?? false
      })
    let end = segments[index]
    let previous = try #require(end.digest(at: end.last, in: office.founder.workspace))
    let entry = Entry(time: HybridTime(office.wall + 99), expiry: 0, payload: .present([]))
    let digest = Chain.digest(office.founder.workspace, log, end.last + 1, previous: previous, entry)
    let more = Segment(
      log: log, first: end.last + 1, previous: previous, entries: [entry],
      signature: Chain.sign(digest, by: try office.author("ada").device))
    _ = try office.founder.apply([more], wall: office.wall)
    try office.settle()
    try office.expectAgreement()
    let after = Set(try office.founder.heads().all(of: log))
    #expect(after.count == Limits.branches && after.intersection(heads).count == Limits.branches - 1)
  }

  @Test("what a cut names comes before what it does not name, though all were full when they heard of it")
  func namedFirst() throws {
    let office = try Office()
    let segments = try surplus(office, 16)
    let log = segments[0].log
    let full = try office.join("full")
    for segment in segments { _ = try full.apply([segment], wall: office.wall) }
    let kept = Set(try full.heads().all(of: log))
    let refused = segments.filter { segment in
      segment.digest(at: segment.last, in: full.workspace).map {
        !kept.contains(Head(sequence: segment.last, digest: $0))
      } ?? false
    }
    let slow = try office.join("slow")
    let boss = try office.join("boss", secondDeviceOf: "ada")
    for segment in refused.prefix(2) { _ = try boss.apply([segment], wall: office.wall) }
    let cut = boss.membership().cut(of: log.device, holding: try boss.logs(of: [log.device]))
    #expect(cut.kept.count { $0.log == log } == 2)
    _ = try boss.state(.cut(cut), wall: office.wall)
    for segment in segments.reversed() { _ = try boss.apply([segment], wall: office.wall) }
    // Who hears it in pieces cannot tell at first that it is the one.
    for segment in segments where !refused.prefix(2).contains(segment) {
      _ = try slow.apply([segment], wall: office.wall)
    }
    _ = try slow.admit(boss.statements(), wall: office.wall)
    let beginnings = try surplus(office, segments.count, in: log.incarnation, withoutLast: 1)
    for (segment, beginning) in zip(segments, beginnings) where refused.prefix(2).contains(segment) {
      #expect(try slow.apply([beginning], wall: office.wall).rejected.isEmpty)
      let previous = try #require(segment.digest(at: segment.last - 1, in: slow.workspace))
      #expect(
        try slow.apply([segment.suffix(from: segment.last, previous: previous)], wall: office.wall).rejected.isEmpty)
    }
    for _ in 0..<2 { try office.settle() }
    try office.expectAgreement()
    for store in office.everybody {
      for segment in refused.prefix(2) {
        let head = Head(
          sequence: segment.last, digest: try #require(segment.digest(at: segment.last, in: full.workspace)))
        #expect(try store.find([LogHead(log: log, head: head)]).lacking.isEmpty)
      }
      #expect(try store.heads().all(of: log).count == Limits.branches)
    }
  }

  @Test(
    "a cut keeps of each history of a passing log what it names and nothing after, whoever has which", arguments: 1...8)
  func cut(seed: UInt64) throws {
    let histories = try Histories()
    let office = histories.office
    var random = SeededRandomness(seed: seed)
    let lies: [(Int64, String)] = [(3, "a"), (2, "b"), (500, "old"), (400, "older"), (1, "c")]
    let other: [(Int64, String)] = [(700, "d"), (600, "e"), (1, "f")]
    func pieces(_ beginning: [(Int64, String)], _ lies: [(Int64, String)], _ other: [(Int64, String)]) throws
      -> [Segment]
    {
      [
        try histories.segment(beginning), try histories.end(of: histories.segment(lies), from: 4),
        try histories.end(of: histories.segment(other), from: 2),
      ]
    }
    let named = try pieces(Array(lies.prefix(2)), lies, other)
    let after = try pieces(Array(lies.prefix(2)) + [(0, "b'")], lies + [(0, "c'")], other + [(0, "f'")])
    // Whom ada's first device lets in when it is cut is nobody.
    let readers = try (0..<4).map { try office.join("reader\($0)") }
    let boss = try office.join("boss", secondDeviceOf: "ada")
    try office.settle()
    for piece in named { #expect(try boss.apply([piece], wall: office.wall).rejected.isEmpty) }
    let cut = boss.membership().cut(of: histories.log.device, holding: try boss.logs(of: [histories.log.device]))
    #expect(cut.kept.count { $0.log == histories.log } == 3)
    _ = try boss.state(.cut(cut), wall: office.wall)
    for (number, store) in readers.enumerated() {
      if number % 2 == 0 { _ = try store.admit(boss.statements(), wall: office.wall) }
      for piece in (named + after).shuffled(using: &random).prefix(1 + Int(random.next() % 6)) {
        _ = try store.apply([piece], wall: office.wall)
        if random.next() % 3 == 0 { try store.forgetAll(wall: office.wall) }
      }
    }
    for piece in after { _ = try boss.apply([piece], wall: office.wall) }
    #expect(try histories.agreement() == ["a", "b", "c", "f"])
    for store in office.everybody { #expect(try histories.texts(store) == ["a", "b", "c", "f"]) }
  }

  @Test("a file that holds such histories is whole, is opened again as it was, and is made anew from what it has")
  func kept() throws {
    let histories = try Histories(onDisk: true)
    let office = histories.office
    let bob = try office.join("bob")
    let whole = try histories.segment([(3, "a"), (2, "b"), (500, "old"), (400, "older"), (1, "c")])
    _ = try bob.apply([try histories.end(of: whole, from: 4)], wall: office.wall)
    _ = try bob.apply([try histories.segment([(3, "a"), (2, "b")])], wall: office.wall)
    // Its dead part is signed with another's, from which only what lives departs.
    let trunk: [(Int64, String)] = [(700, "d"), (600, "e")]
    _ = try bob.apply([try histories.segment(trunk + [(550, "f")])], wall: office.wall)
    _ = try bob.apply([try histories.end(of: try histories.segment(trunk + [(1, "g")]), from: 3)], wall: office.wall)
    let segments = try surplus(office, 14)
    for segment in segments { _ = try bob.apply([segment], wall: office.wall) }
    let heads = try bob.heads()
    #expect(heads.all(of: histories.log).count == 3)
    #expect(heads.all(of: segments[0].log).count == Limits.branches)
    #expect(try histories.texts(bob) == ["a", "b", "c", "g"])
    #expect(try office.verify("bob").findings == [])
    let eve = try office.join("eve")
    try office.send(from: bob, to: eve)
    let again = try office.restart("bob")
    #expect(try again.heads() == heads)
    try again.close()
    _ = try office.mend("bob")
    // What the new file chose not to keep at first, others have.
    _ = try histories.agreement()
    let mended = try office.store("bob").heads()
    for log in [histories.log, segments[0].log] { #expect(mended.all(of: log) == heads.all(of: log)) }
  }

  @Test("many tiny payloads that are dropped make no segment larger than it came")
  func tiny() throws {
    let office = try Office()
    let bob = try office.join("bob")
    let incarnation = Incarnation(using: &office.random)
    let entries = (0..<2_500).map {
      (time: HybridTime(office.wall + $0), expiry: office.wall + 1_000, rows: [RowChange]())
    }
    let segment = office.log(by: try office.author("ada"), .passing, incarnation: incarnation, entries)
    #expect(try bob.apply([segment], wall: office.wall).rejected.isEmpty)
    let before = SegmentCodec.encode(segment).count
    office.wall += Office.day
    try bob.forgetAll(wall: office.wall)
    let kept = try bob.segments(LogRange(log: segment.log, first: 1, last: segment.last), maxBytes: 1 << 20)
    for part in kept { #expect(SegmentCodec.encode(part).count <= before && before <= Limits.frameBytes) }
    let eve = try office.join("eve")
    try office.send(from: bob, to: eve)
    #expect(try eve.heads()[segment.log] == bob.heads()[segment.log])
  }

  @Test("whoever signs history after history makes nobody read all anew again and again; later all agree")
  func bounded() throws {
    let office = try Office()
    let all = try surplus(office, 60)
    // The worst order: each comes before those that are kept.
    let reader = try office.join("reader")
    let sorter = try office.join("sorter")
    for segment in all { _ = try sorter.apply([segment], wall: office.wall + Office.day) }
    var displaced = 0
    for segment in all + all {
      let before = Set(try reader.heads().all(of: segment.log))
      _ = try reader.apply([segment], wall: office.wall)
      if before.count == Limits.branches, Set(try reader.heads().all(of: segment.log)) != before { displaced += 1 }
    }
    #expect(displaced <= Limits.displacementBurst)
    for hour in 1...20 {
      office.wall += Int64(hour) * 3_600_000
      try office.settle()
    }
    try office.expectAgreement()
  }
}
