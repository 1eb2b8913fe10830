@testable import BullpenCore
import Testing

@Suite("Pull plan")
struct PullPlanTests {
  private let now = Instant(boot: 50_000, wall: 1_700_000_000_000)
  private let eve = ConnectionID(raw: 1)
  private let bob = ConnectionID(raw: 2)
  private let dan = ConnectionID(raw: 3)

  private func log(_ name: String) -> LogID {
    LogID(device: DeviceID(Scramble.bytes(name)), incarnation: Incarnation(.zero), kind: .passing)
  }

  private func heads(_ known: [LogID: UInt64]) -> Heads { Heads(known.mapValues { Head(sequence: $0, digest: .zero) }) }

  @Test("a range that three announce is asked of one, and of nobody else while that one may still deliver")
  func once() {
    var plan = PullPlan()
    for peer in [eve, bob, dan] { plan.offer(log("ada"), through: 9, by: peer, notBefore: 0) }
    let first = plan.wants(heads([log("ada"): 4]), at: now)
    #expect(first.map(\.1) == [[LogRange(log: log("ada"), first: 5, last: 9)]])
    #expect(plan.wants(heads([log("ada"): 4]), at: now).isEmpty)
    #expect(plan.lapse(at: now.advanced(by: Limits.pullPatience - 1)).isEmpty)
    #expect(plan.wants(heads([log("ada"): 4]), at: now.advanced(by: Limits.pullPatience - 1)).isEmpty)
  }

  @Test("who lets the time pass is passed over for half a minute, and the next is asked")
  func passedOver() {
    var plan = PullPlan()
    plan.offer(log("ada"), through: 9, by: eve, notBefore: 0)
    #expect(plan.wants(heads([:]), at: now).map(\.0) == [eve])
    let late = now.advanced(by: Limits.pullPatience)
    plan.offer(log("ada"), through: 9, by: bob, notBefore: 0)
    let lapsed = plan.lapse(at: late)
    #expect(lapsed.map(\.connection) == [eve])
    #expect(plan.wants(heads([:]), at: late).map(\.0) == [bob])
    plan.dropped(bob)
    #expect(plan.wants(heads([:]), at: late).isEmpty)
    #expect(plan.wants(heads([:]), at: late.advanced(by: Limits.pullMute)).map(\.0) == [eve])
  }

  @Test("a log with a hole is asked for again after half a minute, though what follows the hole comes with a gap")
  func hole() {
    var plan = PullPlan()
    plan.offer(log("ada"), through: 9, by: eve, notBefore: 0)
    #expect(plan.wants(heads([:]), at: now).map(\.0) == [eve])
    plan.refused(log("ada"), by: eve, at: now)
    plan.refused(log("ada"), by: eve, for: 0, at: now)
    plan.offer(log("ada"), through: 9, by: eve, notBefore: now.boot)
    #expect(plan.wants(heads([:]), at: now.advanced(by: Limits.pullMute - 1)).isEmpty)
    #expect(plan.wants(heads([:]), at: now.advanced(by: Limits.pullMute)).map(\.0) == [eve])
  }

  @Test("what is asked of a slow peer holds up nothing that a fast one has: the less busy is asked")
  func slow() {
    var plan = PullPlan()
    for name in ["ada", "mia", "joe"] { plan.offer(log(name), through: 100, by: eve, notBefore: 0) }
    #expect(plan.wants(heads([:]), at: now).map(\.0) == [eve])
    for name in ["kim", "lea", "max"] {
      plan.offer(log(name), through: 5, by: eve, notBefore: 0)
      plan.offer(log(name), through: 5, by: bob, notBefore: 0)
    }
    let wants = plan.wants(heads([:]), at: now)
    #expect(wants.map(\.0) == [bob])
    #expect(wants.first?.1.count == 3)
  }

  @Test("a peer that announces ever new logs fills no more than its bound, and is asked for no more than that")
  func flood() {
    var plan = PullPlan()
    func flood() {
      for number in 0..<(Limits.logsOffered + 100) { plan.offer(log("\(number)"), through: 1, by: eve, notBefore: 0) }
    }
    flood()
    #expect(plan.offered == Limits.logsOffered && plan.mostOffered == Limits.logsOffered)
    #expect(plan.wants(heads([:]), at: now).map(\.1.count) == [Limits.rangesQueued])
    #expect(plan.mostAsked == Limits.rangesQueued)
    // Whoever floods takes nobody else's room.
    plan.offer(log("bob's"), through: 1, by: bob, notBefore: 0)
    plan.offer(branches: [head(7, "branch")], of: log("bob's too"), by: bob)
    #expect(plan.wants(heads([:]), at: now).map(\.0) == [bob])
    plan.dropped(bob)
    // What has come, or is gone with who offered it, makes room again.
    for number in 0..<50 { plan.advanced(log("\(number)"), to: 1) }
    #expect(plan.mostOffered == Limits.logsOffered - 50)
    plan.dropped(eve)
    #expect(plan.isIdle && plan.mostOffered == 0)
    flood()
    #expect(plan.offered == Limits.logsOffered)
  }

  /// Three logs of which Eve was asked, in the order in which she was, and Bob has them all by now.
  private func asked(through last: UInt64 = 100) -> (plan: PullPlan, logs: [LogID]) {
    var plan = PullPlan()
    for name in ["ada", "mia", "joe"] { plan.offer(log(name), through: last, by: eve, notBefore: 0) }
    let logs = plan.wants(heads([:]), at: now).flatMap(\.1).map(\.log)
    for log in logs { plan.offer(log, through: last, by: bob, notBefore: 0) }
    return (plan, logs)
  }

  @Test("what waits behind a log that takes minutes is asked of nobody else while that goes on")
  func behind() {
    var (plan, logs) = asked()
    var moment = now
    for sequence in UInt64(1)...50 {
      moment = moment.advanced(by: Limits.pullPatience - 1)
      #expect(plan.lapse(at: moment).isEmpty)
      plan.delivered([logs[0]: sequence], by: eve, at: moment)
      plan.advanced(logs[0], to: sequence)
      #expect(plan.wants(heads([logs[0]: sequence]), at: moment).isEmpty)
    }
    // The same once more is no progress, nor is what somebody else sends.
    plan.delivered([logs[0]: 50], by: eve, at: moment.advanced(by: 1))
    plan.delivered([logs[0]: 51], by: bob, at: moment.advanced(by: 1))
    let late = moment.advanced(by: Limits.pullPatience)
    #expect(plan.lapse(at: late).map(\.log) == logs.sorted())
    #expect(plan.wants(heads([logs[0]: 51]), at: late).map(\.0) == [bob])
  }

  @Test("a log that was to come before another that comes is being kept back, and is asked of the next in time")
  func overtaken() {
    var (plan, logs) = asked()
    let half = now.advanced(by: Limits.pullPatience / 2)
    plan.delivered([logs[1]: 1], by: eve, at: half)
    let late = now.advanced(by: Limits.pullPatience)
    plan.delivered([logs[1]: 2], by: eve, at: late)
    #expect(plan.lapse(at: late).map(\.log) == [logs[0]])
    #expect(plan.wants(heads([:]), at: late).map(\.0) == [bob])
    #expect(plan.lapse(at: late.advanced(by: Limits.pullPatience - 1)).isEmpty)
  }

  @Test("a peer that feeds one log for ever keeps the others back for some minutes, and no longer")
  func endless() {
    var (plan, logs) = asked(through: Limits.logEntries)
    var moment = now
    var sequence: UInt64 = 0
    while plan.lapse(at: moment).isEmpty, sequence < 1_000 {
      sequence += 1
      plan.delivered([logs[0]: sequence], by: eve, at: moment)
      moment = moment.advanced(by: 1_000)
    }
    #expect(moment.boot - now.boot == Limits.pullLongest)
    #expect(plan.wants(heads([logs[0]: sequence]), at: moment).map(\.0) == [bob])
    #expect(plan.hasAsked(eve), "the log that comes is left to come")
  }

  private func head(_ sequence: UInt64, _ name: String) -> Head {
    Head(sequence: sequence, digest: Digest(Scramble.bytes(name)))
  }

  @Test("who goes on from another entry than ours is asked from further back, until it begins with one that is here")
  func departed() {
    var plan = PullPlan()
    let (ours, theirs) = (heads([log("ada"): 90]), head(100, "theirs"))
    plan.offer(log("ada"), through: 100, digest: theirs.digest, by: eve, notBefore: 0)
    func asked() -> [LogRange] { plan.wants(ours, at: now).flatMap(\.1) }
    func range(from first: UInt64) -> LogRange {
      LogRange(log: log("ada"), first: first, last: 100, digest: theirs.digest)
    }
    #expect(asked() == [range(from: 91)])
    plan.departed(Departure(log: log("ada"), first: 91, head: theirs), by: eve, at: now)
    #expect(asked() == [range(from: 61)])
    // What was under way by then says nothing new.
    plan.departed(Departure(log: log("ada"), first: 95, head: theirs), by: eve, at: now)
    #expect(asked().isEmpty)
    plan.departed(Departure(log: log("ada"), first: 61, head: theirs), by: eve, at: now)
    #expect(asked() == [range(from: 1)])
    plan.settled([theirs], of: log("ada"))
    #expect(plan.isIdle)
  }

  @Test("a branch that ends beyond all that is here is asked for from where we stand, and then from further back")
  func branchBeyond() {
    var plan = PullPlan()
    let (ours, theirs) = (heads([log("ada"): 2]), head(9, "theirs"))
    plan.offer(branches: [theirs], of: log("ada"), by: eve)
    func wanted(_ first: UInt64, by peer: ConnectionID) -> [LogRange] {
      let wants = plan.wants(ours, at: now)
      #expect(wants.map(\.0) == [peer])
      #expect(wants.flatMap(\.1).map(\.last) == [9])
      return wants.flatMap(\.1).filter { $0.first == first && $0.digest == theirs.digest }
    }
    #expect(wanted(3, by: eve).count == 1)
    plan.departed(Departure(log: log("ada"), first: 3, head: theirs), by: eve, at: now)
    #expect(wanted(1, by: eve).count == 1)
    // Whoever offers it later, and does not go on from here either, is not asked for its end alone.
    plan.dropped(eve)
    plan.offer(log("ada"), through: 9, digest: theirs.digest, by: bob, notBefore: 0)
    #expect(plan.wants(ours, at: now).flatMap(\.1).map(\.first) == [3])
    plan.offer(branches: [theirs], of: log("ada"), by: eve)
    plan.departed(Departure(log: log("ada"), first: 3, head: theirs), by: bob, at: now)
    let again = plan.wants(ours, at: now)
    #expect(again.flatMap(\.1).map(\.first) == [1])
    #expect(again.count == 1)
  }

  @Test("a branch that is not taken is asked for again only after half a minute, and of another peer at once")
  func refusedBranch() {
    var plan = PullPlan()
    let (ours, theirs) = (heads([log("ada"): 9]), head(9, "theirs"))
    for peer in [eve, bob] { plan.offer(branches: [theirs], of: log("ada"), by: peer) }
    let wanted = LogRange(log: log("ada"), first: 9, last: 9, digest: theirs.digest)
    #expect(plan.wants(ours, at: now).map(\.0) == [eve])
    plan.refused(log("ada"), by: eve, at: now)
    // Told of again, it is still passed over.
    plan.offer(branches: [theirs], of: log("ada"), by: eve)
    #expect(plan.wants(ours, at: now).map(\.0) == [bob])
    plan.refused(log("ada"), by: bob, at: now)
    #expect(plan.wants(ours, at: now.advanced(by: Limits.pullMute - 1)).isEmpty)
    #expect(plan.wants(ours, at: now.advanced(by: Limits.pullMute)).map(\.1) == [[wanted]])
    for peer in [eve, bob] { plan.keep(branches: [], of: log("ada"), by: peer) }
    plan.dropped(eve)
    #expect(plan.branches(of: log("ada")).isEmpty && plan.isIdle)
  }

  @Test("a peer that makes up branches of one log fills no more than a log may have")
  func madeUpBranches() {
    var plan = PullPlan()
    for round in 0..<10 {
      let made = (1...100).map { head(UInt64($0), "\(round) \($0)") }
      plan.offer(branches: made, of: log("ada"), by: eve)
    }
    #expect(plan.branches(of: log("ada")).count == Limits.branches)
    #expect(plan.wants(heads([log("ada"): 9]), at: now).map(\.1.count) == [1])
  }
}
