import BullpenCore
import Foundation
import Testing

@testable import BullpenNode

@Suite("A node whose disk is damaged", .timeLimit(.minutes(2)))
struct DamageTests {
  private func databases(_ home: String) -> [String] {
    Home.known(in: home).map { "\(home)/\(BackupPart.database($0).name)" }
  }

  @Test("one workspace is shut and says why, the other goes on; a repair opens it again, and nothing is lost")
  func shutAndRepaired() async throws {
    let place = try await Place.withHome()
    let first = try #require(Home.known(in: place.home).first)
    try await Laptop.run(at: place.home) {
      _ = try await $0.node.startWorkspace(named: "Second floor", memberName: "Ada Quill")
    }
    let path = "\(place.home)/\(BackupPart.database(first).name)"
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    bytes.replaceSubrange(0..<100, with: Array(repeating: 0xee, count: 100))
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(try !Home.verify(place.home, first).isClean)
    try await Laptop.run(at: place.home) { laptop in
      let views = await laptop.node.workspaces
      #expect(views.count == 2)
      let shut = try #require(views.first { $0.id == first })
      // The database does not say it any more; what is kept beside it does.
      #expect(shut.name == "Harbour Desk")
      #expect(Home.kept(in: place.home).first { $0.id == first }?.name == "Harbour Desk")
      #expect(shut.trouble?.code == .damaged && shut.trouble?.hint.contains("bullpen repair") == true)
      let other = try #require(views.first { $0.id != first })
      #expect(other.trouble == nil && other.name == "Second floor")
      _ = try await laptop.node.workspace(other.id).post(kind: "note", text: "on", room: nil, link: nil)
      let refusal = await #expect(throws: NodeError.self) { _ = try await laptop.node.workspace(first) }
      #expect(refusal?.code == .damaged)
      let repair = try await laptop.node.repair(first, force: false)
      #expect(repair.aside != nil && repair.knowsItself && repair.missing == 0)
      let back = try await laptop.node.workspace(first)
      #expect(try await back.activities(room: nil, after: nil, limit: 10).rows.map(\.text) == ["ferns"])
      #expect(await laptop.node.workspaces.allSatisfy { $0.trouble == nil })
      let nothing = await #expect(throws: NodeError.self) { _ = try await laptop.node.repair(first, force: false) }
      #expect(nothing?.code == .conflict)
      #expect(try Home.verify(place.home, first).findings == [])
    }
  }

  @Test("a member's key that is lost, cut short or another's is found, and what to do is said", arguments: [0, 16, 32])
  func memberKey(count: Int) async throws {
    let place = try await Place.withHome()
    let id = try #require(Home.known(in: place.home).first)
    let path = "\(place.home)/\(BackupPart.memberKey(id).name)"
    #expect(try Home.verify(place.home, id).findings == [])
    try FileManager.default.removeItem(atPath: path)
    if count > 0 {
      let made = FileManager.default.createFile(
        atPath: path, contents: Data(repeating: 9, count: count),
        attributes: [.posixPermissions: NSNumber(value: 0o600)])
      try #require(made)
    }
    let found = try Home.verify(place.home, id)
    #expect(!found.isClean && !found.isRepairable && found.findings.map(\.part) == [.key])
    let words = try #require(found.findings.first).text
    #expect(words.contains(path) && words.contains("bullpen restore FILE"))
    try await Laptop.run(at: place.home) { laptop in
      if count < 32 {
        let shut = try #require(await laptop.node.workspaces.first?.trouble)
        #expect(shut.code == .homeUnsafe && shut.hint.contains("bullpen restore FILE"))
      }
      // A database with nothing wrong is not rebuilt in vain.
      let refusal = await #expect(throws: NodeError.self) { _ = try await laptop.node.repair(id, force: false) }
      #expect(refusal?.code == .conflict && refusal?.hint.contains("bullpen restore FILE") == true)
    }
  }

  @Test("a device's key that is lost is found and named, and no other takes its place")
  func deviceKey() async throws {
    let place = try await Place.withHome()
    let id = try #require(Home.known(in: place.home).first)
    let path = place.home + "/device.key"
    try FileManager.default.removeItem(atPath: path)
    #expect(Home.exists(place.home))
    let refusal = await #expect(throws: NodeError.self) { try await Laptop.run(at: place.home) { _ in } }
    #expect(refusal?.message.contains(path) == true && refusal?.hint.contains("bullpen restore FILE") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(try Home.verify(place.home, id).findings.map(\.part) == [.key])
    let backup = #expect(throws: NodeError.self) { try place.backUp() }
    #expect(backup?.hint.contains("bullpen restore FILE") == true)
  }

  @Test("a workspace whose database is gone is not forgotten, nor is the device's key when another is left")
  func databaseGone() async throws {
    let place = try await Place.withHome()
    let path = try #require(databases(place.home).first)
    // Also whatever is named after it.
    let folder = (path as NSString).deletingLastPathComponent
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("bullpen.sqlite") {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    let other = try await Laptop.run(at: place.home) { laptop in
      let shut = try #require(await laptop.node.workspaces.first)
      #expect(shut.trouble?.hint.contains("bullpen repair") == true)
      return try await laptop.node.startWorkspace(named: "Second floor", memberName: "Ada Quill").id
    }
    try await Laptop.run(at: place.home) { try await $0.node.leave(other) }
    #expect(FileManager.default.fileExists(atPath: place.home + "/device.key"))
    // Whoever leaves it for good may: then the key has nothing more to do.
    try await Laptop.run(at: place.home) { laptop in
      try await laptop.node.leave(try #require(await laptop.node.workspaces.first).id)
    }
    #expect(!FileManager.default.fileExists(atPath: place.home + "/device.key"))
  }

  @Test("a device of whose database nothing is left is who it was, as soon as a colleague is met")
  func allFromPeers() async throws {
    let place = try Place()
    try await Laptop.run { bob in
      let (invite, member) = try await Laptop.run(at: place.home) { ada in
        let office = try await ada.found()
        let invite = try await office.invite()
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await office.me().id
        _ = try await joined.notify([me], kind: "note", title: "Tide table", body: "High at six.", link: nil)
        #expect(try await office.wait { try await office.unreadCount() == 1 ? true : nil } == true)
        _ = try await office.post(kind: "note", text: "by ada", room: nil, link: nil)
        #expect(
          try await joined.wait {
            try await joined.activities(room: nil, after: nil, limit: 9).rows.isEmpty ? nil : true
          } == true)
        return (invite, me)
      }
      _ = invite
      let path = try #require(databases(place.home).first)
      try Data(repeating: 0, count: 40_960).write(to: URL(fileURLWithPath: path))
      try? FileManager.default.removeItem(atPath: path + ".heads")
      // No address is left either: bob dials where he remembers her to be, or is given hers.
      let port = bob.node.port
      var options = Laptop.options(place.home)
      options.peers = ["127.0.0.1:\(port)"]
      try await Laptop.run(options) { ada in
        let id = try #require(await ada.node.workspaces.first?.id)
        let repair = try await ada.node.repair(id, force: false)
        #expect(!repair.knowsItself && repair.isNewIncarnation)
        let office = try await met(ada)
        #expect(try await office.me().id == member)
        #expect(try await office.wait { try await office.unreadCount() == 1 ? true : nil } == true)
        #expect(
          try await office.wait {
            try await office.activities(room: nil, after: nil, limit: 9).rows.isEmpty ? nil : true
          } == true)
        #expect(try Home.verify(place.home, id).findings == [])
      }
    }
  }

  /// Until the workspace says whose this device is. The test's time limit is the bound.
  private func met(_ laptop: Laptop) async throws -> any WorkspaceAPI {
    while true {
      do {
        return try await laptop.workspace
      } catch let error as NodeError where error.code == .unavailable {
        #expect(error.message.contains("waits for a colleague"))
        await Task.yield()
      }
    }
  }
}
