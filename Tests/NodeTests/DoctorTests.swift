import BullpenCore
import BullpenNode
import Synchronization
import Testing

@Suite("The doctor of a running node", .timeLimit(.minutes(2)))
struct DoctorTests {
  @Test("two who see each other are told that nothing is wrong; one whose node ends is named, with why")
  func colleague() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      #expect(try await office.examine(nil, progress: nil).diagnosis.verdicts.first?.code == .nobodyElse)
      #expect(try await office.examination().report?.person == nil)
      let door = try await office.invite()
      let bobID = try await Laptop.run { bob in
        let bobs = try await bob.join(door, as: "Bob Underwood")
        let me = try await bobs.me().id
        _ = try await office.wait { try? await office.presence(of: me).status == .online ? true : nil }
        _ = try await office.wait { try await office.members().first { $0.id == me && !$0.name.isEmpty } }
        let steps = Mutex<[ExaminationStep]>([])
        let report = try await office.examine(me) { step in steps.withLock { $0.append(step) } }
        #expect(report.diagnosis.isWell)
        #expect(report.diagnosis.verdicts.first?.code == .nothingWrong)
        #expect(report.symptoms.peers.first?.isConnected == true)
        #expect(steps.withLock { $0 }.last == .concluding)
        return me
      }
      // Goodbye comes by datagram, and the connection's end by itself.
      _ = try await office.wait {
        let isOff = try await office.presence(of: bobID).status == .offline
        let state = try await office.peers().first?.state
        return isOff && state != "connected" ? true : nil
      }
      let report = try await office.examine(bobID, progress: nil)
      let verdict = try #require(report.diagnosis.verdicts.first)
      #expect(verdict.code == .nodeNotRunning)
      #expect(verdict.member == bobID)
      #expect(verdict.detail.contains("Bob Underwood's device"))
      #expect(report.symptoms.peers.first?.addresses.contains { $0.outcome == .failed(.refused) } == true)
      let last = try await office.examination()
      #expect((last.isRunning, last.person, last.report?.finished) == (false, bobID, report.finished))
      #expect(!last.steps.isEmpty)
    }
  }

  @Test("who asks what is being asked hears the same; who never was a member is nobody")
  func together() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      async let first = office.examine(nil, progress: nil)
      async let second = office.examine(nil, progress: nil)
      let me = try await office.me().id
      async let third = office.examine(me, progress: nil)
      let persons = try await [first.person, second.person, third.person]
      #expect(persons == [nil, nil, me])
      let nobody = await #expect(throws: NodeError.self) {
        _ = try await office.examine(MemberID(.zero), progress: nil)
      }
      #expect(nobody?.code == .notFound)
    }
  }

  @Test("a member who was removed is told of as such")
  func removed() async throws {
    try await Laptop.run { ada in
      let office = try await ada.found()
      let door = try await office.invite()
      try await Laptop.run { bob in
        let me = try await bob.join(door, as: "Bob Underwood").me().id
        _ = try await office.wait { try await office.members().first { $0.id == me && !$0.name.isEmpty } }
        _ = try await office.remove(.member(me))
        let verdict = try await office.examine(me, progress: nil).diagnosis.verdicts.first
        #expect(verdict?.code == .formerMember)
        #expect(
          verdict?.detail == "Bob Underwood is no longer in this workspace: Ada Quill removed their last device.")
      }
    }
  }
}
