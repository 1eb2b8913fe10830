import ArgumentParser
import BullpenNode
import Foundation

struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the node has logged, whether it runs or not.",
    discussion: """
      The log stands in the home: `node.log`, and `node.log.1` with what came before, 1 MiB each at most. It holds no
      names, notifications or activities. `bullpen log-level` says more or less from now on.
      """)

  @OptionGroup var home: HomeOptions
  @Option(name: .customShort("n"), help: ArgumentHelp("How many of the last lines.", valueName: "lines"))
  var count = 100
  @Flag(help: "Go on with what is logged from now on, until Ctrl-C.") var follow = false

  func run() async throws {
    try await carryOut(home.json) {
      guard count >= 0 else { throw Failure(.usage, "-n takes a number of lines, such as 50, not \(count).") }
      guard FileManager.default.fileExists(atPath: home.path) else {
        throw Failure(.refused, "There is no home \(home.path).", hint: "`bullpen up` makes one.")
      }
      var reader = LogReader(home: home.path)
      let lines = reader.last(count)
      if lines.isEmpty, !follow, !home.json { return Output.line("Nothing has been logged yet.") }
      try show(lines)
      while follow {
        try await Task.sleep(for: .milliseconds(250))
        try show(reader.next())
      }
    }
  }

  private func show(_ lines: [String]) throws {
    for line in lines { Output.line(home.json ? try Self.json(line) : line) }
    fflush(nil)
  }

  private struct Entry: Encodable {
    var time: String
    var level: String
    var text: String
  }

  /// One object for each line.
  private static func json(_ line: String) throws -> String {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    let entry = Entry(
      time: words.first ?? "", level: words.dropFirst().first ?? "", text: words.dropFirst(2).first ?? "")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(entry), as: UTF8.self)
  }
}

struct LogLevel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log-level", abstract: "Show or set how much the running node logs.",
    discussion: """
      It holds until the node ends; `bullpen up --log-level`, BULLPEN_LOG_LEVEL or `log-level` in config.yaml set it at
      the start.
      """)

  @OptionGroup var home: HomeOptions
  @Argument(help: "One of \(LogDial.names.joined(separator: ", ")).") var level: String?

  func run() async throws {
    try await carryOut(home.json) {
      let asked = try level.map(Settings.level)
      let api = try LocalAPI(home: home.path)
      let data =
        if let asked {
          try await api.raw("PUT", "/node/log-level", body: ["level": .text(asked.rawValue)])
        } else {
          try await api.raw("GET", "/node/log-level")
        }
      if home.json { return Output.json(data) }
      Output.line(try JSONDecoder.api.decode(LogLevelAnswer.self, from: data).level)
    }
  }
}
