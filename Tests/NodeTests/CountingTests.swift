import BullpenCore
import BullpenNode
import Foundation
import Testing

@Suite("A node counts what it does", .timeLimit(.minutes(2)))
struct CountingTests {
  @Test("two nodes that met and wrote can tell so in numbers")
  func numbers() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      try await Laptop.run { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        let me = try await joined.me()
        let posted = try await office.post(kind: "note", text: "counted", room: nil, link: nil)
        #expect(try await joined.wait { try? await joined.activity(posted.key) } != nil)
        #expect(try await office.wait { try await office.presence(of: me.id).status == .online ? true : nil } == true)
        let (one, other) = (await ada.numbers(), await bob.numbers())
        // An invite, a credential, an activity.
        #expect(one["bullpen_changes_committed_total"] ?? 0 >= 3)
        #expect(one["bullpen_commit_seconds_count"] == one["bullpen_changes_committed_total"])
        // The activity; the rest is in another log, which may come later.
        #expect(other["bullpen_changes_applied_total"] ?? 0 >= 1)
        for numbers in [one, other] {
          #expect(numbers["bullpen_workspaces"] == 1)
          #expect(numbers["bullpen_peers_known"] == 1)
          #expect(numbers["bullpen_connections_open"] ?? 0 >= 1)
          // The socket tells its numbers after each burst that it reads: how many there are by now is open.
          #expect(numbers["bullpen_datagrams_sent_total"] != nil)
          #expect(numbers["bullpen_datagrams_dropped_total{reason=\"replay\"}"] == 0)
          #expect(numbers["bullpen_changes_refused_total"] == 0)
          #expect(numbers["process_resident_memory_bytes"] ?? 0 > 1_000_000)
          #expect(numbers["process_cpu_seconds_total"] ?? 0 > 0)
          #expect(numbers["process_open_fds"] ?? 0 > 3)
          #expect(numbers["bullpen_build_info{version=\"\(Release.version)\"}"] == 1)
          let age = Date().timeIntervalSince1970 - (numbers["process_start_time_seconds"] ?? 0)
          #expect((0...3_600).contains(age))
        }
        #expect(one["bullpen_peers_live"] == 1)
      }
    }
  }
}

extension Laptop {
  /// The samples of the exposition, by name with labels.
  fileprivate func numbers() async -> [String: Double] {
    await node.sampleMetrics()
    let pairs = node.metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      line.lastIndex(of: " ").map { (String(line[..<$0]), Double(line[line.index(after: $0)...]) ?? .nan) }
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }
}
