import BullpenCore
import BullpenStore
import Foundation
import Testing

@Suite("A newer program over an older file, and the other way round")
struct UpgradeTests {
  static let notes = TableDeclaration(
    "notes", key: .own, columns: [ColumnDeclaration("text", .text)], writer: .keyMember)
  static let newer = Tables.all + [notes]

  private func copy(_ office: Office) throws -> String { try office.path("ada") + ".before-upgrade" }

  private func filled() throws -> Office {
    let office = try Office(onDisk: true)
    _ = try office.store("ada").commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    return office
  }

  @Test("before a file is changed it is copied aside, and the older program can go on with the copy")
  func copiedAside() throws {
    let office = try filled()
    let heads = try office.store("ada").heads()
    let upgraded = try office.restart("ada", tables: Self.newer)
    #expect(try upgraded.heads() == heads)
    #expect(try upgraded.setting(office.member("ada"), "a") == "before")

    let mode = try FileManager.default.attributesOfItem(atPath: copy(office))[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let older = try Store.open(
      at: .file(copy(office)), author: office.author("ada"), surroundings: office.here, prover: office.prover,
      random: office.fresh(), wall: office.wall)
    #expect(try older.heads() == heads)
    #expect(try older.setting(office.member("ada"), "a") == "before")
    // The upgraded file goes on writing the history; whoever goes back begins a new one.
    #expect(older.incarnation != upgraded.incarnation)
    try older.close()
  }

  @Test("the copy is of the last upgrade, and a start that changes nothing makes none")
  func onlyWhenNeeded() throws {
    let office = try filled()
    try office.restart("ada")
    #expect(!FileManager.default.fileExists(atPath: try copy(office)))
    try office.restart("ada", tables: Self.newer)
    let first = try Data(contentsOf: URL(fileURLWithPath: copy(office)))
    try office.restart("ada", tables: Self.newer)
    #expect(try Data(contentsOf: URL(fileURLWithPath: copy(office))) == first)

    let latest =
      Self.newer + [
        TableDeclaration("pins", key: .own, columns: [ColumnDeclaration("text", .text)], writer: .keyMember)
      ]
    try office.restart("ada", tables: latest)
    #expect(try Data(contentsOf: URL(fileURLWithPath: copy(office))) != first)
    let folder = URL(fileURLWithPath: try office.path("ada")).deletingLastPathComponent().path
    let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("before-upgrade") }
    #expect(left == ["ada.db.before-upgrade"])
  }

  @Test("an older program refuses a newer file in words and leaves it as it is")
  func downgrade() throws {
    let office = try filled()
    let upgraded = try office.restart("ada", tables: Self.newer)
    let heads = try upgraded.heads()
    try upgraded.close()
    let error = try #require(throws: StoreError.self) { try office.open("ada") }
    #expect(error.code == .newer)
    #expect(error.message.contains("newer version of Bullpen"))
    #expect(error.hint.contains("Install that version again."))
    #expect(error.hint.contains("before-upgrade"))
    let again = try office.open("ada", tables: Self.newer)
    #expect(try again.heads() == heads)
    try again.close()
  }
}
