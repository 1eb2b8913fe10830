import BullpenCore
import BullpenNode
import Testing

@Suite("Several devices of one person", .timeLimit(.minutes(2)))
struct DeviceTests {
  @Test("a second laptop is the same person, reads what was sealed to them, and cuts the first one when it is lost")
  func second() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        #expect(try await office.wait { try await office.members().first { $0.name == "Bob Underwood" } } != nil)
        let sent = try await office.notify([bobID], kind: "note", title: "Tide table", body: "High at six.", link: nil)
        #expect(try await bobs.wait { try? await bobs.notification(sent.key) }?.title == "Tide table")

        let link = try await bobs.inviteOwnDevice()
        #expect(link.isOwnDevice)
        try await Laptop.run { tablet in
          let joined = try await tablet.node.join(code: link.code, memberName: "Somebody else") { _ in }
          #expect(joined.notice?.contains("belongs to Bob Underwood") == true)
          let theirs = try await tablet.workspace
          let me = try await theirs.me()
          #expect((me.id, me.name, me.role) == (bobID, "Bob Underwood", .member))
          #expect(me.devices.count == 2)
          #expect(try await theirs.wait { try? await theirs.notification(sent.key) }?.body == "High at six.")
          #expect(
            try await office.wait {
              try await office.members().count { $0.id == bobID && $0.devices.count == 2 } == 1 ? true : nil
            } == true)
          #expect(try await office.members().count == 2)

          // The code holds once.
          try await Laptop.run { thief in
            let refused = await #expect(throws: NodeError.self) { _ = try await thief.join(link, as: "Bob") }
            #expect(refused?.code == .inviteRefused)
          }
          // Bob is no admin, and this laptop is his.
          let told = try await theirs.removal(of: .device(bob.node.device))
          #expect((told.member, told.isLast) == (bobID, false))
          _ = try await theirs.remove(.device(bob.node.device))
          #expect(try await bobs.wait { await bobs.view().isRemoved ? true : nil } == true)
          #expect(try await theirs.me().devices == [tablet.node.device])
          #expect(
            try await office.wait {
              try await office.members().first { $0.id == bobID }?.devices == [tablet.node.device] ? true : nil
            } == true)
          // What is sent from now on is sealed to what he has left.
          let later = try await office.notify([bobID], kind: "note", title: "Pilot", body: "At nine.", link: nil)
          #expect(try await theirs.wait { try? await theirs.notification(later.key) }?.body == "At nine.")
        }
      }
    }
  }
}
