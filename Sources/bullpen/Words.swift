import ArgumentParser
import Foundation

struct Notify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send a notification; only those it is for can read it.")

  @OptionGroup var office: WorkspaceOptions
  @OptionGroup var audience: AudienceOptions
  @Option(help: "What it is about.") var title: String
  @Option(help: "The text.") var body = ""
  @Option(help: "A link that belongs to it.") var link: String?

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      var content = try await audience.named(by: api)
      content["title"] = .text(title)
      content["body"] = .text(body)
      if let link { content["link"] = .text(link) }
      let data = try await api.raw("POST", "/notifications", body: content)
      office.json ? Output.json(data) : Output.line("Sent. Whoever is away gets it when they are back.")
    }
  }
}

struct Share: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a notification that you sent to more people.",
    discussion: "They read all of it, and nobody who has it loses it.")

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Its id, as `bullpen notify --json` and `bullpen inbox --json` say it.") var id: String
  @OptionGroup var audience: AudienceOptions

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let data = try await api.raw(
        "PUT", "/notifications/\(id)/recipients", body: try await audience.named(by: api))
      office.json ? Output.json(data) : Output.line("They can read it now, or when they are back.")
    }
  }
}

/// Whom something is for, on the command line.
struct AudienceOptions: ParsableArguments {
  @Argument(help: "Whom it is for: names or ids.") var to: [String] = []
  @Option(help: "A whole team, by name or id; once for each.") var team: [String] = []
  @Option(help: "Everybody with a role: owner, admin, member or guest; once for each.") var role: [String] = []

  func validate() throws {
    guard !(to + team + role).isEmpty else { throw ValidationError("Say whom it is for.") }
  }

  /// The fields of a request.
  func named(by api: LocalAPI) async throws -> [String: JSONValue] {
    var members: [String] = []
    for name in to { members.append(try await api.member(name)) }
    return ["recipient_ids": .list(members), "teams": .list(team), "roles": .list(role)]
  }
}

struct Inbox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show your notifications, newest first.")

  @OptionGroup var office: WorkspaceOptions
  @Flag(help: "Only what you have not read.") var unread = false
  @Flag(help: "Mark all as read.") var readAll = false

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      if readAll { _ = try await api.raw("PUT", "/notifications/read-all") }
      let data = try await api.raw("GET", "/notifications?limit=50\(unread ? "&unread=true" : "")")
      if office.json { return Output.json(data) }
      let people = try await api.people(former: true)
      var items = try JSONDecoder.api.decode(List<NotificationAnswer>.self, from: data).items.filter(\.isMine)
      if !unread {
        // What needs the person shows, however much was sent or read since.
        let waiting = try await api.ask("GET", "/notifications?limit=50&unread=true", as: List<NotificationAnswer>.self)
        items = (waiting.items + items.filter { $0.readAt != nil }).sorted { $0.createdAt > $1.createdAt }
      }
      Output.table(
        items.map { item in
          [
            item.readAt == nil ? "•" : " ", Output.ago(item.createdAt),
            people[item.senderId]?.name ?? String(item.senderId.prefix(8)), item.title,
            item.body.split(separator: "\n").first.map(String.init) ?? "",
          ]
        }, empty: "Nothing here needs you.")
    }
  }
}

struct LogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "log", abstract: "Write an activity, for all to see.")

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "What happened.") var text: [String]
  @Option(help: "The room it belongs to.") var room: String?

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      var content: [String: JSONValue] = ["text": .text(text.joined(separator: " "))]
      if let room { content["room"] = .text(room) }
      let data = try await api.raw("POST", "/activity", body: content)
      office.json ? Output.json(data) : Output.line("Written.")
    }
  }
}

struct ActivityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activity", abstract: "Show what members did, newest first.")

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "Only what happened in this room.") var room: String?
  @Option(help: "How many, 1 to 100.") var limit = 30

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      var path = "/activity?limit=\(limit)"
      let allowed = CharacterSet.urlQueryAllowed.subtracting(CharacterSet(charactersIn: "&+="))
      if let room = room?.addingPercentEncoding(withAllowedCharacters: allowed) { path += "&room=\(room)" }
      let data = try await api.raw("GET", path)
      if office.json { return Output.json(data) }
      let people = try await api.people(former: true)
      let items = try JSONDecoder.api.decode(List<ActivityAnswer>.self, from: data).items
      Output.table(
        items.map { item in
          [
            Output.ago(item.createdAt), people[item.userId]?.name ?? String(item.userId.prefix(8)), item.text,
            item.room ?? "",
          ]
        },
        empty: room.map { "Nothing has happened in the room \($0) yet." }
          ?? "Nothing has happened yet. `bullpen log TEXT` writes the first.")
    }
  }
}
