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

  @Option(help: "How many nodes, 3 to 10.")
  var nodes = 5

  @Flag(help: "Print every event.")
  var verbose = false

  func validate() throws {
    guard (3...10).contains(nodes) else { throw ValidationError("There are 3 to 10 nodes.") }
    guard (seed == nil) != (seeds == nil) else { throw ValidationError("Give either --seed N or --seeds A..B.") }
  }

  func run() async throws {
    if let seed {
      let report = simulate(seed)
      print("seed \(seed), \(nodes) nodes\n\(report.plan)")
      print("\(report.events) events in \(report.lasted) ms, \(report.acknowledged) writes acknowledged")
      for finding in report.findings { print("wrong: \(finding)") }
      print("trace \(report.trace)")
      if !report.findings.isEmpty { throw ExitCode(1) }
    } else if let seeds {
      let failures = await failures(of: seeds)
      print("\(seeds.last - seeds.first + 1) seeds, \(failures) failures")
      if failures > 0 { throw ExitCode(1) }
    }
  }

  /// Runs many seeds, as many at a time as there are processors; runs know nothing of one another.
  private func failures(of seeds: SeedRange) async -> Int {
    await withTaskGroup(of: Simulation.Report.self) { group in
      var next = seeds.first
      var failures = 0
      for _ in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) where next <= seeds.last {
        group.addTask { [next] in simulate(next) }
        next += 1
      }
      for await report in group {
        if next <= seeds.last {
          group.addTask { [next] in simulate(next) }
          next += 1
        }
        guard !report.findings.isEmpty else { continue }
        failures += 1
        let again = "--seed \(report.seed)\(nodes == 5 ? "" : " --nodes \(nodes)")"
        print("seed \(report.seed) fails; repeat it with \(again)")
        for finding in report.findings { print("  \(finding)") }
        // Seen at once, even where the output is a pipe.
        fflush(nil)
      }
      return failures
    }
  }

  private func simulate(_ seed: UInt64) -> Simulation.Report {
    Simulation(seed: seed, nodes: nodes, listener: verbose ? { print($0) } : nil).run()
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
