import BullpenCore
import BullpenSimulator
import Testing

/// Each of these programs shows somebody who is not there, misses somebody who is, or tells what was not to be told.
@Suite("Planted bugs of presence are found")
struct PlantedPresenceTests {
  /// - Returns: what the first seed of sixty that fails so has found. Without the bug it does not fail.
  private func hunt(_ words: String, _ program: @escaping () -> any Program) -> [String]? {
    for seed in UInt64(1)...60 {
      let findings = Simulation(seed: seed, program: program).run(settlingWithin: 20_000).findings
      guard findings.contains(where: { $0.contains(words) }) else { continue }
      #expect(Simulation(seed: seed).run(settlingWithin: 45_000).findings == [])
      return findings
    }
    return nil
  }

  @Test("a timer that counts as a sign of life: who lost its power is shown for ever")
  func neverMissed() {
    #expect(hunt("still shows", { NeverMisses() }) != nil)
  }

  @Test("a suspicion that counts as an end: who runs is called gone")
  func givenUp() {
    #expect(hunt("says that", { GivesUpAtOnce() }) != nil)
  }

  @Test("one who shows itself to nobody is shown to the team")
  func nobody() {
    let program = {
      Decides { privacy in
        privacy.settings.appearsOffline = false
        if privacy.settings.level == .nobody { privacy.settings.level = .team }
      }
    }
    #expect(hunt("may not hear of", program) != nil)
  }

  @Test("a page is shown that its person hides")
  func page() {
    #expect(hunt("where its person is, who hides it", { Decides { $0.settings.showsPage = true } }) != nil)
  }

  @Test("who types or is idle is shown so, though it is hidden")
  func activity() {
    #expect(hunt("what its person does, who hides it", { Decides { $0.settings.showsActivity = true } }) != nil)
  }

  @Test("whoever was taken out of a team is told as before")
  func team() {
    #expect(hunt("may not hear of", { KeepsColleagues() }) != nil)
  }

  @Test("whoever asks about a third is told, whatever the third wants")
  func gossip() {
    #expect(hunt("tells of somebody who does not let it", { Gossips() }) != nil)
  }
}

/// Takes every tick for a word of whoever was heard once.
private final class NeverMisses: Program {
  private var heard: [DeviceID: Endpoint] = [:]

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    if case .datagram(let device, _, let endpoint) = event { heard[device] = endpoint }
    guard case .tick = event else { return machine.receive(event, at: now) }
    let echoes = heard.sorted { $0.key < $1.key }.flatMap { device, endpoint in
      machine.receive(.datagram(device, .probeAnswer(0), from: endpoint), at: now)
    }
    return echoes + machine.receive(event, at: now)
  }
}

/// Takes whoever is silent for longer than between two heartbeats for somebody who has said goodbye.
private final class GivesUpAtOnce: Program {
  private var newest: [DeviceID: (version: PresenceVersion, endpoint: Endpoint)] = [:]

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    if case .datagram(let device, .presence(let update), let endpoint) = event {
      newest[device] = (update.version, endpoint)
    }
    guard case .tick = event else { return machine.receive(event, at: now) }
    let silent = machine.peerStates(at: now).filter { $0.isHere && $0.silence ?? 0 > Limits.heartbeat + 200 }
    let ends = silent.compactMap { newest[$0.device] != nil ? $0.device : nil }.flatMap { device -> [Effect] in
      guard let (version, endpoint) = newest[device] else { return [] }
      let next = PresenceVersion(session: version.session, counter: version.counter + 1)
      return machine.receive(.datagram(device, .goodbye(next), from: endpoint), at: now)
    }
    return ends + machine.receive(event, at: now)
  }
}

/// Goes by other decisions than its person's.
private final class Decides: Program {
  private let change: (inout Privacy) -> Void
  init(_ change: @escaping (inout Privacy) -> Void) { self.change = change }

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    guard case .privacy(var privacy) = event else { return machine.receive(event, at: now) }
    change(&privacy)
    return machine.receive(.privacy(privacy), at: now)
  }
}

/// Adds to its teams, and takes nobody out.
private final class KeepsColleagues: Program {
  private var known: [TeamID: Set<MemberID>] = [:]

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    guard case .privacy(var privacy) = event else { return machine.receive(event, at: now) }
    for (place, team) in privacy.teams.enumerated() {
      known[team.id, default: []].formUnion(team.members)
      privacy.teams[place].members = known[team.id, default: []].sorted()
    }
    return machine.receive(.privacy(privacy), at: now)
  }
}

/// Answers whoever asks.
private final class Gossips: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    machine.receive(event, at: now).map { effect in
      guard case .send(let connection, .vouchAnswer(let answer)) = effect else { return effect }
      let silence = machine.peerStates(at: now).first { $0.device == answer.device && $0.isHere }?.silence
      return .send(connection, .vouchAnswer(VouchAnswer(device: answer.device, silence: silence)))
    }
  }
}
