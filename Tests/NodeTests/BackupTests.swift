import BullpenCore
import BullpenCrypto
import Foundation
import Glibc
import Synchronization
import Testing

@testable import BullpenNode

private final class Written: Sendable {
  let count = Mutex(0)
}

@Suite("A home is copied and comes back", .timeLimit(.minutes(2)))
struct BackupTests {
  @Test("a laptop is lost after a backup; restored, it has back what peers have, and forks nothing")
  func lostAndBack() async throws {
    let place = try Place()
    try await Laptop.run { bob in
      let (invite, late, summary) = try await Laptop.run(at: place.home) { ada in
        let office = try await ada.found()
        let invite = try await office.invite()
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await office.me().id
        _ = try await joined.notify([me], kind: "note", title: "Tide table", body: "High at six.", link: nil)
        #expect(try await office.wait { try await office.unreadCount() == 1 ? true : nil } == true)
        // Without mDNS, and on another port after the restore, she must have written down where he is.
        #expect(
          try await office.wait {
            try await office.peers().contains { $0.sources.contains("remembered") } ? true : nil
          } == true)
        _ = try await office.post(kind: "note", text: "before the backup", room: nil, link: nil)
        // The node runs and has unwritten pages in its WAL.
        let summary = try place.backUp()
        let late = try await office.post(kind: "note", text: "after the backup", room: nil, link: nil)
        #expect(try await joined.wait { try? await joined.activity(late.key) } != nil)
        return (invite, late.key, summary)
      }
      _ = invite
      #expect(summary.workspaces == 1 && summary.isSealed)
      // The disk is gone, and another takes its place under the same path.
      try FileManager.default.removeItem(atPath: place.home)
      #expect(try place.restore(to: place.home).device == summary.device)

      let joined = try await bob.workspace
      let before = try await joined.status().heads.filter { $0.log.device == summary.device }
      try await Laptop.run(at: place.home) { ada in
        #expect(ada.node.device == summary.device)
        let office = try await ada.workspace
        let posted = try await office.post(kind: "note", text: "after the restore", room: nil, link: nil)
        #expect(try await joined.wait { try? await joined.activity(posted.key) }?.text == "after the restore")
        #expect(try await office.wait { try? await office.activity(late) }?.text == "after the backup")
        #expect(
          try await office.notifications(unreadOnly: true, after: nil, limit: 10).rows.map(\.title) == ["Tide table"])
        let agrees: Bool? = try await office.wait {
          let (one, other) = try await (office.status(), joined.status())
          return one.tableDigests.map(\.digest) == other.tableDigests.map(\.digest) ? true : nil
        }
        #expect(agrees == true)
        // What bob had of her is as it was; what is new stands in logs of their own.
        let after = try await joined.status().heads.filter { $0.log.device == summary.device }
        for (log, head) in before { #expect(after.contains { $0.log == log && $0.head == head }) }
        #expect(Set(after.map(\.log.incarnation)).count == 2)
        #expect(try await office.status().refusedChanges == 0)
        let back = try #require(try await office.status().notices.first { $0.kind == .recovery })
        #expect(back.detail.contains("restored") && back.detail.contains("1 entry of "), "\(back.detail)")
        #expect(back.detail.contains("goes on in a history of its own"))
      }
      // Once it was said, the next start has nothing to say.
      try await Laptop.run(at: place.home) { ada in
        let notices = try await ada.workspace.status().notices
        #expect(!notices.contains { $0.kind == .recovery })
      }
    }
  }

  @Test("two homes that are restored from one backup write different histories")
  func twice() async throws {
    let place = try await Place.withHome()
    try place.backUp()
    var incarnations: [Incarnation] = []
    for name in ["one", "two"] {
      try place.restore(to: "\(place.folder)/\(name)")
      incarnations += try await Laptop.run(at: "\(place.folder)/\(name)") { laptop in
        _ = try await laptop.workspace.post(kind: "note", text: name, room: nil, link: nil)
        return try await laptop.workspace.status().heads.map(\.log.incarnation)
      }
    }
    // The one of the original, and one of each.
    #expect(Set(incarnations).count == 3)
  }

  @Test("everything that a home must have comes back, for its owner's eyes only; what is of the moment does not")
  func parts() async throws {
    let place = try await Place.withHome()
    for (name, text) in [
      ("config.yaml", "port: 0\n"), ("tokens.json", "[]"), ("node.log", "talk"), ("token", "secret"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place.home)/\(name)"))
    }
    let secret = try Home(place.home).webSecret()
    try place.backUp()
    #expect(place.mode(place.file) == 0o600)
    #expect(try place.beside == ["ada.backup"])
    #expect(!FileManager.default.fileExists(atPath: "\(place.home)/\(Home.backupFolder)"))
    let back = place.folder + "/back"
    try FileManager.default.createDirectory(atPath: back, withIntermediateDirectories: true)
    try place.restore(to: back)
    #expect(try place.beside == ["ada.backup", "back"])
    let names = try FileManager.default.contentsOfDirectory(atPath: back).sorted()
    #expect(names == ["config.yaml", "device.key", "tokens.json", "web.key", "workspaces"])
    let files = try #require(FileManager.default.enumerator(atPath: back)).compactMap { $0 as? String }
    for name in files {
      var isFolder = ObjCBool(false)
      _ = FileManager.default.fileExists(atPath: "\(back)/\(name)", isDirectory: &isFolder)
      #expect(place.mode("\(back)/\(name)") == (isFolder.boolValue ? 0o700 : 0o600), "\(name)")
    }
    #expect(place.mode(back) == 0o700)
    #expect(FileManager.default.contents(atPath: back + "/config.yaml") == Data("port: 0\n".utf8))
    #expect(try Home(back).webSecret() == secret)
  }

  @Test("a sealed backup shows nothing of what it holds; a plain one does, and comes back as well")
  func sealing() async throws {
    let place = try await Place.withHome()
    let seed = try #require(FileManager.default.contents(atPath: place.home + "/device.key"))
    try place.backUp()
    var bytes = Data(try place.bytes())
    #expect(bytes.range(of: seed) == nil && bytes.range(of: Data("SQLite".utf8)) == nil)
    try place.backUp(nil, replaces: true)
    bytes = Data(try place.bytes())
    #expect(bytes.range(of: seed) != nil)
    let summary = try Home.restore(place.file, to: place.folder + "/back") {
      Issue.record("a plain backup has no passphrase")
      return ""
    }
    #expect(!summary.isSealed)
    #expect(FileManager.default.contents(atPath: place.folder + "/back/device.key") == seed)
  }

  @Test("a wrong passphrase is told apart from damage, and a letter may be composed either way")
  func passphrases() async throws {
    let place = try await Place.withHome()
    try place.backUp("cafe\u{301} au lait")
    let wrong = #expect(throws: NodeError.self) { try place.restore(to: place.folder + "/back", "cafe au lait") }
    #expect(wrong?.code == .forbidden)
    #expect(try place.beside == ["ada.backup"])
    try place.restore(to: place.folder + "/back", "caf\u{e9} au lait")
    let short = #expect(throws: NodeError.self) { try place.backUp("seven77", replaces: true) }
    #expect(short?.code == .invalid)
  }

  @Test("a home that something lives in is left alone")
  func vacancy() async throws {
    let place = try await Place.withHome()
    try place.backUp()
    let taken = #expect(throws: NodeError.self) { try place.restore(to: place.home) }
    #expect(taken?.code == .conflict)
    #expect(taken?.hint.contains("--home") == true)
    try await Laptop.run(at: place.home) { _ in
      let running = #expect(throws: NodeError.self) { try place.restore(to: place.home) }
      #expect(running?.code == .homeInUse)
    }
    let other = place.folder + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: other + "/diary.txt"))
    let filled = #expect(throws: NodeError.self) { try place.restore(to: other) }
    #expect(filled?.code == .conflict)
    #expect(try FileManager.default.contentsOfDirectory(atPath: other) == ["diary.txt"])
    #expect(throws: NodeError.self) { try place.restore(to: other + "/diary.txt") }
  }

  @Test("a file that is there stays as it is, until it is said to give way; a crash's leftovers do no harm")
  func overwriting() async throws {
    let place = try await Place.withHome()
    try place.write([1, 2, 3])
    let refusal = #expect(throws: NodeError.self) { try place.backUp() }
    #expect(refusal?.code == .conflict)
    #expect(refusal?.hint.contains("--force") == true)
    #expect(try place.bytes() == [1, 2, 3])
    // A home without its key cannot be backed up, and the earlier backup stands.
    let key = place.home + "/device.key"
    #expect(chmod(key, 0o644) == 0)
    #expect(throws: NodeError.self) { try place.backUp(replaces: true) }
    #expect(try place.bytes() == [1, 2, 3])
    #expect(try place.beside == ["ada.backup"])
    #expect(chmod(key, 0o600) == 0)

    try Data("half".utf8).write(to: URL(fileURLWithPath: place.file + ".new"))
    let copies = "\(place.home)/\(Home.backupFolder)"
    try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
    try Data("half".utf8).write(to: URL(fileURLWithPath: copies + "/copy"))
    let half = place.folder + "/back.restoring"
    try FileManager.default.createDirectory(atPath: half, withIntermediateDirectories: true)
    try Data("half".utf8).write(to: URL(fileURLWithPath: half + "/device.key"))
    try place.backUp(replaces: true)
    #expect(place.mode(place.file) == 0o600)
    try place.restore(to: place.folder + "/back")
    #expect(try place.beside == ["ada.backup", "back"])
    #expect(!FileManager.default.fileExists(atPath: copies))
  }

  @Test("only a plain file gives way", arguments: ["link", "pipe"])
  func plainFilesOnly(kind: String) async throws {
    let place = try await Place.withHome()
    let precious = place.folder + "/precious"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: precious))
    try #require((kind == "link" ? symlink(precious, place.file) : mkfifo(place.file, 0o600)) == 0)
    let before = try place.beside
    let refusal = #expect(throws: NodeError.self) { try place.backUp(replaces: true) }
    #expect(refusal?.code == .conflict && refusal?.hint.isEmpty == false)
    #expect(try place.beside == before)
    #expect(FileManager.default.contents(atPath: precious) == Data("mine".utf8))
  }

  @Test("a backup that is made while the node writes holds one moment of it")
  func whileWriting() async throws {
    let place = try Place()
    let written = Written()
    let spans = try await Laptop.run(at: place.home) { laptop in
      var spans: [ClosedRange<Int>] = []
      let office = try await laptop.found()
      let writing = Task {
        while !Task.isCancelled {
          let number = written.count.withLock { $0 }
          _ = try await office.post(kind: "note", text: "\(number)", room: nil, link: nil)
          written.count.withLock { $0 += 1 }
        }
      }
      for number in 0..<6 {
        let before = written.count.withLock { $0 }
        _ = try Home.backUp(
          place.home, to: "\(place.folder)/\(number).backup", passphrase: Place.passphrase, replaces: false,
          cost: Place.cheap())
        spans.append(before...(written.count.withLock { $0 } + 1))
        // Something is written between each two.
        while written.count.withLock({ $0 }) <= before { await Task.yield() }
      }
      writing.cancel()
      try await writing.value
      return spans
    }
    for (number, span) in spans.enumerated() {
      let back = "\(place.folder)/back-\(number)"
      _ = try Home.restore("\(place.folder)/\(number).backup", to: back) { Place.passphrase }
      let (id, texts) = try await Laptop.run(at: back) { laptop in
        let office = try await laptop.node.workspace(nil)
        var (texts, after): ([String], String?) = ([], nil)
        repeat {
          let page = try await office.activities(room: nil, after: after, limit: 100)
          texts += page.rows.map(\.text)
          after = page.next
        } while after != nil
        return (try #require(await laptop.node.workspaces.first?.id), texts)
      }
      #expect(texts.count >= span.lowerBound && texts.count <= span.upperBound, "\(texts.count) of \(span)")
      #expect(Set(texts) == Set((0..<texts.count).map(String.init)))
      #expect(try Home.verify(back, id).findings == [])
    }
  }

  @Test("what a broken-off backup left in a home is gone when its node starts")
  func swept() async throws {
    let place = try await Place.withHome()
    let copies = "\(place.home)/\(Home.backupFolder)"
    try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: true)
    try await Laptop.run(at: place.home) { _ in }
    #expect(!FileManager.default.fileExists(atPath: copies))
  }

  @Test("a place that no backup can have is said so", arguments: ["", "/no/such/folder/ada.backup", "/home/inside"])
  func places(path: String) async throws {
    let place = try await Place.withHome()
    let file = path.hasPrefix("/no") ? path : place.folder + path
    let refusal = #expect(throws: NodeError.self) {
      try Home.backUp(place.home, to: file, passphrase: nil, replaces: true, cost: Place.cheap())
    }
    #expect(refusal?.hint.isEmpty == false)
    let nobody = #expect(throws: NodeError.self) {
      try Home.backUp(
        place.folder + "/nobody", to: place.file, passphrase: nil, replaces: true, cost: Place.cheap())
    }
    #expect(nobody?.code == .notFound)
    #expect(try place.beside == [])
  }
}
