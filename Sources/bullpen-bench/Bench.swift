import ArgumentParser
import Foundation

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bullpen-bench",
    abstract: "Measures Bullpen against other ways to do the same, as ratios within this run.",
    discussion: """
      Each row is one work done by both, in turns, several times; the fastest of each counts. A ratio of another run or
      machine says nothing about this one.
      """)

  @Option(help: "How many rows are merged.")
  var rows = 100_000

  @Option(help: "How often each work is done.")
  var rounds = 3

  @Option(help: "A file for the table, in Markdown.")
  var markdown: String?

  func validate() throws {
    guard (100...10_000_000).contains(rows) else { throw ValidationError("There are 100 to 10000000 rows.") }
    guard (1...100).contains(rounds) else { throw ValidationError("There are 1 to 100 rounds.") }
  }

  func run() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var table = ResultTable()
    try MergeBench(rows: rows, rounds: rounds, folder: folder.path).run { table.add($0) }
    print(table.text)
    if let markdown { try table.markdown.write(toFile: markdown, atomically: true, encoding: .utf8) }
  }
}

/// One comparison.
struct Comparison {
  var work: String
  /// Seconds.
  var ours: Double
  var theirs: Double
  var against: String

  /// How much of the other's rate is reached; 1 is as fast.
  var ratio: Double { theirs / ours }
}

/// The comparisons of one run.
struct ResultTable {
  private var rows: [Comparison] = []

  mutating func add(_ comparison: Comparison) {
    rows.append(comparison)
    FileHandle.standardError.write(Data("done: \(comparison.work)\n".utf8))
  }

  private var cells: [[String]] {
    [["work", "Bullpen", "against", "its time", "share of its rate"]]
      + rows.map { row in
        [
          row.work, Self.seconds(row.ours), row.against, Self.seconds(row.theirs),
          "\(Int((row.ratio * 100).rounded())) %",
        ]
      }
  }

  var text: String {
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  var markdown: String {
    let lines = cells.map { "| " + $0.joined(separator: " | ") + " |" }
    return ([lines[0], "|---|---|---|---|---|"] + lines.dropFirst()).joined(separator: "\n") + "\n"
  }

  private static func seconds(_ value: Double) -> String { "\(Int((value * 1_000).rounded())) ms" }
}

/// Seconds that a work takes.
func seconds(_ work: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let took = try clock.measure(work)
  return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
}
