import ArgumentParser
import Foundation

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show at a glance who is here, what waits, and how the node is doing.",
    discussion: """
      With --json, the API's own document (`GET /api/v1/status`); of several workspaces, a list of them. A workspace \
      that is shut has none: its entry of `GET /api/v1/workspaces` stands in its place, with the reason in `trouble`.

      Exit code 0 where every workspace is open and the disk takes what is written. Else that of the gravest trouble: 65 \
      where a database is damaged, 70 where the disk fails, is full or may not be written or a workspace cannot be opened, \
      75 where one waits for a colleague's laptop, 77 where this device was taken out of one.
      """)

  @OptionGroup var home: HomeOptions

  func run() async throws {
    try await carryOut(home.json) {
      let api = try LocalAPI(home: home.path)
      let workspaces = try await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
      if workspaces.isEmpty { return try await showEmpty(api) }
      var states: [(workspace: WorkspaceAnswer, document: Data?)] = []
      for workspace in workspaces {
        // Of the only one from which this device was removed, the node's answer says by whom.
        let isSilent = workspace.trouble != nil || workspace.isRemoved && workspaces.count > 1
        states.append((workspace, isSilent ? nil : try await document(workspace, api)))
      }
      if home.json { try showDocuments(states) } else { try show(states, api) }
      let troubles = try states.compactMap { state in
        try state.document.map { try Self.trouble($0) } ?? state.workspace.trouble?.exitCode
      }
      if let gravest = Self.gravest(troubles) { throw ExitCode(gravest.rawValue) }
    }
  }

  private func document(_ workspace: WorkspaceAnswer, _ api: LocalAPI) async throws -> Data {
    var api = api
    api.workspace = workspace.id
    // For digests every row is read; only programs compare them.
    return try await api.raw("GET", home.json ? "/status" : "/status?digests=false")
  }

  /// What a script is to know of an open workspace; nil where all is well.
  private static func trouble(_ document: Data) throws -> Failure.Code? {
    try JSONDecoder.api.decode(StatusAnswer.self, from: document).storage.exitCode
  }

  /// What is damaged stays so; a disk may take something again, and a colleague may come.
  static func gravest(_ troubles: [Failure.Code]) -> Failure.Code? {
    troubles.min { $0.rawValue < $1.rawValue }
  }

  private func show(_ states: [(workspace: WorkspaceAnswer, document: Data?)], _ api: LocalAPI) throws {
    for (place, state) in states.enumerated() {
      if place > 0 { Output.line("") }
      let workspace = state.workspace
      if let document = state.document {
        try show(document, api)
      } else if let shut = ShutWorkspace(workspace) {
        shut.statusLines.forEach(Output.line)
      } else {
        Output.line("workspace  \(workspace.name) (\(workspace.id.prefix(8))): this device is out of it")
      }
    }
    if states.allSatisfy({ $0.workspace.trouble != nil }) { Output.table(Self.places(api), empty: "") }
  }

  private func showDocuments(_ states: [(workspace: WorkspaceAnswer, document: Data?)]) throws {
    let documents = try states.filter { !$0.workspace.isRemoved || $0.document != nil }.map { state in
      String(decoding: try state.document ?? Output.encode(state.workspace), as: UTF8.self)
    }
    Output.line(states.count > 1 ? "{\"items\":[\(documents.joined(separator: ","))]}" : documents.joined())
  }

  private func showEmpty(_ api: LocalAPI) async throws {
    // The node says why there is nothing to show.
    if home.json { return Output.json(try await api.raw("GET", "/status")) }
    Output.table(
      [["workspace", "none yet: `bullpen init` starts one, `bullpen join CODE` joins one"]] + Self.places(api),
      empty: "")
  }

  private func show(_ data: Data, _ api: LocalAPI) throws {
    let status = try JSONDecoder.api.decode(StatusAnswer.self, from: data)
    Output.table(
      [
        ["workspace", "\(status.name) (\(status.workspaceId.prefix(8)))"],
        ["here", StatusWords.here(status)],
        ["unread", StatusWords.unread(status.unread)],
        ["peers", StatusWords.peers(status)],
        ["discovery", StatusWords.discovery(status.discovery)],
        ["idle", StatusWords.idle(status.idleSource)],
        ["node", "\(status.version), device \(status.deviceId.prefix(8)), \(StatusWords.up(since: status.upSince))"],
      ] + Self.places(api)
        + status.drops.filter { $0.count > 0 }.map {
          ["dropped", "\(Output.many($0.count, "datagram")): \($0.detail)"]
        },
      empty: "")
    if status.storage.state != "ok" { Output.line("\(status.storage.detail) \(status.storage.hint)") }
    if status.refusedChanges > 0 {
      Output.line("\(Output.many(status.refusedChanges, "change is", "changes are")) not believed: `bullpen security`.")
    }
    if status.quarantinedChanges > 0 {
      let changes = Output.many(status.quarantinedChanges, "change comes", "changes come")
      Output.line("\(changes) from the future, to be shown when it is there: somebody's clock is wrong.")
    }
    for notice in status.notices { Output.line("\(notice.detail) \(notice.hint)") }
  }

  private static func places(_ api: LocalAPI) -> [[String]] {
    [["view", api.running.web], ["port", "\(api.running.port), TCP and UDP"]]
  }
}

/// A node's state in words.
private enum StatusWords {
  static func here(_ status: StatusAnswer) -> String {
    let people =
      status.here.filter { $0.userId == status.userId }
      + status.here.filter { $0.userId != status.userId }.sorted { $0.name < $1.name }
    let words = people.map { person in
      let name = person.name.isEmpty ? String(person.userId.prefix(8)) : person.name
      let notes = [person.userId == status.userId ? "you" : "", person.status == "online" ? "" : person.status]
        .filter { !$0.isEmpty }
      return notes.isEmpty ? name : "\(name) (\(notes.joined(separator: ", ")))"
    }
    return words.isEmpty ? "nobody" : words.joined(separator: ", ")
  }

  static func unread(_ count: Int) -> String {
    count == 0 ? "nothing" : "\(Output.many(count, "notification")): `bullpen inbox --unread`"
  }

  static func peers(_ status: StatusAnswer) -> String {
    guard status.knownDevices > 0 else { return "no other device yet: `bullpen invite` makes an invite" }
    let silent = status.silent.map { device in
      let name = device.name.isEmpty ? String(device.deviceId.prefix(8)) : device.name
      guard let silence = device.silence else { return "\(name) not heard since the start" }
      return "\(name) silent \(span(silence))"
    }
    return (["live with \(status.liveDevices) of \(status.knownDevices)"] + silent).joined(separator: "; ")
  }

  static func discovery(_ word: String) -> String {
    switch word {
    case "system": "by mDNS, through this machine's Avahi"
    case "embedded": "by mDNS, with a responder of its own: no Avahi runs here"
    case "off": "off: only remembered and given addresses are tried"
    case "starting": "starting"
    default: word
    }
  }

  /// Who tells the node that nobody is here.
  static func idle(_ source: String) -> String {
    switch source {
    case "mutter", "screen_saver": "after 5 minutes without a hand on keyboard and pointer, as the desktop says"
    case "logind": "5 minutes after the desktop has taken you for idle, and while the screen is locked"
    default: "after 5 minutes without a hand in the view: no desktop tells more"
    }
  }

  static func up(since milliseconds: Int64) -> String {
    let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
    let form = DateFormatter()
    form.locale = Locale(identifier: "en_GB")
    form.dateFormat = Calendar.current.isDateInToday(date) ? "HH:mm" : "d MMM HH:mm"
    let age = Int64(Date().timeIntervalSince1970 * 1_000) - milliseconds
    return "up since \(form.string(from: date)) (\(span(max(age, 0))))"
  }

  /// "40 s", "12 min", "3 h", "5 days".
  private static func span(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    return switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h"
    default: "\(seconds / 86_400) days"
    }
  }
}
