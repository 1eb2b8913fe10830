import ArgumentParser
import Foundation

struct TeamsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "teams", abstract: "Show the teams; admins make and change them.",
    discussion: """
      People of one team are each other's contacts. `bullpen teams NAME --add bob --add eve` makes the team where there \
      is none of that name.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "A team's name.") var name: String?
  @Option(help: "Put somebody in: a name or an id, once for each.") var add: [String] = []
  @Option(help: "Take somebody out: a name or an id, once for each.") var drop: [String] = []
  @Option(help: "Give the team another name.") var rename: String?
  @Flag(help: "Remove the team.") var remove = false

  func validate() throws {
    guard name != nil || (add.isEmpty && drop.isEmpty && rename == nil && !remove) else {
      throw ValidationError("Name the team.")
    }
    guard !remove || (add.isEmpty && drop.isEmpty && rename == nil) else {
      throw ValidationError("A team that is removed is not changed besides.")
    }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let teams = try await api.ask("GET", "/teams", as: List<TeamAnswer>.self).items
      if let name {
        let team = teams.first { $0.name == name } ?? teams.first { $0.name.lowercased() == name.lowercased() }
        try await change(team, named: name, api)
      }
      let data = try await api.raw("GET", "/teams")
      if office.json { return Output.json(data) }
      let people = try await api.people()
      Output.table(
        try JSONDecoder.api.decode(List<TeamAnswer>.self, from: data).items.map { team in
          [team.name, team.userIds.map { people[$0]?.shown ?? $0 }.joined(separator: ", ")]
        }, empty: "There is no team yet. `bullpen teams NAME` makes one.")
    }
  }

  private static func missing(_ name: String) -> Failure {
    Failure(.refused, "There is no team “\(name)”.", hint: "`bullpen teams` lists them.")
  }

  private func change(_ known: TeamAnswer?, named name: String, _ api: LocalAPI) async throws {
    if remove {
      guard let known else { throw Self.missing(name) }
      _ = try await api.raw("DELETE", "/teams/\(known.id)")
      return
    }
    var wanted = known?.userIds ?? []
    for person in add { wanted.append(try await api.member(person)) }
    for person in drop {
      let member = try await api.member(person)
      wanted.removeAll { $0 == member }
    }
    var body: [String: JSONValue] = ["user_ids": .list(Set(wanted).sorted())]
    if let new = rename ?? (known == nil ? name : nil) { body["name"] = .text(new) }
    if let known {
      // To name a team and say nothing of it is to ask about it.
      guard body["name"] != nil || Set(wanted) != Set(known.userIds) else { return }
      _ = try await api.raw("PUT", "/teams/\(known.id)", body: body)
    } else {
      guard drop.isEmpty, rename == nil else { throw Self.missing(name) }
      _ = try await api.raw("POST", "/teams", body: body)
    }
  }
}

struct TeamAnswer: Decodable {
  var id: String
  var name: String
  var userIds: [String]
}
