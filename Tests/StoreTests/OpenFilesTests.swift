import BullpenCore
import BullpenStore
import Foundation
import Testing

@Suite("Files that are taken away or written to while a database is open")
struct OpenFilesTests {
  enum Deed: String, CaseIterable, Sendable {
    case removed, replaced, emptied, cut, overwritten, folderMoved
    case logRemoved, logReplaced, logEmptied, logOverwritten

    var isOfLog: Bool { rawValue.hasPrefix("log") }
    /// Whether the open files still hold all.
    var losesNothing: Bool { [.logRemoved, .logReplaced].contains(self) }

    func carryOut(at path: String) throws {
      let files = FileManager.default
      let place = isOfLog ? path + "-wal" : path
      switch self {
      case .removed, .logRemoved: try files.removeItem(atPath: place)
      case .replaced, .logReplaced:
        try files.copyItem(atPath: place, toPath: place + ".copy")
        try files.removeItem(atPath: place)
        try files.moveItem(atPath: place + ".copy", toPath: place)
      case .emptied, .logEmptied: try #require(truncate(place, 0) == 0)
      case .cut: try #require(truncate(place, off_t(Data(contentsOf: URL(filePath: place)).count / 2)) == 0)
      case .overwritten, .logOverwritten:
        let handle = try #require(FileHandle(forWritingAtPath: place))
        try handle.write(contentsOf: Array("Dear diary, today nothing happened.".utf8))
        try handle.close()
      case .folderMoved:
        let folder = (path as NSString).deletingLastPathComponent
        try files.moveItem(atPath: folder, toPath: folder + "-away")
      }
    }
  }

  @Test("nothing is written then, and what to do is said", arguments: Deed.allCases)
  func refused(_ deed: Deed) throws {
    let office = try Office(onDisk: true)
    // With a database that holds pages, and a WAL that holds others.
    try office.restart("ada")
    let (ada, path) = (try office.store("ada"), try office.path("ada"))
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    let heads = try ada.heads()
    try ada.checkFiles()
    let folder = (path as NSString).deletingLastPathComponent
    defer { try? FileManager.default.removeItem(atPath: folder + "-away") }
    try deed.carryOut(at: path)

    for attempt in 0..<2 {
      let error = #expect(throws: StoreError.self, "\(attempt)") {
        _ = try ada.commit(Draft(office.setting("ada", "b", "lost")), wall: office.wall)
      }
      #expect(error?.code == (deed.losesNothing ? .failed : .damaged))
      #expect(error?.hint.contains(deed.losesNothing ? "bullpen down" : "bullpen repair") == true)
    }
    if deed.losesNothing {
      #expect(try ada.heads() == heads)
      // As its hint says.
      try ada.close()
      let again = try office.open("ada")
      #expect(try again.setting(office.member("ada"), "a") == "before")
      #expect(try again.heads() == heads)
      try again.close()
    }
  }

  @Test("what is back in its place is written to again")
  func putBack() throws {
    let office = try Office(onDisk: true)
    let (ada, path) = (try office.store("ada"), try office.path("ada"))
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".elsewhere")
    #expect(throws: StoreError.self) { try ada.checkFiles() }
    try FileManager.default.moveItem(atPath: path + ".elsewhere", toPath: path)
    _ = try ada.commit(Draft(office.setting("ada", "a", "after")), wall: office.wall)
    let again = try office.restart("ada")
    #expect(try again.setting(office.member("ada"), "a") == "after")
  }
}
