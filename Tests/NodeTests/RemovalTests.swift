import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import Testing

@testable import BullpenNode

/// Whoever has a stolen laptop can sign with its key what is in no log of it. It counts until the laptop is cut, and with
/// it falls what stands on it.
@Suite("What a removal takes along is told before it is made", .timeLimit(.minutes(2)))
struct RemovalTests {
  @Test(
    "a device that was linked with a stolen laptop's key goes with the laptop, and its member where no other is left")
  func linked() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let bobID = try await bob.join(door, as: "Bob Underwood").me().id
        try await become("Bob Underwood", in: office) { try await office.members().first { $0.id == bobID }?.name }
        let tablet = DeviceKey.fresh()
        let key = try bob.node.home.secret(of: office.id).key
        let link = Credential(
          device: tablet.id, member: bobID, memberKey: key, role: .member, invite: nil,
          consent: tablet.consent(to: bobID, key: key, in: office.id))
        try await ada.hears(.credential(link), signedBy: bob)
        try await become(2, in: office) { try await office.members().first { $0.id == bobID }?.devices.count }

        let told = try await office.removal(of: .device(bob.node.device))
        #expect((told.devices, told.alsoCut, told.isLast) == ([bob.node.device], [tablet.id], true))
        #expect((told.alsoRemoved, told.alsoDemoted) == ([], []))
        // All of a member's devices together: none goes besides.
        #expect(try await office.removal(of: .member(bobID)).alsoCut == [])
        let stale = await #expect(throws: NodeError.self) {
          _ = try await office.remove(.device(bob.node.device), ifDigest: office.removal(of: .member(bobID)).digest)
        }
        #expect(stale?.code == .changed, "another removal was shown")
        #expect(try await office.remove(.device(bob.node.device), ifDigest: told.digest).digest == told.digest)
        #expect(try await office.members().first { $0.id == bobID }?.isFormer == true)
      }
    }
  }

  @Test("whom a stolen laptop's key has let in goes with it, and who got a role by it loses that")
  func admitted() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite(uses: 2)
      try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let bobID = try await bobs.me().id
        try await Laptop.run { eve in
          let eveID = try await eve.join(door, as: "Eve Marsh").me().id
          try await become(["Bob Underwood", "Eve Marsh"], in: office) {
            try await office.members().filter { !$0.isSelf }.map(\.name).sorted()
          }
          _ = try await office.setRole(of: bobID, to: .admin)
          let (friend, secret) = (DeviceKey.fresh(), DeviceKey.fresh())
          let friendID = ada.node.prover.member(of: office.id, firstDevice: friend.id)
          let key = MemberSecret(secret: secret.seed).key
          let credential = Credential(
            device: friend.id, member: friendID, memberKey: key, role: .member, invite: nil,
            consent: friend.consent(to: friendID, key: key, in: office.id))
          try await ada.hears(.credential(credential), signedBy: bob)
          let role = Credential(
            device: eve.node.device, member: eveID, memberKey: try eve.node.home.secret(of: office.id).key,
            role: .admin, invite: nil)
          try await ada.hears(.credential(role), signedBy: bob)
          try await become(Role.admin, in: office) { try await office.members().first { $0.id == eveID }?.role }
          try await become(4, in: office) { try await office.members().count }

          let told = try await office.removal(of: .member(bobID))
          #expect((told.alsoCut, told.alsoRemoved, told.alsoDemoted) == ([], [friendID], [eveID]))
          #expect(try await office.members().first { $0.id == eveID }?.role == .admin, "to be told changes nothing")
          _ = try await office.remove(.member(bobID))
          let left = try await office.members()
          #expect(left.first { $0.id == eveID }?.role == .member)
          #expect(left.first { $0.id == friendID }?.isFormer != false)
        }
      }
    }
  }

  @Test("a newcomer whose admitter was removed before anybody heard of it is told who did it, and what to do")
  func admitterRemoved() async throws {
    let (adas, bobs, carols) = (Laptop.freshHome(), Laptop.freshHome(), Laptop.freshHome())
    defer { for home in [adas, bobs, carols] { Laptop.forget(home) } }
    let (door, bobID) = try await Laptop.run(at: adas) { ada in
      let office = try await ada.found()
      let door = try await office.invite(uses: 2)
      let id = try await Laptop.run(at: bobs) { bob in
        let id = try await bob.join(door, as: "Bob Underwood").me().id
        try await become("Bob Underwood", in: office) { try await office.members().first { $0.id == id }?.name }
        return id
      }
      return (door, id)
    }
    // Ada's laptop is off while Bob lets Carol in.
    try await Laptop.run(at: bobs) { bob in
      var options = Laptop.options(carols)
      options.peers = ["127.0.0.1:\(bob.node.port)"]
      try await Laptop.run(options) { carol in
        let office = try await carol.join(door, as: "Carol Reed")
        try await become(3, in: office) { try await office.members().count(where: { !$0.name.isEmpty }) }
      }
    }
    try await Laptop.run(at: adas) { ada in
      _ = try await ada.workspace.remove(.member(bobID))
      var options = Laptop.options(carols)
      options.peers = ["127.0.0.1:\(ada.node.port)"]
      try await Laptop.run(options) { carol in
        let why = try await refusal(of: carol)
        #expect(why.code == .removed && why.message.hasPrefix("Ada Quill removed the device of Bob Underwood from"))
        #expect(why.message.contains("you are out too") && why.hint.contains("ask Ada Quill for a new invite"))
        let shown = try #require(await carol.node.workspaces.first)
        #expect(shown.isRemoved && shown.trouble == nil)
      }
    }
  }

  @Test("a newcomer whose admitter lost the role before anybody heard of it is told who did it, and what to do")
  func admitterDemoted() async throws {
    let (adas, bobs, carols) = (Laptop.freshHome(), Laptop.freshHome(), Laptop.freshHome())
    defer { for home in [adas, bobs, carols] { Laptop.forget(home) } }
    let bobID = try await Laptop.run(at: adas) { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      return try await Laptop.run(at: bobs) { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let id = try await bobs.me().id
        try await become("Bob Underwood", in: office) { try await office.members().first { $0.id == id }?.name }
        _ = try await office.setRole(of: id, to: .admin)
        try await become(Role.admin, in: bobs) { try await bobs.me().role }
        return id
      }
    }
    // Ada's laptop is off while Bob lets Carol in.
    try await Laptop.run(at: bobs) { bob in
      let door = try await bob.workspace.invite()
      var options = Laptop.options(carols)
      options.peers = ["127.0.0.1:\(bob.node.port)"]
      try await Laptop.run(options) { carol in
        let office = try await carol.join(door, as: "Carol Reed")
        try await become(3, in: office) { try await office.members().count(where: { !$0.name.isEmpty }) }
      }
    }
    try await Laptop.run(at: adas) { ada in
      _ = try await ada.workspace.setRole(of: bobID, to: .member)
      var options = Laptop.options(carols)
      options.peers = ["127.0.0.1:\(ada.node.port)"]
      try await Laptop.run(options) { carol in
        let why = try await refusal(of: carol)
        #expect(why.code == .removed && why.message.hasPrefix("Ada Quill took a role from Bob Underwood in"))
        #expect(why.message.contains("you are out too") && why.hint.contains("ask Ada Quill for a new invite"))
      }
    }
  }

  /// Until the workspace says that this laptop is out. The test's time limit is the bound.
  private func refusal(of laptop: Laptop) async throws -> NodeError {
    while true {
      do {
        _ = try await laptop.workspace
        await Task.yield()
      } catch let error as NodeError {
        return error
      }
    }
  }
}

extension DeviceKey {
  fileprivate static func fresh() -> DeviceKey {
    var random = SystemRandomNumberGenerator()
    return DeviceKey(using: &random)
  }
}

extension Laptop {
  /// Is told a statement that somebody with another's key made, beside the log: under a number that is taken.
  fileprivate func hears(_ claim: BullpenCore.Statement.Claim, signedBy other: Laptop) async throws {
    let office = try #require(try await workspace as? WorkspaceHandle)
    let heads = await office.node.look { machine, _ in machine.heads }
    let log = try #require(heads.sorted.map(\.log).first { $0.device == other.node.device && $0.kind == .lasting })
    let body = StatementCodec.encode(
      Statement(
        workspace: office.id, signer: log.device, incarnation: log.incarnation, sequence: 1, previous: nil,
        time: HybridTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000), counter: 0), claim: claim))
    let signed = SignedStatement(body: body, signature: other.node.home.device.sign(body, .statement))
    office.node.tell(.expelled([try #require(node.prover.prove(signed))]))
  }
}
