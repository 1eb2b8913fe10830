import ArgumentParser
import Foundation

struct AnalyticsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analytics",
    abstract: "Show what is counted of how the workspace is used; it is off until an admin turns it on.",
    discussion: """
      Counted are sums of a day: how often and for how long people were here, in which hours, at which kind of device, \
      and which pages they came to, where they show them. Admins read those of everybody who lets them see that they are \
      here; everybody reads, exports and erases their own. Nothing of you is counted before you said --understood. What \
      was counted is kept for 90 days.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "The first day, as 2026-11-22; without it 30 days up to the last.") var from: String?
  @Option(help: "The last day; without it today.") var to: String?
  @Flag(help: "Only what is counted of you.") var me = false
  @Flag(help: "As a table for a spreadsheet, one number a line.") var csv = false
  @Flag(help: "For admins: count from now on. Each person is told, and counted once it said that it knows.") var on =
    false
  @Flag(help: "For admins: count nothing more.") var off = false
  @Flag(help: "You know what is counted: from now on it is of you, too.") var understood = false
  @Flag(help: "Erase what was counted of you, for everybody.") var erase = false

  func validate() throws {
    guard [on, off, understood, erase, csv].count(where: { $0 }) <= 1 else {
      throw ValidationError("Say one of --on, --off, --understood, --erase and --csv.")
    }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      if erase {
        let data = try await api.raw("DELETE", "/presence/analytics/me")
        return office.json ? Output.json(data) : Output.line("What was counted of you is erased.")
      }
      if on || off {
        let data = try await api.raw("PUT", "/workspace/analytics", body: ["on": .truth(on)])
        if office.json { return Output.json(data) }
        return try await tellState(data, api)
      }
      if understood {
        let data = try await api.raw("PUT", "/presence/analytics/told")
        if office.json { return Output.json(data) }
        return try await tellState(data, api)
      }
      var query = ["scope=me"].filter { _ in me } + (csv ? ["format=csv"] : [])
      if let from { query.append("from=\(Self.escaped(from))") }
      if let to { query.append("to=\(Self.escaped(to))") }
      let path = "/presence/analytics" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
      let data = try await api.raw("GET", path, patience: 60)
      if csv { return FileHandle.standardOutput.write(data) }
      if office.json { return Output.json(data) }
      try await tellState(try await api.raw("GET", "/presence/settings"), api)
      tell(try JSONDecoder.api.decode(AnalyticsAnswer.self, from: data))
    }
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-"])) ?? ""
  }

  /// Whether anything is counted, who said so, and what there is to do.
  private func tellState(_ data: Data, _ api: LocalAPI) async throws {
    let state = try JSONDecoder.api.decode(CountedAnswer.self, from: data).analytics
    guard state.on else {
      return Output.line("Nothing is counted. An admin may turn it on with `bullpen analytics --on`.")
    }
    let people = try await api.people()
    let by = state.by.flatMap { people[$0]?.shown } ?? "An admin"
    Output.line("\(by) turned the counting on \(Output.ago(state.at)).")
    if !state.told {
      Output.line(
        "Nothing of you is counted before you say `bullpen analytics --understood`; `--help` says what it is.")
    } else if state.counted {
      Output.line("Of you it is read by \(state.readers.map { people[$0]?.shown ?? $0 }.joined(separator: ", ")).")
    } else {
      Output.line("Nothing of you is counted now, for no admin may see that you are here.")
    }
  }

  private func tell(_ report: AnalyticsAnswer) {
    Output.line("")
    Output.line("\(report.scope == "me" ? "You" : "Everybody"), from \(report.from) to \(report.to):")
    guard report.seconds > 0 || report.sessions > 0 || report.views > 0 else {
      return Output.line("Nothing was counted.")
    }
    let average = report.averageSeconds.map { ", \(Self.span($0)) each" } ?? ""
    Output.line("\(Output.many(report.sessions, "session"))\(average), \(Self.span(report.seconds)) together")
    if let peak = report.hours.indices.max(by: { report.hours[$0] < report.hours[$1] }), report.hours[peak] > 0 {
      Output.line("Busiest from \(peak) to \(peak + 1) o'clock")
    }
    let devices = [
      ("desktop", report.devices.desktop), ("mobile", report.devices.mobile), ("tablet", report.devices.tablet),
      ("headless", report.devices.headless),
    ].filter { $0.1 > 0 }
    if !devices.isEmpty { Output.line(devices.map { "\($0.0) \(Self.span($0.1))" }.joined(separator: ", ")) }
    if !report.pages.isEmpty {
      Output.line("")
      Output.table(
        report.pages.map {
          [$0.page, Output.many($0.views, "view"), Output.many($0.members, "person", "people")]
        },
        empty: "")
    }
    guard report.scope == "all", !report.members.isEmpty else { return }
    Output.line("")
    Output.table(
      report.members.map {
        [$0.name.isEmpty ? $0.userId : $0.name, Output.many($0.sessions, "session"), Self.span($0.seconds)]
      },
      empty: "")
  }

  private static func span(_ seconds: Int64) -> String {
    switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3_600: "\(seconds / 60) min"
    default: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
    }
  }
}

private struct CountedAnswer: Decodable {
  struct State: Decodable {
    var on: Bool
    var at: Int64?
    var by: String?
    var told: Bool
    var counted: Bool
    var readers: [String]
  }

  var analytics: State
}

private struct AnalyticsAnswer: Decodable {
  struct Person: Decodable {
    var userId: String
    var name: String
    var sessions: Int
    var seconds: Int64
  }

  struct Page: Decodable {
    var page: String
    var views: Int
    var members: Int
  }

  struct Devices: Decodable {
    var desktop: Int64
    var mobile: Int64
    var tablet: Int64
    var headless: Int64
  }

  var scope: String
  var from: String
  var to: String
  var sessions: Int
  var seconds: Int64
  var averageSeconds: Int64?
  var views: Int
  var hours: [Int64]
  var members: [Person]
  var pages: [Page]
  var devices: Devices
}
