import ArgumentParser
import BullpenSimulator
import Glibc

@main
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bullpen-simulate",
    abstract: "Runs an office of several nodes in virtual time and looks whether all is well afterwards.",
    discussion: """
      A seed decides everything: who writes what, which cables break, which disks fail, who crashes. The same seed
      is the same run. A failing seed is printed first and ends with exit code 1.
      """)

  @Option(help: "Repeat the run of one seed, and print its plan and the hash of its trace.")
  var seed: UInt64?

  @Option(help: "Run many seeds, as FIRST..LAST.")
  var seeds: SeedRange?

  @Option(help: "Make the plan of a seed that fails small, and tell what is left as a story.")
  var shrink: UInt64?

  @Flag(help: "Measure how bytes and time grow with the office, from 3 nodes to 200 or as many as --nodes says.")
  var growth = false

  @Option(help: "How many nodes, 3 to 200; without it each seed has its own number, 3 to 50.")
  var nodes: Int?

  @Flag(help: "Print every event.")
  var verbose = false

  func validate() throws {
    if let nodes, !(3...200).contains(nodes) { throw ValidationError("There are 3 to 200 nodes.") }
    guard [seed != nil, seeds != nil, shrink != nil, growth].count(where: \.self) == 1 else {
      throw ValidationError("Give one of --seed N, --seeds A..B, --shrink N and --growth.")
    }
  }

  func run() async throws {
    if let seed {
      let report = simulate(seed)
      print("seed \(seed)\n\(report.plan)")
      print("\(report.events) events in \(report.lasted) ms, \(report.acknowledged) writes acknowledged")
      print("\(report.toll.heldUp) messages held up by poor lines, \(report.toll.forks) logs told in several ways")
      print("\(report.toll.grouped) times several messages stored in one transaction")
      for finding in report.findings { print("wrong: \(finding)") }
      print("trace \(report.trace)")
      if !report.findings.isEmpty { throw ExitCode(1) }
    } else if let seeds {
      let (failures, slow, forked, grouped) = await outcome(of: seeds)
      print(
        "felt: poor lines in \(slow) runs, logs told in several ways in \(forked), messages stored together in "
          + "\(grouped)")
      print("\(seeds.last - seeds.first + 1) seeds, \(failures) failures")
      if failures > 0 { throw ExitCode(1) }
    } else if let shrink {
      try tell(shrink)
    } else {
      try measureGrowth()
    }
  }

  /// Runs many seeds, as many at a time as there are processors; runs know nothing of one another.
  ///
  /// - Returns: how many failed, in how many a poor line held something up, in how many a log was told in several ways,
  ///   and in how many messages were stored together.
  private func outcome(of seeds: SeedRange) async -> (failures: Int, slow: Int, forked: Int, grouped: Int) {
    await withTaskGroup(of: Simulation.Report.self) { group in
      var next = seeds.first
      var (failures, slow, forked, grouped) = (0, 0, 0, 0)
      for _ in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) where next <= seeds.last {
        group.addTask { [next] in simulate(next) }
        next += 1
      }
      for await report in group {
        if next <= seeds.last {
          group.addTask { [next] in simulate(next) }
          next += 1
        }
        slow += report.toll.heldUp > 0 ? 1 : 0
        forked += report.toll.forks > 0 ? 1 : 0
        grouped += report.toll.grouped > 0 ? 1 : 0
        guard !report.findings.isEmpty else { continue }
        failures += 1
        let size = nodes.map { " --nodes \($0)" } ?? ""
        print(
          "seed \(report.seed) fails; repeat it with --seed \(report.seed)\(size), or make it small with "
            + "--shrink \(report.seed)\(size)")
        for finding in report.findings.prefix(20) { print("  \(finding)") }
        // Seen at once, even where the output is a pipe.
        fflush(nil)
      }
      return (failures, slow, forked, grouped)
    }
  }

  private func simulate(_ seed: UInt64) -> Simulation.Report {
    Simulation(seed: seed, nodes: nodes, listener: verbose ? { print($0) } : nil).run()
  }

  private func tell(_ seed: UInt64) throws {
    var shrinker = Shrinker(seed: seed, plan: FaultPlan(seed: seed, nodes: nodes))
    guard let shrunk = shrinker.shrink() else { return print("seed \(seed): nothing is wrong") }
    print("seed \(seed), made small in \(shrunk.runs) runs; luck \(shrunk.seed)")
    for line in shrunk.plan.story { print(line) }
    for finding in shrunk.findings.prefix(20) { print("wrong: \(finding)") }
    throw ExitCode(1)
  }

  private func measureGrowth() throws {
    print("nodes  connections  idle B/s  one change B  half has it  all have it  catch-up B  caught up")
    for count in [3, 5, 8, 12, 20, 50, 100, 200] where count <= nodes ?? 200 {
      let growth = try Growth.measure(nodes: count)
      let tenths = Int((growth.connections * 10).rounded())
      let cells = [
        ("\(count)", 5), ("\(tenths / 10).\(tenths % 10)", 11), ("\(growth.idle)", 8), ("\(growth.change)", 12),
        ("\(growth.half) ms", 11), ("\(growth.all) ms", 11), ("\(growth.catchUp)", 10), ("\(growth.caughtUp) ms", 9),
      ]
      print(cells.map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined(separator: "  "))
      fflush(nil)
    }
  }
}

struct SeedRange: ExpressibleByArgument {
  let first: UInt64
  let last: UInt64

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let first = UInt64(parts[0]), let last = UInt64(parts[2]), first <= last,
      last - first < 1 << 32
    else { return nil }
    self.first = first
    self.last = last
  }
}
