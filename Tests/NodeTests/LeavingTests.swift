import BullpenCore
import Foundation
import Testing

@testable import BullpenNode
import BullpenWire

@Suite("Leaving a workspace", .timeLimit(.minutes(2)))
struct LeavingTests {
  static func kept(_ home: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: home + "/workspaces")
  }

  @Test("who leaves is offline at once for the others, and nothing of the workspace is left in the home")
  func leaving() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      try await Laptop.run { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await joined.me().id
        #expect(try await office.wait { try await office.presence(of: me).status == .online ? true : nil } == true)
        let view = try await joined.attach()
        try await bob.node.leave(joined.id)
        // The view hears that it has ended.
        for await _ in view.publications {}
        #expect(try await office.wait { try await office.presence(of: me).status == .offline ? true : nil } == true)
        #expect(await bob.node.workspaces == [])
        #expect(try Self.kept(bob.home) == [])
        await #expect(throws: NodeError.self) { try await bob.node.leave(joined.id) }
        await #expect(throws: NodeError.self) { _ = try await joined.members() }
      }
    }
  }

  @Test("a leave amid the first history leaves no file, and no key in memory")
  func amidSync() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      for number in 1...300 { _ = try await office.post(kind: "note", text: "\(number)", room: nil, link: nil) }
      let invite = try await office.invite()
      try await Laptop.run { bob in
        let id = try await bob.node.join(code: invite.code, memberName: "Bob Underwood", progress: nil).workspace.id
        weak let node = await bob.node.nodes[id]
        #expect(node != nil)
        try await bob.node.leave(id)
        #expect(try Self.kept(bob.home) == [])
        // The node holds the keys of the member and of rows; nothing holds the node.
        while node != nil { await Task.yield() }
        #expect(try Self.kept(bob.home) == [])
      }
      // Whom it was left in the middle of, does not mind.
      #expect(try await office.post(kind: "note", text: "and on", room: nil, link: nil).text == "and on")
    }
  }

  @Test("of two workspaces one is left: the other goes on, by the same device, also after a restart")
  func oneOfTwo() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let (device, kept) = try await Laptop.run(at: home) { ada in
      let kept = try await ada.node.startWorkspace(named: "Harbour Desk", memberName: "Ada Quill").id
      let left = try await ada.node.startWorkspace(named: "Reading Circle", memberName: "Ada Quill").id
      try await ada.node.leave(left)
      #expect(await ada.node.workspaces.map(\.id) == [kept])
      #expect(try await ada.workspace.post(kind: "note", text: "still here", room: nil, link: nil).text == "still here")
      #expect(try Self.kept(ada.home) == ["\(kept)"])
      return (ada.node.device, kept)
    }
    try await Laptop.run(at: home) { ada in
      #expect(ada.node.device == device)
      #expect(await ada.node.workspaces.map(\.id) == [kept])
    }
  }

  @Test("who has left can come back after a new start, as a new device; before, the refusal says why")
  func comingBack() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite(uses: 2)
      let before = try await Laptop.run(at: home) { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await joined.me().id
        try await bob.node.leave(joined.id)
        let refusal = await #expect(throws: NodeError.self) { _ = try await bob.join(invite, as: "Bob Underwood") }
        #expect(refusal?.code == .inviteRefused)
        #expect(refusal?.report?.summary.cause == .wasMember)
        #expect(try Self.kept(home) == [])
        return me
      }
      let after = try await Laptop.run(at: home) { try await $0.join(invite, as: "Bob Underwood").me().id }
      #expect(before != after)
    }
  }

  @Test("whoever was sent away has no way back in a pocket: nobody is let in by their invites")
  func invitesOfWhoWasSentAway() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      let pocket = try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let me = try await bobs.me().id
        _ = try await office.setRole(of: me, to: .admin)
        try await become(.admin, in: bobs) { try await bobs.me().role }
        let pocket = try await bobs.invite()
        #expect(
          try await office.wait { try await office.removal(of: .member(me)).endedInvites == 1 ? true : nil } == true)
        _ = try await office.remove(.member(me))
        return pocket
      }
      try await Laptop.run { stranger in
        // Bob is gone: whoever has found another of the office asks there.
        var code = try InviteCodec.decode(pocket.code)
        code.addresses = try InviteCodec.decode(door.code).addresses
        let line = InviteCodec.encode(code)
        let refusal = await #expect(throws: NodeError.self) {
          _ = try await stranger.node.join(code: line, memberName: "Rob")
        }
        #expect(refusal?.code == .inviteRefused)
        #expect(refusal?.report?.summary.cause == .inviteExpired)
      }
      #expect(try await office.members().filter { $0.role < .owner && !$0.devices.isEmpty }.isEmpty)
    }
  }

  @Test("a device that starts a workspace after it has left its only one keeps its key")
  func startingAnew() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let device = try await Laptop.run(at: home) { ada in
      try await ada.node.leave(ada.found().id)
      _ = try await ada.found()
      return ada.node.device
    }
    #expect(try await Laptop.run(at: home) { ada in try await ada.workspace.me().devices } == [device])
  }

  @Test("what a power cut left of a leave is swept at the next start")
  func swept() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let half = home + "/workspaces/leaving-" + String(repeating: "a", count: 64)
    try FileManager.default.createDirectory(atPath: half, withIntermediateDirectories: true)
    try Data("secret".utf8).write(to: URL(fileURLWithPath: half + "/member.key"))
    let kept = try await Laptop.run(at: home) { _ in try Self.kept(home) }
    #expect(kept == [])
  }
}
