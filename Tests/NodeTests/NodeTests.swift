import BullpenCore
import BullpenNode
import Foundation
import Synchronization
import Testing

@Suite("A node and the nodes it meets", .timeLimit(.minutes(2)))
struct NodeTests {
  @Test("two people meet by an invite, see each other, and a notification arrives sealed to its reader")
  func meeting() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      try await Laptop.run { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await joined.me()
        #expect(try await office.wait { try await office.presence(of: me.id).status == .online ? true : nil } == true)
        #expect(
          try await office.wait { try await office.members().first { $0.name == "Bob Underwood" } }?.role == .member)
        let sent = try await office.notify([me.id], kind: "note", title: "Tide table", body: "High at six.", link: nil)
        let got = try await joined.wait { try? await joined.notification(sent.key) }
        #expect(got?.title == "Tide table")
        #expect(try await joined.unreadCount() == 1)
        _ = try await joined.mark(sent.key, read: true)
        #expect(try await joined.unreadCount() == 0)
      }
    }
  }

  @Test("who leaves is offline at once, and finds back by the address that it remembers")
  func returning() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      let bob = try await Laptop.run(at: home) { try await $0.join(invite, as: "Bob Underwood").me().id }
      #expect(try await office.wait { try await office.presence(of: bob).status == .offline ? true : nil } == true)
      let written = try await office.post(kind: "note", text: "while you were out", room: nil, link: nil)
      try await Laptop.run(at: home) { bob in
        let back = try await bob.workspace
        #expect(try await back.wait { try? await back.activity(written.key) }?.text == "while you were out")
        #expect(
          try await office.wait { try await office.presence(of: back.me().id).status == .online ? true : nil } == true)
      }
    }
  }

  @Test("a custom status outlives a restart, and its end does too; who talks too fast is told so and heard")
  func words() async throws {
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    let until = try await Laptop.run(at: home) { ada in
      let office = try await ada.found()
      let said = try await office.setStatus(
        PresenceChange(status: .busy, customStatus: "At lunch", customEmoji: "🍜", clearAfter: 3_600_000))
      #expect((said.status, said.customStatus, said.customEmoji) == (.busy, "At lunch", "🍜"))
      return try #require(said.clearsAt)
    }
    try await Laptop.run(at: home) { ada in
      let office = try await ada.workspace
      let me = try await office.me().id
      let back = try await office.wait {
        let mine = try await office.presence(of: me)
        return mine.customStatus.isEmpty ? nil : mine
      }
      #expect((back?.status, back?.customStatus, back?.customEmoji) == (.online, "At lunch", "🍜"))
      // To the millisecond, but for what a clock may drift between two readings.
      #expect(abs((back?.clearsAt ?? 0) - until) < 1_000)
      var refused: NodeError?
      var number = 0
      while refused == nil {
        number += 1
        do { _ = try await office.setStatus(PresenceChange(customStatus: "\(number)")) } catch let error as NodeError {
          refused = error
        }
      }
      #expect(refused?.code == .tooMany)
      let last = "\(number)"
      #expect(
        try await office.wait { try await office.presence(of: me).customStatus == last ? true : nil } == true)
      let long = await #expect(throws: NodeError.self) {
        _ = try await office.setStatus(PresenceChange(customStatus: "x", clearAfter: 31 * 86_400_000))
      }
      #expect(long?.code == .invalid)
    }
  }

  @Test("the state at a glance names who is here, what waits, and whose device is silent")
  func glance() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      let alone = try await office.status()
      #expect(alone.here.map(\.name) == ["Ada Quill"])
      #expect(alone.silent == [])
      #expect(alone.version == Release.version)
      let bob = try await Laptop.run { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await joined.me().id
        _ = try await joined.notify([office.me().id], kind: "note", title: "Tea", body: "", link: nil)
        #expect(try await office.wait { try await office.unreadCount() == 1 ? true : nil } == true)
        #expect(try await office.wait { try await office.presence(of: me).status == .online ? true : nil } == true)
        // His name comes by another log than what he sent.
        #expect(try await office.wait { try await office.members().first { $0.name == "Bob Underwood" } } != nil)
        let both = try await office.status()
        #expect(Set(both.here.map(\.name)) == ["Ada Quill", "Bob Underwood"])
        #expect((both.silent, both.unread, both.liveDevices) == ([], 1, 1))
        return me
      }
      #expect(try await office.wait { try await office.presence(of: bob).status == .offline ? true : nil } == true)
      let after = try await office.status()
      #expect(after.here.map(\.name) == ["Ada Quill"])
      #expect(after.silent.map(\.name) == ["Bob Underwood"])
      #expect(after.silent.first?.silence != nil)
      #expect((after.liveDevices, after.knownDevices) == (0, 1))
    }
  }

  @Test("an invite for one lets one in; the next is told so, and nothing is left behind")
  func usedUp() async throws {
    try await Laptop.run { ada in
      let invite = try await ada.found().invite()
      try await Laptop.run { bob in
        _ = try await bob.join(invite, as: "Bob Underwood")
        try await Laptop.run { eve in
          let refusal = await #expect(throws: NodeError.self) { _ = try await eve.join(invite, as: "Eve Marsh") }
          #expect(refusal?.code == .inviteRefused)
          #expect(refusal?.report?.summary.cause == .inviteSpent)
          #expect(await eve.node.workspaces == [])
          let left = try FileManager.default.contentsOfDirectory(atPath: eve.home + "/workspaces")
          #expect(left == [])
        }
      }
      #expect(try await ada.workspace.members().count == 2)
    }
  }

  @Test("a joiner hears each step, the link form of an invite is as good, and history is here when it is in")
  func progress() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      for number in 1...40 { _ = try await office.post(kind: "note", text: "\(number)", room: nil, link: nil) }
      let invite = try await office.invite()
      try await Laptop.run { bob in
        let steps = Mutex<[JoinProgress]>([])
        let joined = try await bob.node.join(code: "bullpen:" + invite.code.uppercased(), memberName: "Bob") { step in
          steps.withLock { $0.append(step) }
        }
        #expect(joined.workspace.name == "Harbour Desk")
        #expect(joined.notice == nil)
        let phases = steps.withLock { $0 }.map(\.phase)
        // On a slow machine another address is tried while the first proves itself.
        let firsts = phases.enumerated().filter { !phases[..<$0.offset].contains($0.element) }.map(\.element)
        #expect(firsts.prefix(5) == ["searching", "trying", "reached", "proving", "admitted"])
        guard case .fetching(let have, let total?)? = steps.withLock({ $0 }).last else {
          Issue.record("the last step is not history: \(phases)")
          return
        }
        #expect(have == total && total >= 40)
        #expect(try await bob.workspace.activities(room: nil, after: nil, limit: 100).rows.count == 40)
      }
    }
  }

  @Test("where nobody listens, the address is told with how it was tried; who gives up is not kept waiting")
  func nobodyThere() async throws {
    let invite = try await Laptop.run { try await $0.found().invite() }
    try await Laptop.run { bob in
      let (attempts, post) = AsyncStream.makeStream(of: JoinAttempt.self)
      let joining = Task {
        try await bob.node.join(code: invite.code, memberName: "Bob") { step in
          if case .failed(let attempt) = step { post.yield(attempt) }
        }
      }
      let attempt = await attempts.first { _ in true }
      #expect(attempt?.outcome == .refused)
      #expect(attempt?.source == .invite)
      #expect(attempt.map(JoinDiagnosis.init)?.cause == .nodeNotRunning)
      joining.cancel()
      await #expect(throws: CancellationError.self) { _ = try await joining.value }
      #expect(await bob.node.workspaces == [])
    }
  }

  @Test("what is no invite is refused before anybody is asked", arguments: ["", "bullpen", "bp1-zzzz"])
  func malformed(code: String) async throws {
    try await Laptop.run { bob in
      let refusal = await #expect(throws: NodeError.self) {
        _ = try await bob.node.join(code: code, memberName: "Bob Underwood")
      }
      #expect(refusal?.code == .inviteMalformed)
    }
  }

  @Test("a home belongs to one process at a time")
  func locked() async throws {
    try await Laptop.run { ada in
      let refusal = await #expect(throws: NodeError.self) {
        _ = try await Node(Laptop.options(ada.home), logger: Laptop.quiet)
      }
      #expect(refusal?.code == .homeInUse)
    }
  }

  @Test("a home is taken while a process has it, and not because another command looks at the same moment")
  func looked() throws {
    let path = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      let home = try Home(path)
      #expect(Home.isTaken(path))
      withExtendedLifetime(home) {}
    }
    let other = open(path + "/lock", O_RDONLY)
    defer { close(other) }
    #expect(flock(other, LOCK_SH | LOCK_NB) == 0)
    #expect(!Home.isTaken(path))
  }

  @Test("whoever looks whether a home is taken keeps no node from starting")
  func lookedAtStart() throws {
    let path = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try Home(path)
    let (begun, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      begun.signal()
      while end.wait(timeout: .now()) == .timedOut { _ = Home.isTaken(path) }
      begun.signal()
    }
    begun.wait()
    defer {
      end.signal()
      begun.wait()
    }
    for _ in 0..<2_000 { _ = try Home(path) }
  }

  @Test("a key that others can read, or that is damaged, is refused with what to do")
  func unsafeKey() async throws {
    let home = Laptop.freshHome()
    defer { try? FileManager.default.removeItem(atPath: home) }
    let device = try await Laptop.run(at: home) { $0.node.device }
    let key = home + "/device.key"
    #expect(chmod(key, 0o644) == 0)
    let exposed = await #expect(throws: NodeError.self) { try await Laptop.run(at: home) { _ in } }
    #expect(exposed?.code == .homeUnsafe)
    #expect(exposed?.message.contains("chmod 600") == true)
    #expect(chmod(key, 0o600) == 0)
    #expect(try await Laptop.run(at: home) { $0.node.device } == device)
    try Data(repeating: 1, count: 31).write(to: URL(fileURLWithPath: key))
    #expect(chmod(key, 0o600) == 0)
    let damaged = await #expect(throws: NodeError.self) { try await Laptop.run(at: home) { _ in } }
    #expect(damaged?.code == .homeUnsafe)
  }
}
