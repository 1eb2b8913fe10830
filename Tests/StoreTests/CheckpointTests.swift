import BullpenCore
import Foundation
import Testing

@testable import BullpenStore

@Suite("What the WAL holds")
struct CheckpointTests {
  private static let page = 4_096 + 24

  private func wal(_ path: String) -> Int { FileManager.default.contents(atPath: path + "-wal")?.count ?? 0 }

  private func holds(_ text: String, _ path: String) throws -> Bool {
    try #require(FileManager.default.contents(atPath: path)).range(of: Data(text.utf8)) != nil
  }

  @Test("is moved into the database while the store goes on writing, and nothing is lost")
  func aside() throws {
    let office = try Office(onDisk: true)
    let (ada, path) = (try office.store("ada"), try office.path("ada"))
    _ = try ada.commit(Draft(office.setting("ada", "a", "before it moves")), wall: office.wall)
    #expect(try !holds("before it moves", path))
    ada.checkpoint(by: Checkpoints(path, due: 20) { $0() })
    for number in 0..<100 {
      _ = try ada.commit(Draft(office.setting("ada", "b", "\(number)")), wall: office.wall + Int64(number))
    }
    #expect(try holds("before it moves", path))
    try ada.close()
    #expect(wal(path) == 0)
    let opened = try office.restartClosed("ada")
    let member = try office.member("ada")
    #expect(try opened.setting(member, "a") == "before it moves" && opened.setting(member, "b") == "99")
  }

  @Test("may be on its way when the store closes: all is there, and nothing is left beside the database")
  func closing() throws {
    for round in 0..<10 {
      let office = try Office(seed: UInt64(round), onDisk: true)
      let (ada, path) = (try office.store("ada"), try office.path("ada"))
      ada.checkpoint(by: Checkpoints(path, due: 10) { DispatchQueue.global().async(execute: $0) })
      for number in 0..<20 + round {
        _ = try ada.commit(Draft(office.setting("ada", "b", "\(number)")), wall: office.wall + Int64(number))
      }
      try ada.close()
      #expect(wal(path) == 0)
      #expect(try office.restartClosed("ada").setting(office.member("ada"), "b") == "\(19 + round)")
    }
  }

  @Test("does not grow without end where nobody moves it aside")
  func overdue() throws {
    let office = try Office(onDisk: true)
    let (ada, path) = (try office.store("ada"), try office.path("ada"))
    let bound = 60
    ada.checkpoint(by: Checkpoints(path, due: .max, overdue: bound) { $0() })
    for number in 0..<200 {
      _ = try ada.commit(Draft(office.setting("ada", "b", "\(number)")), wall: office.wall + Int64(number))
    }
    #expect(wal(path) > 0 && wal(path) < 2 * bound * Self.page)
  }
}
