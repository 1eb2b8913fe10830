@testable import BullpenCore
@testable import BullpenSimulator
import Testing

/// Each of these programs takes, sends or asks for more than it should, or goes on where it should end.
@Suite("Planted bugs of flow and of the door are found")
struct PlantedFlowTests {
  @Test("whoever was taken out hears on")
  func notLetGo() {
    let withRemoval: (UInt64) -> FaultPlan? = { seed in
      var plan = FaultPlan(seed: seed)
      plan.deeds = plan.deeds.filter { if case .remove = $0.kind { false } else { true } }
      plan.deeds.append(Deed(at: plan.duration - 400, node: 0, kind: .remove(1), luck: seed))
      return plan
    }
    let found = hunt(
      "goes on speaking with", plan: withRemoval, program: { LetsNobodyGo() }, settlingWithin: 5_000)
    #expect(found != nil)
  }

  @Test("writes wait without a bound")
  func queue() {
    #expect(hunt("own writes that wait for the disk", plan: flooded, program: { QueuesAll() }) != nil)
  }

  @Test("sends on without credit")
  func credit() {
    #expect(hunt("which has given credit for fewer", plan: poured, program: { NeedsNoCredit() }) != nil)
  }

  @Test("gives credit for what is not on disk yet")
  func early() {
    #expect(hunt("that are not on disk yet", plan: poured, program: { PaysAtOnce() }) != nil)
  }

  @Test("asks two peers for the same")
  func twice() {
    #expect(hunt("what another is sending, or has sent", program: { AsksTwo() }) != nil)
  }

  @Test("a door that does not count whom it lets in")
  func uncounted() {
    #expect(hunt("one door let in more than 1", plan: invited, program: { CountsNobody() }) != nil)
  }

  @Test("two doors let in one too many, and nobody is told")
  func untold() {
    #expect(hunt("is not told that more than 1", plan: invitedApart, program: { TellsOfNobody() }) != nil)
  }

  @Test("loses what comes, and blames whoever sent it")
  func blamed() {
    #expect(hunt("keeps back what it announces, and it does not", program: { LosesArrivals() }) != nil)
  }

  @Test("somebody is said to have told two stories, and nobody knows why")
  func accused() throws {
    let office = try openOffice(seed: 70) { _ in }
    office.bring(.equivocate(3, 1))
    #expect(office.settle() == [])
    office.hadBranches = []
    #expect(office.settle().contains { $0.contains("has told two stories, and it has not") })
  }

  /// A program writes more at once than may wait.
  private func flooded(_ seed: UInt64) -> FaultPlan? {
    guard seed <= 4 else { return nil }
    var plan = FaultPlan(nodes: 3)
    plan.faults = [(500, .flood(0, writes: Limits.commitsQueued + 8))]
    return plan
  }

  /// Somebody comes back to a lot of news while their disk has its own to do.
  private func poured(_ seed: UInt64) -> FaultPlan? {
    guard seed <= 4 else { return nil }
    var plan = FaultPlan(nodes: 3)
    plan.diskDelay = 0...40
    plan.deeds = (0..<3).map { Deed(at: 600 + $0, node: 1, kind: .pour(80), luck: seed) }
    plan.faults = [(500, .unplug(0)), (8_000, .heal), (8_300, .flood(0, writes: 200))]
    return plan
  }

  /// Three come with one invite for one.
  private func invited(_ seed: UInt64) -> FaultPlan? {
    var plan = FaultPlan(nodes: 5)
    plan.faults = [(500, .invite([1, 2, 3], by: 0, uses: 1, lifetime: 60_000))]
    plan.faults += [(2_000, .arrive(1)), (4_000, .arrive(2)), (6_000, .arrive(3))]
    return plan
  }

  /// The same, where doors do not hear of one another.
  private func invitedApart(_ seed: UInt64) -> FaultPlan? {
    var plan = FaultPlan(nodes: 6)
    plan.faults = [(500, .invite([2, 3], by: 0, uses: 1, lifetime: 60_000)), (2_000, .split([0, 2]))]
    plan.faults += [(3_000, .arrive(2)), (4_000, .arrive(3)), (8_000, .heal)]
    return plan
  }
}

/// Closes no connection to who was taken out, and tells them what it tells others.
private final class LetsNobodyGo: Program {
  private var lines: [ConnectionID: DeviceID] = [:]

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    switch event {
    case .met(let connection, let device, _, _, _): lines[connection] = device
    case .closed(let connection): lines[connection] = nil
    default: break
    }
    let effects = machine.receive(event, at: now)
    let out = lines.filter { machine.membership.isCut($0.value) }.keys.sorted()
    return effects.flatMap { effect -> [Effect] in
      switch effect {
      case .close(let connection) where out.contains(connection): []
      case .send(_, .segments(let batch)): [effect] + out.map { .send($0, .segments(batch)) }
      case .send(_, .announce(let heads)): [effect] + out.map { .send($0, .announce(heads)) }
      default: [effect]
      }
    }
  }
}

/// Gives a write to the disk that should have been refused because too many wait.
private final class QueuesAll: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    let effects = machine.receive(event, at: now)
    guard case .write(let request, let draft) = event else { return effects }
    return effects.map { effect in
      guard case .answer(request, .failure) = effect else { return effect }
      machine.pending.insert(request)
      return .commit(request, draft, wall: machine.corrected(now))
    }
  }
}

/// Takes what it sends for acknowledged.
private final class NeedsNoCredit: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    var effects = machine.receive(event, at: now)
    var place = 0
    while place < effects.count {
      if case .send(let connection, .segments(let batch)) = effects[place] {
        let credit = UInt32(batch.segments.reduce(0) { $0 + $1.cost })
        effects += machine.receive(
          .received(connection, .acknowledge(Acknowledgement(heads: [], credit: credit))), at: now)
      }
      place += 1
    }
    return effects
  }
}

/// Gives credit back as soon as something arrives.
private final class PaysAtOnce: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    guard case .received(let connection, .segments(let batch)) = event else { return machine.receive(event, at: now) }
    let credit = UInt32(batch.segments.reduce(0) { $0 + $1.cost })
    return [
      .apply(
        connection, batch.segments, wall: machine.corrected(now), certain: machine.clock.certain(at: now),
        isAwaited: false),
      .send(connection, .acknowledge(Acknowledgement(heads: [], credit: credit))),
    ]
  }
}

/// Asks whoever else is connected for what it asks one.
private final class AsksTwo: Program {
  private var lines: Set<ConnectionID> = []

  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    switch event {
    case .met(let connection, _, _, _, _): lines.insert(connection)
    case .closed(let connection): lines.remove(connection)
    default: break
    }
    return machine.receive(event, at: now).flatMap { effect -> [Effect] in
      guard case .send(let connection, .want(let want)) = effect,
        let other = lines.sorted().first(where: { $0 != connection })
      else { return [effect] }
      return [effect, .send(other, .want(want))]
    }
  }
}

/// Counts no uses of invites.
private final class CountsNobody: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    defer { machine.membership.usesOf = [:] }
    return machine.receive(event, at: now)
  }
}

/// Does not say who came in by an invite that had been used up.
private final class TellsOfNobody: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    defer { machine.membership.excess = [] }
    return machine.receive(event, at: now)
  }
}

/// What arrives goes nowhere.
private final class LosesArrivals: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    if case .received(_, .segments) = event { [] } else { machine.receive(event, at: now) }
  }
}
