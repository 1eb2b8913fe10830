import BullpenCore
import BullpenNode
import Testing

@Suite("Roles, removals and names among nodes", .timeLimit(.minutes(2)))
struct PeopleTests {
  @Test("what goes to a team is for who is in it then; who comes later reads it once it is shown to them")
  func audiences() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite(uses: 2)
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await Laptop.run { eve in
          let eves = try await eve.join(door, as: "Eve Marsh")
          let eveID = try await eves.me().id
          try await become(3, in: office) { try await office.members().count }
          let adaID = try await office.me().id
          let team = try await office.makeTeam(named: "Night desk", of: [adaID, bobID])
          let sent = try await office.notify(
            Recipients(teams: [team.id]), kind: "message", title: "Tide table", body: "High at six.", link: nil)
          #expect(sent.recipients == [bobID])
          #expect(try await bobs.wait { try? await bobs.notification(sent.key) }?.body == "High at six.")

          // In the team from now on: what was said before stays between those it was said to.
          _ = try await office.setTeam(team.id, member: eveID, belongs: true)
          let later = try await office.notify(
            Recipients(teams: [team.id]), kind: "message", title: "Pilot", body: "At nine.", link: nil)
          #expect(Set(later.recipients) == [bobID, eveID])
          #expect(try await eves.wait { try? await eves.notification(later.key) }?.body == "At nine.")
          #expect(try await eves.notifications(unreadOnly: false, after: nil, limit: 10).rows.count == 1)

          let notHers = await #expect(throws: NodeError.self) { _ = try await bobs.share(sent.key, with: [eveID]) }
          #expect(notHers?.code == .forbidden)
          #expect(Set(try await office.share(sent.key, with: [eveID]).recipients) == [bobID, eveID])
          #expect(try await eves.wait { try? await eves.notification(sent.key) }?.body == "High at six.")

          let toAll = try await eves.notify(
            Recipients(roles: [.owner, .member]), kind: "message", title: "Cat", body: "Fed.", link: nil)
          #expect(Set(toAll.recipients) == [adaID, bobID])
          let toNobody = await #expect(throws: NodeError.self) {
            _ = try await eves.notify(Recipients(roles: [.guest]), kind: "message", title: "Cat", body: "", link: nil)
          }
          #expect(toNobody?.code == .invalid)
        }
      }
    }
  }

  @Test("an admin is named, invites and removes; who is removed is told who did it and dials no more")
  func admin() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        let refused = await #expect(throws: NodeError.self) { _ = try await bobs.invite() }
        #expect(refused?.code == .forbidden)
        try await become("Bob Underwood", in: office) { try await office.members().first { $0.id == bobID }?.name }
        #expect(try await office.setRole(of: bobID, to: .admin).role == .admin)
        try await become(Role.admin, in: bobs) { try await bobs.me().role }
        let above = await #expect(throws: NodeError.self) {
          _ = try await bobs.invite(role: .admin, uses: 1, lifetime: 3_600_000)
        }
        #expect(above?.code == .forbidden)
        let gate = try await bobs.invite()
        try await Laptop.run { eve in
          let eves = try await eve.join(gate, as: "Eve Marsh")
          let eveID = try await eves.me().id
          try await become("Eve Marsh", in: office) { try await office.members().first { $0.id == eveID }?.name }
          try await become("Eve Marsh", in: bobs) { try await bobs.members().first { $0.id == eveID }?.name }
          let kept = try await eves.post(kind: "note", text: "fed the cat", room: nil, link: nil)
          try await become("fed the cat", in: bobs) { try? await bobs.activity(kept.key).text }

          // Nobody may do what Core would not let count.
          let adaID = try await office.me().id
          for (person, target, code) in [
            (eves, bobID, NodeError.Code.forbidden), (bobs, adaID, .conflict), (bobs, bobID, .conflict),
          ] {
            let refused = await #expect(throws: NodeError.self) { _ = try await person.remove(.member(target)) }
            #expect(refused?.code == code)
          }
          let told = try await bobs.removal(of: .member(eveID))
          #expect((told.isLast, told.devices, told.alsoRemoved) == (true, [eve.node.device], []))
          #expect(told.kept > 0)
          #expect(try await bobs.members().first { $0.id == eveID }?.isFormer == false, "to be told changes nothing")

          _ = try await bobs.remove(.member(eveID))
          try await become(true, in: eves) { await eves.view().isRemoved }
          let out = await #expect(throws: NodeError.self) { _ = try await eves.me() }
          #expect(out?.code == .removed)
          #expect(out?.message == "Bob Underwood removed this device from “Harbour Desk”.")
          try await become(true, in: office) { try await office.members().first { $0.id == eveID }?.isFormer }
          #expect(try await office.activity(kept.key).text == "fed the cat")
          let again = await #expect(throws: NodeError.self) {
            _ = try await eve.node.join(code: gate.code, memberName: "Eve")
          }
          #expect(again?.code == .removed)
        }
      }
    }
  }

  @Test("who was away when they were removed is told so when they come back")
  func away() async throws {
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      let adaID = try await office.me().id
      let eve = try await Laptop.run(at: home) { laptop in
        let eves = try await laptop.join(door, as: "Eve Marsh")
        try await become("Ada Quill", in: eves) { try await eves.members().first { $0.id == adaID }?.name }
        return try await eves.me().id
      }
      _ = try await office.remove(.member(eve))
      try await Laptop.run(at: home) { laptop in
        // Ada's word may be here already.
        if let back = try? await laptop.workspace {
          try await become(true, in: back) { await back.view().isRemoved }
        }
        let out = await #expect(throws: NodeError.self) { _ = try await laptop.workspace }
        #expect(out?.code == .removed)
        #expect(out?.message == "Ada Quill removed this device from “Harbour Desk”.")
      }
    }
  }

  @Test("whom the owner names takes over, and the former owner hears of it and stays as an admin")
  func successor() async throws {
    let home = Laptop.freshHome()
    defer { Laptop.forget(home) }
    try await Laptop.run { bob in
      let (adaID, bobID) = try await Laptop.run(at: home) { ada in
        let office = try await ada.found()
        let adaID = try await office.me().id
        let bobs = try await bob.join(try await office.invite(), as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await become(true, in: office) { try await office.members().contains { $0.id == bobID } }
        for refused in [{ _ = try await bobs.takeOver() }, { _ = try await bobs.setSuccessor(bobID, named: true) }]
          as [@Sendable () async throws -> Void]
        {
          let problem = await #expect(throws: NodeError.self) { try await refused() }
          #expect(problem?.code == .forbidden)
        }
        let own = await #expect(throws: NodeError.self) { _ = try await office.setSuccessor(adaID, named: true) }
        #expect(own?.code == .conflict)
        #expect(try await office.members().first { $0.id == bobID }?.isNameable == true)
        for isNamed in [true, false, true] {
          #expect(try await office.setSuccessor(bobID, named: isNamed).isSuccessor == isNamed)
          try await become(isNamed, in: bobs) { try await bobs.me().isSuccessor }
        }
        // There is no mDNS here: she finds him again where she has been with him.
        try await become(true, in: office) { try await office.peers().contains { $0.sources.contains("remembered") } }
        return (adaID, bobID)
      }
      let bobs = try await bob.workspace
      let told = try await bobs.takeover()
      #expect((told.owner, told.alsoRemoved, told.alsoDemoted) == (adaID, [], []))
      #expect(try await bobs.me().role == .member, "to be told changes nothing")
      _ = try await bobs.takeOver()
      #expect(try await bobs.me().role == .owner)
      #expect(try await bobs.members().first { $0.id == adaID }?.isRemovable == true)
      let again = await #expect(throws: NodeError.self) { _ = try await bobs.takeOver() }
      #expect(again?.code == .conflict)
      try await Laptop.run(at: home) { ada in
        let office = try await ada.workspace
        try await become(Role.admin, in: office) { try await office.me().role }
        try await become(Role.owner, in: office) { try await office.members().first { $0.id == bobID }?.role }
        let refused = await #expect(throws: NodeError.self) { _ = try await office.setSuccessor(bobID, named: true) }
        #expect(refused?.code == .forbidden)
        #expect(try await office.members().first { $0.id == bobID }?.isRemovable == false)
      }
    }
  }

  @Test("a demotion takes powers and leaves what was done; the workspace's new name reaches everybody")
  func demotion() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await become(true, in: office) { try await office.members().contains { $0.id == bobID } }
        _ = try await office.setRole(of: bobID, to: .admin)
        try await become(Role.admin, in: bobs) { try await bobs.me().role }
        #expect(try await bobs.renameWorkspace(to: "Second floor").name == "Second floor")
        try await become("Second floor", in: office) { await office.view().name }
        #expect(await ada.node.workspaces.map(\.name) == ["Second floor"])

        // What goes is told before, and nothing else goes than was told.
        _ = try await bobs.invite()
        try await become(1, in: office) { try await office.demotion(of: bobID, to: .member).endedInvites }
        let told = try await office.demotion(of: bobID, to: .member)
        #expect((told.from, told.role, told.alsoRemoved, told.alsoDemoted) == (.admin, .member, [], []))
        _ = try await bobs.invite(role: .guest, uses: 3, lifetime: 3_600_000)
        try await become(2, in: office) { try await office.demotion(of: bobID, to: .member).endedInvites }
        let stale = await #expect(throws: NodeError.self) {
          _ = try await office.setRole(of: bobID, to: .member, ifDigest: told.digest)
        }
        #expect(stale?.code == .changed)
        #expect(try await office.members().first { $0.id == bobID }?.role == .admin, "nothing was done")
        let none = await #expect(throws: NodeError.self) { _ = try await office.demotion(of: bobID, to: .admin) }
        #expect(none?.code == .conflict)
        let now = try await office.demotion(of: bobID, to: .member)
        #expect(try await office.setRole(of: bobID, to: .member, ifDigest: now.digest).role == .member)
        try await become(Role.member, in: bobs) { try await bobs.me().role }
        #expect(await bobs.view().name == "Second floor")
        let refused = await #expect(throws: NodeError.self) { _ = try await bobs.renameWorkspace(to: "Mine") }
        #expect(refused?.code == .forbidden)
        // And an admin again.
        _ = try await office.setRole(of: bobID, to: .admin)
        try await become(Role.admin, in: bobs) { try await bobs.me().role }
        _ = try await bobs.renameWorkspace(to: "Third floor")
        try await become("Third floor", in: office) { await office.view().name }
      }
    }
  }
}
