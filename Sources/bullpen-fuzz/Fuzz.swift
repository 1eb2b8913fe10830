import ArgumentParser
import Foundation
import Glibc

@main
struct Fuzz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bullpen-fuzz",
    abstract: "Gives every decoder that a stranger can reach bytes that went wrong, and looks what comes of it.",
    discussion: """
      Inputs are mutations of valid ones, and a seed repeats them. Each target says which properties must hold; one that
      does not, a trap, a giant allocation and an input that takes too long are all findings. A finding is made small
      and written into a folder, with the line that repeats it, and the exit code is 1.
      """,
    subcommands: [
      HuntCommand.self, ReplayCommand.self, ListCommand.self, CoverCommand.self, SeedCommand.self, WorkCommand.self,
    ],
    defaultSubcommand: HuntCommand.self)
}

struct HuntCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hunt", abstract: "Mutate, run, and report of every target.")

  @Option(help: "Only this target; more than one can be given.")
  var target: [String] = []
  @Option(help: "Seconds for each target.")
  var seconds = 10.0
  @Option(help: "Executions of each target at most.")
  var executions = Int.max
  @Option(help: "What all mutations come from.")
  var seed: UInt64 = 1
  @Option(help: "Where failing inputs are written.")
  var output = ".build/fuzz-found"
  @Option(help: "A folder of inputs that failed once, tried first.")
  var found: String?

  func validate() throws {
    for name in target { _ = try FuzzTargets.asked(name) }
  }

  func run() async throws {
    let names = target.isEmpty ? FuzzTargets.all.map { $0.name } : target
    let hunt = Hunt(
      seed: seed, seconds: seconds, executions: executions, output: output, found: found,
      program: CommandLine.arguments[0])
    print("seed \(seed)")
    let failures = try await withThrowingTaskGroup(of: Hunt.Outcome.self) { group in
      var waiting = names[...]
      var failures = 0
      func next() { if let name = waiting.popFirst() { group.addTask { try hunt.run(name) } } }
      for _ in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) { next() }
      for try await outcome in group {
        print(outcome.line)
        fflush(nil)
        if !outcome.isGood { failures += 1 }
        next()
      }
      return failures
    }
    if failures > 0 { throw ExitCode(1) }
  }
}

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Give a target the bytes of one file of hexadecimal digits.")

  @Argument var target: String
  @Argument var file: String

  func run() throws {
    let target = try FuzzTargets.asked(target)
    let bytes = try HexFile.read(file)
    let machine = try target.init()
    Memory.confine(to: 512 << 20)
    alarm(Worker.patience)
    do {
      print("\(target.name): \(try machine.run(bytes))")
    } catch let finding as Finding {
      print("\(target.name): \(finding)")
      throw ExitCode(1)
    }
  }
}

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Name every target.")
  func run() throws { for target in FuzzTargets.all { print(target.name) } }
}

/// What libFuzzer begins with.
struct SeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", abstract: "Write the valid inputs of a target into a folder, as they are.")

  @Argument var target: String
  @Argument var folder: String

  func run() throws {
    let target = try FuzzTargets.asked(target)
    for (place, bytes) in target.seeds().enumerated() {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/seed-\(place)"))
    }
  }
}

/// One target in this process: what `hunt` starts.
struct WorkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "work", shouldDisplay: false)

  @Argument var target: String
  @Option var seed: UInt64
  @Option var seconds: Double
  @Option var executions: Int
  @Option var record: String
  @Option var found: String?

  func run() throws {
    let target = try FuzzTargets.asked(target)
    let worker = Worker(
      target: target, seed: seed, seconds: seconds, executions: executions, recorder: try Recorder(record),
      endsProcess: true)
    // Enough for any honest input and the machinery around it.
    Memory.confine(to: 512 << 20)
    do {
      let report = try worker.run(found: try HexFile.all(in: found, of: target.name))
      print("\(target.name): \(report.executions) executions, \(report.kinds) kinds")
    } catch let finding as Finding {
      print(finding)
      throw ExitCode(1)
    }
  }
}
