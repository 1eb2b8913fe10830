@testable import BullpenNode
import Foundation
import Testing

@Suite("A disk that was put back", .timeLimit(.minutes(2)))
struct ForkTests {
  /// The bytes of a database's files; nothing but these tells that they are others when they are put back.
  private func image(_ home: String) throws -> [String: Data] {
    let id = try #require(Home.known(in: home).first)
    let path = "\(home)/\(BackupPart.database(id).name)"
    return ["", "-wal", ".heads"].reduce(into: [:]) { files, part in
      files[path + part] = FileManager.default.contents(atPath: path + part)
    }
  }

  private func put(_ files: [String: Data]) throws {
    for (path, bytes) in files {
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: bytes)
      try file.close()
    }
  }

  private func texts(_ office: any WorkspaceAPI) async throws -> Set<String> {
    Set(try await office.activities(room: nil, after: nil, limit: 9).rows.map(\.text))
  }

  @Test("what was written before and after stays everybody's, and both are told of the device and what to do")
  func putBack() async throws {
    let place = try await Place.withHome()
    let other = Laptop.freshHome()
    defer { Laptop.forget(other) }
    @Sendable func together(
      _ story: @escaping @Sendable (any WorkspaceAPI, any WorkspaceAPI) async throws -> Void
    ) async throws {
      try await Laptop.run(at: place.home) { ada in
        var options = Laptop.options(other)
        options.peers = ["127.0.0.1:\(ada.node.port)"]
        try await Laptop.run(options) { bob in try await story(ada.workspace, bob.workspace) }
      }
    }
    try await Laptop.run(at: place.home) { ada in
      let invite = try await ada.workspace.invite()
      try await Laptop.run(at: other) { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        try await become(["ferns"], in: joined) { try await texts(joined) }
      }
    }
    let disk = try image(place.home)
    try await together { ada, bob in
      _ = try await ada.post(kind: "note", text: "before", room: nil, link: nil)
      try await become(["ferns", "before"], in: bob) { try await texts(bob) }
      #expect(try await bob.status().notices.isEmpty)
    }
    try put(disk)
    try await Laptop.run(at: place.home) { ada in
      _ = try await ada.workspace.post(kind: "note", text: "after", room: nil, link: nil)
    }
    try await together { ada, bob in
      for office in [ada, bob] {
        try await become(["ferns", "before", "after"], in: office) { try await texts(office) }
        let notice = try #require(try await office.status().notices.first { $0.kind == .fork })
        #expect(try await notice.device == ada.status().device)
        #expect(notice.detail.contains("Ada Quill's device") && notice.detail.contains("in 2 versions since"))
        #expect(notice.hint.contains("bullpen leave"))
      }
      // Whose disk it is hears what came back, and nobody else does.
      let back = try #require(try await ada.status().notices.first { $0.kind == .recovery })
      #expect(back.detail.contains("1 entry of ") && back.detail.contains("has come back from the others"))
      #expect(back.detail.contains("goes on in a history of its own"))
      #expect(try await bob.status().notices.allSatisfy { $0.kind != .recovery })
      _ = try await ada.post(kind: "note", text: "since", room: nil, link: nil)
      try await become(["ferns", "before", "after", "since"], in: bob) { try await texts(bob) }
      #expect(try await bob.status().tableDigests.map(\.digest) == ada.status().tableDigests.map(\.digest))
    }
  }
}
