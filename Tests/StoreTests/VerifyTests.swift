import BullpenCore
import BullpenStore
import Foundation
import Testing

@Suite("A database is compared with its logs")
struct VerifyTests {
  @Test("all is right, also while the store is open and after it was closed; nothing is changed by looking")
  func clean() throws {
    let office = try Office.withHistory()
    let found = try office.verify("ada")
    #expect(found.findings == [])
    #expect(found.workspace == office.founder.workspace)
    #expect(found.logs == 4 && found.statements == 2)
    let entries = try office.founder.heads().sorted.reduce(0) { $0 + $1.head.sequence }
    let digests = try office.founder.digests(wall: office.wall).map(\.digest)
    #expect(found.entries == entries)
    #expect(found.tables.map(\.digest) == digests)
    #expect(found.tables.first { $0.name == "activities" }?.rows == 40)
    try office.store("ada").close()
    let before = Disk(try office.path("ada")).files
    #expect(try office.verify("ada").isClean)
    #expect(Disk(try office.path("ada")).files == before)
  }

  @Test("rows that nobody wrote, that are gone or otherwise are told by table and number")
  func rows() throws {
    let office = try Office.withHistory()
    try office.founder.run("UPDATE activities SET text = 'forged' WHERE text LIKE '3 %'")
    try office.founder.run("DELETE FROM notifications WHERE _key = (SELECT min(_key) FROM notifications)")
    let findings = try office.verify("ada").findings
    #expect(Set(findings.map(\.name)) == ["activities", "notifications"])
    #expect(findings.map(\.count) == [1, 1])
    #expect(findings.allSatisfy { $0.part == .table })
    #expect(findings.first { $0.name == "notifications" }?.text.contains("1 is missing") == true)
    try office.store("ada").close()
    let repair = try office.mend("ada")
    // The logs are whole, so nothing is missing and the same history goes on.
    #expect(repair.waiting == [] && !repair.isNewIncarnation && repair.knowsItself)
    try office.heal("rows come back from the logs")
  }

  @Test("a row that is listed under another time than its key's is found")
  func listing() throws {
    let office = try Office.withHistory(3)
    try office.founder.run("UPDATE activities SET _created = _created + 1 WHERE text LIKE '1 %'")
    #expect(try office.verify("ada").findings.map(\.name) == ["activities"])
  }

  @Test("an entry that is changed, cut out or counted too many is told by log and place")
  func entries() throws {
    for (sql, entry) in [
      (
        "UPDATE node_segments SET bytes = CAST(substr(bytes, 1, 200) || x'ff' || substr(bytes, 202) AS BLOB) WHERE first = 9",
        9
      ),
      ("DELETE FROM node_segments WHERE first = 9", 9),
      ("UPDATE node_segments SET bytes = x'00' WHERE first = 9", 9),
      ("UPDATE node_logs SET sequence = sequence + 1 WHERE kind = 2", 41),
    ] {
      let office = try Office.withHistory()
      try office.founder.run(sql)
      let findings = try office.verify("ada").findings
      let finding = try #require(findings.first { $0.part == .log }, "\(sql)")
      #expect(finding.entry == UInt64(entry), "\(sql)")
      #expect(finding.name.contains("passing log"), "\(sql)")
      try office.store("ada").close()
      try office.mend("ada")
      try office.heal("\(sql)")
    }
  }

  @Test("a statement that is lost or broken is found, and comes back from the log that holds it")
  func statements() throws {
    for sql in ["DELETE FROM node_statements", "UPDATE node_statements SET signature = zeroblob(64)"] {
      let office = try Office.withHistory(3)
      try office.founder.run(sql)
      #expect(try office.verify("ada").findings.contains { $0.part == .statements }, "\(sql)")
      try office.store("ada").close()
      let repair = try office.mend("ada")
      #expect(repair.knowsItself && repair.statements == 2 && repair.missing == 0, "\(sql)")
      try office.heal("\(sql)")
    }
  }

  @Test("what waits for its time, and what is not believed, is no damage")
  func quarantine() throws {
    let office = try Office.withHistory(3)
    let bob = try office.store("bob")
    _ = try bob.commit(Draft(office.activity("bob", "now")), wall: office.wall)
    let now = office.wall
    office.wall += 3_600_000
    _ = try bob.commit(Draft(office.activity("bob", "from the future")), wall: office.wall)
    try office.send(from: bob, to: office.founder, wall: now)
    #expect(try office.founder.quarantine().count == 1)
    for wall in [now, office.wall, office.wall + Office.day] {
      #expect(try Store.verify(office.path("ada"), prover: office.prover, wall: wall).findings == [])
    }
  }

  @Test("what was refused while it lived is no damage once it is dead")
  func refusedAndDead() throws {
    let office = try Office.withHistory(3)
    let table = Tables.activities
    let key = RowKey.own(try office.member("ada"), RowID(at: office.wall, using: &office.random))
    let forged = RowChange(table, key, [("text", .text("I never said that"))])
    let segment = office.log(
      by: try office.author("bob"), .passing, incarnation: Incarnation(using: &office.random),
      [(HybridTime(office.wall), try #require(table.expiry(of: key)), [forged])])
    _ = try office.founder.apply([segment], wall: office.wall)
    #expect(try office.founder.refusedCount() == 1)
    for days: Int64 in [0, 1, 181, 400] {
      let wall = office.wall + days * Office.day
      #expect(try Store.verify(office.path("ada"), prover: office.prover, wall: wall).findings == [])
    }
    try office.founder.run("DELETE FROM node_refusals")
    #expect(try office.verify("ada").findings.map(\.part) == [.refusals])
  }

  @Test("a file that is no database, and one that is not there, are told")
  func none() throws {
    let office = try Office.withHistory(1)
    try office.store("ada").close()
    let path = try office.path("ada")
    try Data(repeating: 0x41, count: 9_000).write(to: URL(fileURLWithPath: path))
    let found = try office.verify("ada")
    #expect(found.findings.map(\.part) == [.file])
    try FileManager.default.removeItem(atPath: path)
    #expect(try office.verify("ada").findings.map(\.part) == [.file])
  }
}
