import BullpenCore
import BullpenCrypto
import BullpenStore
import Foundation
import Testing

@Suite("A copy of a database that goes elsewhere")
struct SnapshotTests {
  @Test("it is taken while the original writes, begins a new incarnation, and has its lost changes back from a peer")
  func behindItself() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let bob = try office.join("bob")
    _ = try ada.commit(Draft(office.setting("ada", "a", "before")), wall: office.wall)
    let copy = try office.path("copy")
    #expect(try Store.snapshot(of: office.path("ada"), to: copy))
    #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
    let before = ada.incarnation
    let late = try ada.commit(Draft(office.setting("ada", "b", "after the copy")), wall: office.wall + 1)
    try office.send(from: ada, to: bob)
    try ada.close()
    // The disk is set back.
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: office.path("ada") + suffix) }
    try FileManager.default.moveItem(atPath: copy, toPath: office.path("ada"))
    let back = try office.open("ada")
    #expect(back.incarnation != before)
    let again = try back.commit(Draft(office.setting("ada", "c", "after the restore")), wall: office.wall + 2)
    // The number that peers have is not signed a second time.
    #expect(again.heads[0].log != late.heads[0].log)
    try office.send(from: back, to: bob)
    try office.send(from: bob, to: back)
    #expect(try bob.heads() == back.heads())
    #expect(try back.setting(office.member("ada"), "b") == "after the copy")
    #expect(try bob.setting(office.member("ada"), "c") == "after the restore")
    #expect(try bob.forks().isEmpty && back.forks().isEmpty)
    try back.close()
  }

  @Test("a copy that takes the very place that it knew begins a new incarnation all the same")
  func samePlace() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    let (device, workspace, before) = (ada.device, ada.workspace, ada.incarnation)
    try ada.close()
    try Store.adopt(office.path("ada"), device: device, workspace: workspace)
    #expect(try office.restart("ada").incarnation != before)
  }

  @Test("a copy is judged before it takes a place: its workspace, its device, its pages")
  func judged() throws {
    let office = try Office(onDisk: true)
    let ada = try office.store("ada")
    try office.join("bob")
    let copy = try office.path("copy")
    #expect(try Store.snapshot(of: office.path("ada"), to: copy))
    try Store.adopt(copy, device: ada.device, workspace: ada.workspace)
    #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
    let other = try #require(throws: StoreError.self) {
      try Store.adopt(copy, device: office.author("bob").device.id, workspace: ada.workspace)
    }
    #expect(other.code == .wrongDevice)
    let elsewhere = try #require(throws: StoreError.self) {
      try Store.adopt(copy, device: ada.device, workspace: WorkspaceID(Bytes32(using: &office.random)))
    }
    #expect(elsewhere.code == .damaged)
    try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: copy))
    let noDatabase = try #require(throws: StoreError.self) {
      try Store.adopt(copy, device: ada.device, workspace: ada.workspace)
    }
    #expect(noDatabase.code == .damaged)
  }

  @Test("a file in which a joining has not come to its end is no workspace")
  func unfinished() throws {
    let office = try Office(onDisk: true)
    let path = try office.path("nobody")
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    #expect(try !Store.snapshot(of: path, to: path + ".copy"))
    #expect(throws: StoreError.self) { try Store.snapshot(of: path + ".none", to: path + ".copy2") }
  }
}
