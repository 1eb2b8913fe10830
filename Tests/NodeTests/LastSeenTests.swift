import BullpenCore
import BullpenNode
import Testing

@Suite("When others were seen, among nodes", .timeLimit(.minutes(2)))
struct LastSeenTests {
  @Test("who comes after a colleague has left is told by the others when that was and where, and that they say so")
  func witness() async throws {
    let plan = try #require(RoomID.room(ofPage: "/plan"))
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let adaID = try await office.me().id
      let door = try await office.invite(uses: 2)
      let bobID = try await Laptop.run(at: home) { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        _ = try await bobs.setPresenceSettings(PresenceSettingsChange(showsPage: true))
        let view = try await bobs.attach()
        try await view.join(plan, kind: .desktop)
        try await become(plan, in: office) { try await office.presence(of: bobID).page }
        await view.detach()
        return bobID
      }
      try await become(Status.offline, in: office) { try await office.presence(of: bobID).status }
      let seen = try #require(try await office.presence(of: bobID).sightings.first)
      #expect((seen.page, seen.activity, seen.witness) == (plan, .viewing, nil))
      try await Laptop.run { carol in
        let carols = try await carol.join(door, as: "Carol Finch")
        try await become(adaID, in: carols) { try? await carols.presence(of: bobID).sightings.first?.witness }
        let told = try #require(try await carols.presence(of: bobID).sightings.first)
        #expect((told.page, told.activity, told.device) == (plan, .viewing, seen.device))
        // Both clocks are one here; what is under way takes its time.
        #expect(abs(told.last - seen.last) < 60_000)
        #expect(try await carols.presence(of: bobID).status == .offline)
      }
    }
  }

  @Test("a status that is said again is taken, however often and fast, and something new is refused")
  func repeated() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let busy = PresenceChange(status: .busy, customStatus: "In a meeting", clearAfter: 3_600_000)
      for _ in 0..<50 { #expect(try await office.setStatus(busy).status == .busy) }
      // Four tokens are left, or a few more where time has passed; nobody changes fifty times in that.
      var refused: PresenceChange?
      for number in 0..<50 where refused == nil {
        let change = PresenceChange(customStatus: "\(number)")
        do {
          _ = try await office.setStatus(change)
        } catch let error as NodeError {
          #expect(error.code == .tooMany)
          refused = change
        }
      }
      let kept = try #require(refused)
      let me = try await office.me().id
      // It waits, and then it is shown: neither is refused.
      for _ in 0..<20 { _ = try await office.setStatus(kept) }
      try await become(kept.customStatus, in: office) { try await office.presence(of: me).customStatus }
      for _ in 0..<20 { #expect(try await office.setStatus(kept).customStatus == kept.customStatus) }
    }
  }
}
