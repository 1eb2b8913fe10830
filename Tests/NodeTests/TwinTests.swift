import BullpenNode
import Foundation
import Testing

@Suite("Two machines with one key", .timeLimit(.minutes(2)))
struct TwinTests {
  @Test("a home that was copied and runs twice is told so, and what to do, at both")
  func copied() async throws {
    let (first, second) = (Laptop.freshHome(), Laptop.freshHome())
    defer { for home in [first, second] { Laptop.forget(home) } }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let invite = try await office.invite()
      // A disk is cloned while the machine is off; it knows where Ada is by then.
      try await Laptop.run(at: first) { bob in
        let joined = try await bob.join(invite, as: "Bob Underwood")
        try await become(true, in: joined) { try await joined.peers().contains { !$0.addresses.isEmpty } }
      }
      try FileManager.default.copyItem(atPath: first, toPath: second)
      try await Laptop.run(at: first) { bob in
        try await Laptop.run(at: second) { twin in
          for laptop in [bob, twin] {
            let desk = try await laptop.workspace
            try await become(true, in: desk) { try await desk.status().notices.contains { $0.kind == .twin } }
            let notice = try #require(try await desk.status().notices.first { $0.kind == .twin })
            #expect(notice.hint.contains("bullpen invite --own-device"))
          }
          // Nobody took the one for the other, and Ada sees one member more.
          #expect(try await office.members().count == 2)
        }
      }
      // Whoever dials himself is not two. That Bob is, Ada may have heard.
      #expect(try await office.status().notices.allSatisfy { $0.device != ada.node.device })
    }
  }
}
