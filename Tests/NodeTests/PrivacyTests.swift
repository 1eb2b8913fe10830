import BullpenCore
import BullpenNode
import Testing

@Suite("Who sees whom among nodes", .timeLimit(.minutes(2)))
struct PrivacyTests {
  @Test("who hides from somebody is offline there and online for others, and comes back when it wants to")
  func hides() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let adaID = try await office.me().id
      let door = try await office.invite(uses: 2)
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await Laptop.run { eve in
          let eves = try await eve.join(door, as: "Eve Marsh")
          let eveID = try await eves.me().id
          for seer in [office, bobs] {
            try await become(Status.online, in: seer) { try? await seer.presence(of: eveID).status }
          }
          let first = try await eves.presenceSettings()
          #expect((first.level, first.settings.showsPage) == (.team, false))
          try await become(true, in: eves) { try await eves.members().contains { $0.id == bobID } }
          let set = try await eves.setPresenceSettings(
            PresenceSettingsChange(level: .some(.contacts), contacts: [adaID]))
          #expect((set.level, set.visibleTo) == (.contacts, [adaID]))
          try await become(Status.offline, in: bobs) { try await bobs.presence(of: eveID).status }
          #expect(try await office.presence(of: eveID).status == .online)
          #expect(try await bobs.presence(of: eveID).lastSeen != nil)
          _ = try await eves.setStatus(PresenceChange(status: .busy, customStatus: "not for Bob"))
          try await become("not for Bob", in: office) { try await office.presence(of: eveID).customStatus }
          #expect(try await bobs.presence(of: eveID).customStatus == "")

          // A team of Bob and Eve makes them each other's contacts.
          let refused = await #expect(throws: NodeError.self) {
            _ = try await bobs.makeTeam(named: "Night desk", of: [bobID])
          }
          #expect(refused?.code == .forbidden)
          let team = try await office.makeTeam(named: "Night desk", of: [bobID, eveID])
          try await become("not for Bob", in: bobs) { try await bobs.presence(of: eveID).customStatus }
          #expect(try await office.setTeam(team.id, member: eveID, belongs: false).members == [bobID])
          try await become(Status.offline, in: bobs) { try await bobs.presence(of: eveID).status }
          #expect(try await bobs.teams().map(\.name) == ["Night desk"])
          let taken = await #expect(throws: NodeError.self) {
            _ = try await office.makeTeam(named: "Night desk", of: [])
          }
          #expect(taken?.code == .conflict)
          try await office.removeTeam(team.id)
          #expect(try await office.teams() == [])

          // Her history is hers alone.
          let history = try await eves.presenceSettingsHistory(after: nil, limit: 10).rows
          #expect(history.map(\.changed) == [[.visibility, .contacts]])
          #expect(history.first?.device == eve.node.device)
          #expect(try await office.presenceSettingsHistory(after: nil, limit: 10).rows.isEmpty)
        }
      }
    }
  }

  @Test("settings outlive a restart, and a further device of the person has them before it says a word")
  func follows() async throws {
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      let eveID = try await Laptop.run(at: home) { eve in
        let eves = try await eve.join(door, as: "Eve Marsh")
        _ = try await eves.setPresenceSettings(PresenceSettingsChange(level: .some(.nobody), showsPage: true))
        return try await eves.me().id
      }
      try await Laptop.run(at: home) { eve in
        let eves = try await eve.workspace
        #expect(try await eves.presenceSettings().level == .nobody)
        let code = try await eves.inviteOwnDevice().code
        try await Laptop.run { second in
          _ = try await second.node.join(code: code, memberName: "Eve Marsh")
          let theirs = try await second.workspace
          #expect(try await theirs.presenceSettings().level == .nobody, "nobody is told anything meanwhile")
          try await become(true, in: theirs) { try await theirs.presenceSettings().settings.showsPage }
          try await become(Status.online, in: theirs) { try? await theirs.presence(of: eveID).status }
          #expect(try await office.presence(of: eveID).devices.isEmpty)
          _ = try await theirs.setPresenceSettings(PresenceSettingsChange(level: .some(nil)))
          try await become(2, in: office) { try await office.presence(of: eveID).devices.count }
          try await become(.team, in: eves) { try await eves.presenceSettings().level }
        }
      }
    }
  }

  @Test("the workspace's default holds for who has chosen nothing, and for nobody else")
  func usual() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await become(Status.online, in: office) { try? await office.presence(of: bobID).status }
        _ = try await office.setRole(of: bobID, to: .admin)
        try await become(Role.admin, in: bobs) { try await bobs.me().role }
        let refused = await #expect(throws: NodeError.self) { _ = try await bobs.setDefaultVisibility(.everyone) }
        #expect((refused?.code, refused?.hint) == (.forbidden, "Ask the owner."))
        #expect(try await office.setDefaultVisibility(.nobody).level == .nobody)
        try await become(Status.offline, in: office) { try await office.presence(of: bobID).status }
        #expect(try await bobs.presenceSettings().usual == .nobody)
        _ = try await bobs.setPresenceSettings(PresenceSettingsChange(level: .some(.team)))
        try await become(Status.online, in: office) { try await office.presence(of: bobID).status }
      }
    }
  }
}
