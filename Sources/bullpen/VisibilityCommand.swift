import ArgumentParser
import Foundation

struct VisibilityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "visibility",
    abstract: "Say who sees that you are here, and how. Without anything it says what holds.",
    discussion: """
      LEVEL is everyone (guests too), team (the workspace without guests), contacts (who shares a team with you, and \
      whom you name), nobody, or default (as the workspace says). It holds at once, on all your devices: whoever may \
      not see you is told nothing, and for them you are offline. Colleagues' devices that exchange history with yours \
      still see that it is connected.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "everyone, team, contacts, nobody or default.") var level: String?
  @Flag(inversion: .prefixedNo, help: "Show in which rooms you are. Without it others see neither you nor your cursor.")
  var showPage: Bool?
  @Flag(inversion: .prefixedNo, help: "Show that you type or are idle.") var showActivity: Bool?
  @Flag(inversion: .prefixedNo, help: "Appear offline to everybody.") var appearOffline: Bool?
  @Option(help: "Your contacts from now on: names or ids, once for each.") var contact: [String] = []
  @Flag(help: "You name no contacts any more.") var noContacts = false
  @Flag(help: "Show when you changed what, in the last 90 days.") var history = false
  @Option(help: "For the owner: the level of all who have chosen none.") var workspaceDefault: String?

  func validate() throws {
    guard contact.isEmpty || !noContacts else { throw ValidationError("Name contacts, or say --no-contacts.") }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      if history { return try await tellHistory(api) }
      if let workspaceDefault {
        _ = try await api.raw("PUT", "/workspace/visibility", body: ["default_visibility": .text(workspaceDefault)])
      }
      var body: [String: JSONValue] = [:]
      if let level { body["visibility"] = .text(level) }
      if let showPage { body["show_page"] = .truth(showPage) }
      if let showActivity { body["show_activity"] = .truth(showActivity) }
      if let appearOffline { body["appear_offline"] = .truth(appearOffline) }
      if noContacts { body["contacts"] = .list([]) }
      if !contact.isEmpty {
        var members: [String] = []
        for name in contact { members.append(try await api.member(name)) }
        body["contacts"] = .list(members)
      }
      let data = try await api.raw(body.isEmpty ? "GET" : "PUT", "/presence/settings", body: body.isEmpty ? nil : body)
      if office.json { return Output.json(data) }
      tell(try JSONDecoder.api.decode(PresenceSettingsAnswer.self, from: data), try await api.people())
    }
  }

  private func tell(_ settings: PresenceSettingsAnswer, _ people: [String: MemberAnswer]) {
    func names(_ ids: [String]) -> String { ids.map { people[$0]?.shown ?? $0 }.joined(separator: ", ") }
    let followed = settings.visibility == "default" ? "\(settings.level), as the workspace says" : settings.visibility
    Output.line("Visible to: \(settings.appearOffline ? "\(followed); but you appear offline" : followed)")
    Output.line("Who sees you now: \(settings.visibleTo.isEmpty ? "nobody else" : names(settings.visibleTo))")
    Output.line("Rooms: \(settings.showPage ? "shown" : "hidden")")
    Output.line("Typing and idling: \(settings.showActivity ? "shown" : "hidden")")
    if !settings.contacts.isEmpty { Output.line("Contacts: \(names(settings.contacts))") }
  }

  private func tellHistory(_ api: LocalAPI) async throws {
    let data = try await api.raw("GET", "/presence/settings/history?limit=100")
    if office.json { return Output.json(data) }
    let entries = try JSONDecoder.api.decode(List<PresenceSettingsEntryAnswer>.self, from: data).items
    Output.table(
      entries.filter { !$0.changed.isEmpty }.map { entry in
        [
          Output.ago(entry.at), entry.deviceId.map { String($0.prefix(8)) } ?? "",
          entry.changed.map { $0.replacingOccurrences(of: "_", with: " ") }.joined(separator: ", "),
          "visible to \(entry.visibility)\(entry.appearOffline ? ", appearing offline" : "")"
            + "\(entry.showPage ? ", rooms shown" : "")\(entry.showActivity ? "" : ", activity hidden")",
        ]
      }, empty: "You have changed nothing in the last 90 days.")
  }
}

struct PresenceSettingsAnswer: Decodable {
  var visibility: String
  var level: String
  var showPage: Bool
  var showActivity: Bool
  var appearOffline: Bool
  var contacts: [String]
  var visibleTo: [String]
}

struct PresenceSettingsEntryAnswer: Decodable {
  var at: Int64
  var deviceId: String?
  var changed: [String]
  var visibility: String
  var showPage: Bool
  var showActivity: Bool
  var appearOffline: Bool
}
