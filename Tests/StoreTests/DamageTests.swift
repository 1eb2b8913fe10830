import BullpenCore
@testable import BullpenStore
import Foundation
import GRDB
import Testing

@Suite("A damaged database is told, rebuilt, and healed by peers", .timeLimit(.minutes(3)))
struct DamageTests {
  /// Closes ada's database, does something to its bytes, and has her back: with what the file still has, or rebuilt.
  private func survive(
    _ office: Office, _ disk: Disk, _ comment: Comment, location: SourceLocation = #_sourceLocation
  ) throws {
    try office.store("ada").close()
    try disk.put()
    do {
      try office.restart("ada")
      if try !office.verify("ada").isClean {
        try office.store("ada").close()
        try office.mend("ada")
      }
    } catch let error as StoreError {
      #expect(error.code == .damaged, comment, sourceLocation: location)
      #expect(error.hint.contains("bullpen repair"), comment, sourceLocation: location)
      try office.mend("ada")
    }
    try office.heal(comment, location: location)
  }

  @Test("a file that is cut off anywhere")
  func truncated() throws {
    let office = try Office.withHistory()
    try office.store("ada").close()
    let whole = Disk(try office.path("ada"))
    let count = whole.database.count
    var random = SeededRandomness(seed: 11)
    let places =
      [0, 1, 99, 100, 4_095, 4_096] + stride(from: 8_192, to: count, by: 12_288)
      + (0..<8).map { _ in Int.random(in: 0..<count, using: &random) }
    for place in places {
      var disk = whole
      disk.database = Array(whole.database.prefix(place))
      try survive(office, disk, "cut off at \(place) of \(count)")
    }
  }

  @Test("bits that flip on every kind of page", arguments: 1...4 as ClosedRange<UInt64>)
  func flipped(seed: UInt64) throws {
    let office = try Office.withHistory()
    try office.store("ada").close()
    let whole = Disk(try office.path("ada"))
    #expect(Set(whole.pages.keys).isSuperset(of: [5, 10, 13]))
    var random = SeededRandomness(seed: seed)
    for (kind, pages) in whole.pages.sorted(by: { $0.key < $1.key }) {
      for _ in 0..<4 {
        var disk = whole
        var places: [Int] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let page = try #require(pages.randomElement(using: &random))
          // Half of them where a page says what it holds.
          let within = Bool.random(using: &random) ? 4_096 : 64
          let place = page * 4_096 + Int.random(in: 0..<within, using: &random)
          disk.database[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
          places.append(place)
        }
        try survive(office, disk, "seed \(seed): bits at \(places), pages of kind \(kind)")
      }
    }
  }

  @Test(
    "numbers that no entry has, where a bit that flipped has made them",
    arguments: [
      "UPDATE node_logs SET sequence = -sequence", "UPDATE node_logs SET sequence = sequence | (1 << 60)",
      "UPDATE node_segments SET last = -last", "UPDATE node_segments SET first = first | (1 << 62)",
    ])
  func numbers(sql: String) throws {
    let office = try Office.withHistory()
    try office.store("ada").close()
    let database = try DatabaseQueue(path: office.path("ada"))
    try database.write { try $0.execute(sql: sql) }
    try database.close()
    try survive(office, Disk(try office.path("ada")), "\(sql)")
  }

  @Test("pages that were never written, and pages of something else")
  func tornPages() throws {
    let office = try Office.withHistory()
    try office.store("ada").close()
    let whole = Disk(try office.path("ada"))
    var random = SeededRandomness(seed: 5)
    for page in 0..<(whole.database.count / 4_096) where page < 3 || page % 3 == 0 {
      var disk = whole
      let noise = (0..<4_096).map { _ in page % 2 == 0 ? 0 : UInt8.random(in: 0...255, using: &random) }
      disk.database.replaceSubrange(page * 4_096..<(page + 1) * 4_096, with: noise)
      try survive(office, disk, "page \(page + 1)")
    }
  }

  @Test("a page of which all cells lead into one chain is followed no further than cells have room")
  func chains() throws {
    let (pages, pageSize, cells) = (6, 512, 200)
    var file = [UInt8](repeating: 0, count: pages * pageSize)
    func write(_ bytes: [UInt8], _ page: Int, _ place: Int) {
      file.replaceSubrange(page * pageSize + place..<page * pageSize + place + bytes.count, with: bytes)
    }
    write([2, 0], 0, 16)
    // The second page leads to itself.
    write([0, 0, 0, 2], 1, 0)
    // 39 bytes on the page and 1,900 times 508 on others; one blob, behind a header of four bytes.
    let (size, kind) = (39 + 1_900 * 508, 12 + 2 * (39 + 1_900 * 508 - 4))
    func varint(_ number: Int) -> [UInt8] {
      [UInt8(number >> 14) | 0x80, UInt8(number >> 7 & 0x7f) | 0x80, UInt8(number & 0x7f)]
    }
    for page in 2..<pages {
      write([13, 0, 0, 0, UInt8(cells)], page, 0)
      for cell in 0..<cells { write([1, 0xa4], page, 8 + 2 * cell) }
      write(varint(size) + [1, 4] + varint(kind), page, 0x1a4)
      write([0, 0, 0, 2], page, 0x1a4 + 4 + 39)
    }
    let path = FileManager.default.temporaryDirectory.appending(path: "bullpen-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file).write(to: URL(fileURLWithPath: path))
    var records = 0
    try #require(PageCarver(path)).forEachRecord { _ in
    } _: { record in
      #expect(record.map { $0.blob?.count } == [size - 4])
      records += 1
    }
    #expect(records >= pages - 2)
    #expect(records < 64 * pages)
  }

  @Test("a WAL that a crash left behind holds what was told: nothing of it is lost, and the same history goes on")
  func walLeft() throws {
    let office = try Office.withHistory(3)
    let ada = office.founder
    let before = ada.incarnation
    let told = try ada.commit(Draft(office.setting("ada", "a", "told")), wall: office.wall)
    let disk = Disk(try office.path("ada"))
    #expect(disk.wal.count > 0)
    try ada.close()
    try disk.put()
    let again = try office.restart("ada")
    #expect(again.incarnation == before && !again.wasSetBack)
    #expect(try again.heads()[told.heads[0].log] == told.heads[0].head)
    #expect(try again.setting(office.member("ada"), "a") == "told")
  }

  @Test(
    "a WAL that is gone, cut short or broken takes the end of what was told with it: no number is signed twice",
    arguments: ["gone", "short", "broken"])
  func walLost(how: String) throws {
    let office = try Office.withHistory(3)
    // What was written so far is in the file itself from here on.
    let (ada, bob) = (try office.restart("ada"), try office.store("bob"))
    let before = ada.incarnation
    _ = try ada.commit(Draft(office.setting("ada", "a", "early")), wall: office.wall)
    let late = try ada.commit(Draft(office.setting("ada", "a", "told")), wall: office.wall + 1)
    try office.send(from: ada, to: bob)
    var disk = Disk(try office.path("ada"))
    try ada.close()
    switch how {
    case "gone": disk.files["-wal"] = nil
    case "short": disk.wal = Array(disk.wal.prefix(32 + 24 + 2_000))
    default: for place in stride(from: 32, to: disk.wal.count, by: 500) { disk.wal[place] ^= 0x10 }
    }
    try disk.put()
    let found = try office.verify("ada")
    #expect(found.findings.contains { $0.text.contains("The end of what this device wrote is missing") })
    let again: Store
    do {
      again = try office.restart("ada")
      #expect(again.wasSetBack)
    } catch let error as StoreError {
      #expect(error.code == .damaged)
      #expect(try office.mend("ada").isNewIncarnation)
      again = try office.store("ada")
    }
    #expect(again.incarnation != before)
    let fresh = try again.commit(Draft(office.setting("ada", "b", "after")), wall: office.wall + 2)
    #expect(fresh.heads[0].log != late.heads[0].log)
    try office.heal("the WAL is \(how)")
    #expect(try again.setting(office.member("ada"), "a") == "told")
    #expect(try bob.setting(office.member("ada"), "b") == "after")
  }

  @Test("an older file that is copied over the newer one is noticed though it is the same file")
  func copiedOver() throws {
    let office = try Office.withHistory(3)
    let before = office.founder.incarnation
    try office.founder.close()
    let old = Disk(try office.path("ada"))
    let ada = try office.restart("ada")
    #expect(ada.incarnation == before)
    _ = try ada.commit(Draft(office.setting("ada", "a", "later")), wall: office.wall)
    try office.send(from: ada, to: office.store("bob"))
    try ada.close()
    var disk = Disk(try office.path("ada"))
    disk.database = old.database
    try disk.put()
    let again = try office.restart("ada")
    #expect(again.wasSetBack && again.incarnation != before)
    try office.heal("an older file")
    #expect(try again.setting(office.member("ada"), "a") == "later")

    // Once more, when something has been written since, and when nothing has.
    var seen: Set = [before, again.incarnation]
    for isWritten in [true, false] {
      if isWritten { _ = try again.commit(Draft(office.setting("ada", "a", "later still")), wall: office.wall + 1) }
      try office.store("ada").close()
      try disk.put()
      let other = try office.restart("ada")
      #expect(other.wasSetBack && seen.insert(other.incarnation).inserted)
    }
  }

  @Test("a WAL of another time beside the database is told, or does no harm")
  func walStale() throws {
    let office = try Office.withHistory(3)
    let old = Disk(try office.path("ada"))
    for number in 0..<30 {
      _ = try office.founder.commit(Draft(office.activity("ada", "later \(number)")), wall: office.wall + 1)
    }
    try office.send(from: office.founder, to: office.store("bob"))
    try office.founder.close()
    var disk = Disk(try office.path("ada"))
    disk.wal = old.wal
    try survive(office, disk, "a WAL of another time")
  }

  @Test("a database that is gone is rebuilt from the WAL that is left, and from peers")
  func databaseGone() throws {
    let office = try Office.withHistory(3)
    let disk = Disk(try office.path("ada"))
    try office.founder.close()
    try disk.put()
    try FileManager.default.removeItem(atPath: office.path("ada"))
    let error = #expect(throws: StoreError.self) { _ = try office.open("ada") }
    #expect(error?.code == .missing && error?.hint.contains("bullpen repair") == true)
    let repair = try office.mend("ada")
    #expect(repair.aside != nil)
    try office.heal("a WAL without its database")
  }

  @Test("where nothing can be read at all, everything comes from peers, keys and membership included")
  func nothingLeft() throws {
    let office = try Office.withHistory(3)
    let (ada, bob) = (office.founder, try office.store("bob"))
    let member = try office.member("ada")
    let before = ada.incarnation
    try ada.close()
    var disk = Disk(try office.path("ada"))
    disk.database = Array(repeating: 0, count: disk.database.count)
    disk.files[".heads"] = nil
    try disk.put()
    let repair = try office.mend("ada")
    #expect(!repair.knowsItself && repair.entries == 0 && repair.isNewIncarnation)
    let empty = try office.store("ada")
    #expect(empty.workspace == bob.workspace && empty.member == nil)
    let refusal = #expect(throws: StoreError.self) {
      _ = try empty.commit(Draft(office.setting("ada", "a", "x")), wall: office.wall)
    }
    #expect(refusal?.code == .notMember)
    try office.heal("all from bob")
    #expect(empty.member == member && empty.incarnation != before)
    // What was sealed to her opens, for her key was never in the database.
    #expect(try empty.unreadCount(for: member, wall: office.wall) == 3)
    _ = try empty.commit(Draft(office.setting("ada", "a", "again")), wall: office.wall)
    try office.heal("and on")
  }

  @Test("what only this device has is kept, also behind a place that cannot be read", arguments: [false, true])
  func behindTheBroken(isJoined: Bool) throws {
    let office = try Office.withHistory(3)
    let (ada, bob) = (office.founder, try office.store("bob"))
    for number in 1...40 {
      _ = try ada.commit(Draft(office.setting("ada", "s\(number % 7)", "\(number)")), wall: office.wall + Int64(number))
      _ = try ada.commit(Draft(office.activity("ada", "only here \(number)")), wall: office.wall + Int64(number))
      _ = try ada.commit(
        Draft(office.notification(from: "ada", to: ["bob"], title: "sealed \(number)")),
        wall: office.wall + Int64(number))
    }
    if isJoined { while try ada.forget(wall: office.wall) > 0 {} }
    // One entry each of what nobody else has.
    for kind in 1...2 {
      try ada.run(
        """
        UPDATE node_segments SET bytes = x'00' WHERE (log, first) IN (
          SELECT log, first FROM node_segments WHERE log IN (SELECT id FROM node_logs WHERE kind = \(kind))
          ORDER BY last DESC LIMIT 1 OFFSET 10)
        """)
    }
    try ada.close()
    let report = try office.mend("ada")
    #expect(report.isNewIncarnation && report.rewritten >= 10)
    let again = try office.store("ada")
    let texts = try again.activities(limit: 100, wall: office.wall).rows.map(\.text)
    #expect(texts.contains("only here 40") && texts.contains("only here 1"))
    #expect(try office.verify("ada").findings == [])
    try office.settle()
    try office.expectAgreement()
    #expect(try bob.setting(office.member("ada"), "s5") == "40")
    let titles = try bob.notifications(for: office.member("bob"), limit: 100, wall: office.wall).rows.map(\.title)
    #expect(titles.contains("sealed 40") && titles.contains("sealed 1"))
  }

  @Test("the damaged file is kept aside under a name of its own, and a second repair keeps both")
  func aside() throws {
    let office = try Office.withHistory(1)
    try office.founder.close()
    let path = try office.path("ada")
    let bytes = FileManager.default.contents(atPath: path)
    let first = try #require(try office.mend("ada").aside)
    #expect(first.hasPrefix(path + ".damaged-") && FileManager.default.contents(atPath: first) == bytes)
    try office.store("ada").close()
    let second = try #require(try office.mend("ada").aside)
    #expect(second != first)
    let leftovers = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
    #expect(leftovers.filter { $0.contains("repairing") } == [])
  }

  @Test(
    "a repair that a crash ends when the new file is decided upon is finished by whoever opens the database next",
    arguments: ["decided", "named", "without its WAL"])
  func brokenOff(after step: String) throws {
    let office = try Office.withHistory(3)
    let told = try office.founder.commit(Draft(office.setting("ada", "a", "in the WAL alone")), wall: office.wall)
    let disk = Disk(try office.path("ada"))
    try office.founder.close()
    try disk.put()
    let path = try office.path("ada")
    let aside = try #require(try office.repair("ada").aside)
    let names = FileManager.default
    // The old file and the new one, as they were.
    try names.moveItem(atPath: path, toPath: aside.replacing(".damaged-", with: ".repaired-"))
    try names.linkItem(atPath: aside, toPath: path)
    if step != "without its WAL" { try names.linkItem(atPath: aside + "-wal", toPath: path + "-wal") }
    if step == "decided" { for part in ["", "-wal"] { try names.removeItem(atPath: aside + part) } }
    let again = try office.restartClosed("ada")
    #expect(try again.heads()[told.heads[0].log] == told.heads[0].head)
    #expect(try again.setting(office.member("ada"), "a") == "in the WAL alone")
    #expect(!again.wasSetBack)
    #expect(names.fileExists(atPath: aside) && names.fileExists(atPath: aside + "-wal"))
    let left = try names.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
    #expect(left.filter { $0.contains("repair") } == [])
    try office.heal("broken off when \(step)")
  }

  @Test("the draft of a repair that was killed is gone once the database is opened")
  func draft() throws {
    let office = try Office.withHistory(1)
    try office.founder.close()
    let path = try office.path("ada")
    for part in ["", "-wal", "-shm", ".lock"] {
      #expect(FileManager.default.createFile(atPath: path + ".repairing" + part, contents: Data([1])))
    }
    _ = try office.restartClosed("ada")
    let left = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
    #expect(left.filter { $0.contains("repair") } == [])
  }

  @Test("a healthy database that is rebuilt is the same, and what colleagues' addresses were is kept")
  func healthy() throws {
    let office = try Office.withHistory()
    let ada = office.founder
    let endpoint = try #require(Endpoint(address: [10, 77, 0, 2], port: 4_781))
    try ada.remember(office.store("bob").device, at: endpoint, wall: office.wall)
    let (heads, before) = (try ada.heads(), ada.incarnation)
    try ada.close()
    let repair = try office.mend("ada")
    let again = try office.store("ada")
    #expect(try again.heads() == heads && again.incarnation == before)
    #expect(!repair.isNewIncarnation && repair.missing == 0)
    #expect(try again.rememberedPeers().map(\.endpoint) == [endpoint])
    try office.heal("rebuilt")
  }

  @Test("another's database is left alone")
  func foreign() throws {
    let office = try Office.withHistory(1)
    try office.founder.close()
    try office.store("bob").close()
    let (ada, bob) = (try office.path("ada"), try office.path("bob"))
    try FileManager.default.removeItem(atPath: ada)
    try FileManager.default.copyItem(atPath: bob, toPath: ada)
    let opening = #expect(throws: StoreError.self) { _ = try office.open("ada") }
    #expect(opening?.code == .wrongDevice)
    let before = FileManager.default.contents(atPath: ada)
    let repair = #expect(throws: StoreError.self) { _ = try office.mend("ada") }
    #expect(repair?.code == .wrongDevice)
    #expect(FileManager.default.contents(atPath: ada) == before)
  }

  @Test("a disk that is full is said so, nothing is changed, and with room it goes on")
  func full() throws {
    let office = try Office.withHistory(3)
    let (ada, bob) = (office.founder, try office.store("bob"))
    _ = try ada.integers("PRAGMA max_page_count = 1")
    let own = #expect(throws: StoreError.self) {
      for number in 0..<40 {
        let text = String(repeating: "\(number) ", count: 1_000)
        _ = try ada.commit(Draft(office.activity("ada", text)), wall: office.wall)
      }
    }
    #expect(own?.code == .full && own?.hint.contains("Free some space") == true)
    let reached = try ada.heads()
    for number in 0..<40 {
      _ = try bob.commit(
        Draft(office.activity("bob", String(repeating: "\(number) ", count: 1_000))), wall: office.wall)
    }
    let others = #expect(throws: StoreError.self) { try office.send(from: bob, to: ada) }
    #expect(others?.code == .full)
    #expect(try ada.heads() == reached)
    #expect(try office.verify("ada").findings == [])
    _ = try ada.integers("PRAGMA max_page_count = 1000000")
    try office.heal("there is room again")
  }
}
