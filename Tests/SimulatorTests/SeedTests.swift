import BullpenCore
import BullpenSimulator
import Testing

@Suite("Seeds")
struct SeedTests {
  @Test("one seed twice is the same run")
  func repeats() {
    let first = Simulation(seed: 7).run()
    let second = Simulation(seed: 7).run()
    #expect(first.trace == second.trace)
    #expect(first.events == second.events)
    #expect(first.events > 500)
    #expect(Simulation(seed: 8).run().trace != first.trace)
  }

  @Test("an office comes to rest: nothing lost, nothing leaked, everybody in sight", arguments: UInt64(1)...20)
  func comesToRest(seed: UInt64) {
    let report = Simulation(seed: seed).run()
    #expect(report.findings == [], "repeat it with bullpen-simulate --seed \(seed)")
    #expect(report.acknowledged > 0)
  }

  @Test("seeds bring poor lines and members who tell two stories, and both are felt")
  func felt() {
    func reports(_ isOne: (FaultPlan.Fault) -> Bool) -> [Simulation.Report] {
      let seeds = (UInt64(1)...100).filter { seed in
        FaultPlan(seed: seed, nodes: 4).faults.contains { isOne($0.fault) }
      }
      return seeds.prefix(4).map { Simulation(seed: $0, nodes: 4).run() }
    }
    let slow = reports { if case .slow = $0 { true } else { false } }
    let forked = reports { if case .equivocate = $0 { true } else { false } }
    for report in slow + forked { #expect(report.findings == [], "repeat it with --seed \(report.seed) --nodes 4") }
    #expect(slow.contains { $0.toll.heldUp > 0 })
    #expect(forked.contains { $0.toll.forks > 0 })
  }

  @Test("an office that is over takes no memory, so that thousands can be run")
  func letsGo() {
    final class Kept {
      weak var last: PassingDisk?
      var count = 0
    }
    let kept = Kept()
    let watched: (any Disk) -> any Disk = { inner in
      let disk = PassingDisk(inner)
      kept.last = disk
      kept.count += 1
      return disk
    }
    let findings = Simulation(seed: 2, disk: watched).run().findings
    #expect(findings == [])
    #expect(kept.count >= 3)
    #expect(kept.last == nil)
  }

  @Test("an office of eight comes to rest as well")
  func eight() {
    #expect(Simulation(seed: 3, nodes: 8).run().findings == [])
  }
}
