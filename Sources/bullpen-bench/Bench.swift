import ArgumentParser
import Foundation

@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bullpen-bench",
    abstract: "Measures Bullpen against other ways to do the same, as ratios within this run.",
    discussion: """
      Each subcommand prints one figure a line, in JSON; `make bench` runs all of them where nothing can leave the machine
      and makes a table. Both sides of a figure are measured in turns, and a figure of another run or machine says
      nothing about this one.
      """,
    subcommands: [Merge.self, Bootstrap.self, FanOut.self, Serve.self, Arrive.self])
}

/// Where a measurement keeps its files, which go with it.
struct Workbench {
  let folder: String

  init(in parent: String?) throws {
    folder = (parent ?? FileManager.default.temporaryDirectory.path) + "/bullpen-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// The bytes that a database takes with what SQLite puts beside it.
  static func bytes(ofDatabase path: String) -> Double {
    ["", "-wal"].reduce(0) { sum, suffix in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
      return sum + ((attributes?[.size] as? NSNumber)?.doubleValue ?? 0)
    }
  }

  /// A folder in it, for what goes earlier than the rest.
  func fresh() throws -> String {
    let name = folder + "/" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: false)
    return name
  }
}

/// Seconds that a work takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(work).inSeconds
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
