import BullpenCore
import BullpenStore
import Foundation
import Testing

@Suite("The time that is certain, when a database is compared with its logs or rebuilt")
struct CertainTimeTests {
  private let office: Office
  private var ada: Store { office.founder }

  init() throws { office = try Office(onDisk: true) }

  private func write(_ texts: [String]) throws {
    for text in texts {
      _ = try ada.commit(Draft(office.activity("ada", text)), wall: office.wall)
      office.wall += Office.minute
    }
  }

  private func texts(_ store: Store) throws -> [String] {
    try store.activities(limit: 100, wall: office.wall).rows.map(\.text).reversed()
  }

  private func repair(wall: Int64) throws -> Repair {
    try ada.close()
    return try office.repair("ada", wall: wall)
  }

  @Test("a machine whose clock is years ahead loses nothing that lives by repairing a log with a gap")
  func gap() throws {
    try write((1...20).map { "\($0)" })
    let bob = try office.join("bob")
    try office.send(from: ada, to: bob)
    _ = try ada.forget(wall: office.wall)
    let certain = office.wall
    try ada.run(
      "UPDATE node_segments SET bytes = x'00' WHERE first = 9 AND log IN (SELECT id FROM node_logs WHERE kind = 2)")
    let report = try repair(wall: office.wall + 3 * 365 * Office.day)
    #expect(report.waiting.map(\.entries) == [8] && report.waiting.map(\.known) == [20])
    let again = try office.restartClosed("ada")
    // What ada wrote behind the gap nobody else may have.
    #expect(report.rewritten == 11)
    #expect(try texts(again) == (Array(1...8) + Array(10...20)).map { "\($0)" })
    #expect(try again.lastCertain() == certain)
    try office.send(from: bob, to: again)
    #expect(try texts(again) == (1...20).map { "\($0)" })
    #expect(try office.verify("ada").findings == [])
  }

  @Test("what was certain is found where the file can only be read page by page")
  func carved() throws {
    try write(["here"])
    _ = try ada.forget(wall: office.wall - Office.day)
    try ada.close()
    var disk = Disk(try office.path("ada"))
    disk.database.replaceSubrange(0..<100, with: Array(repeating: 0xee, count: 100))
    try disk.put()
    _ = try repair(wall: office.wall + 3 * 365 * Office.day)
    #expect(try office.restartClosed("ada").lastCertain() == office.wall - Office.day)
  }

  @Test("where nothing says what was certain, the machine's own word does not become it")
  func unknown() throws {
    try write(["here"])
    _ = try repair(wall: office.wall + 3 * 365 * Office.day)
    #expect(try office.restartClosed("ada").lastCertain() == nil)
  }

  @Test("what was dropped when its time had come for certain is no damage by a clock that is set back")
  func setBack() throws {
    try write(["over"])
    _ = try ada.forget(wall: office.wall + 200 * Office.day)
    #expect(try office.verify("ada").findings == [])
    let report = try repair(wall: office.wall)
    #expect(report.missing == 0)
    #expect(try office.restartClosed("ada").lastCertain() == office.wall + 200 * Office.day)
  }

  @Test("what others had dropped is no damage before this device drops something itself")
  func taken() throws {
    try write(["over"])
    let bob = try office.join("bob")
    _ = try bob.forget(wall: office.wall)
    let late = office.wall + 200 * Office.day
    try ada.forgetAll(wall: late)
    try office.send(from: ada, to: bob, wall: late)
    let log = LogID(device: ada.device, incarnation: ada.incarnation, kind: .passing)
    #expect(try bob.heads()[log] == ada.heads()[log])
    #expect(try Store.verify(office.path("bob"), prover: office.prover, wall: late).findings == [])
  }
}
