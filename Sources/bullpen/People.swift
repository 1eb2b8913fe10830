import ArgumentParser
import Foundation

struct Who: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show who is here.")

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "Only the people of a team, by its name or id.") var team: String?
  @Option(help: "Only the people in a room.") var room: String?

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let filters = [("team", team), ("room", room)].compactMap { name, value in value.map { "\(name)=\(encoded($0))" }
      }
      let data = try await api.raw("GET", "/presence" + (filters.isEmpty ? "" : "?" + filters.joined(separator: "&")))
      if office.json { return Output.json(data) }
      let presence = try JSONDecoder.api.decode(List<PresenceAnswer>.self, from: data).items
      let people = try await api.people()
      Output.table(
        presence.map { one in
          let seen = one.status == "offline" ? one.lastWords(people) : one.rooms.joined(separator: ", ")
          let custom = [one.customEmoji, one.customStatus].filter { !$0.isEmpty }.joined(separator: " ")
          return [people[one.userId]?.shown ?? one.userId, one.status, custom, seen]
        },
        empty: filters.isEmpty ? "Nobody is in this workspace." : "Nobody of this workspace is in all that you named.")
    }
  }

  /// As the part of a query.
  private func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }
}

extension PresenceAnswer {
  /// When somebody was seen last, where and at what, and who says so where this node did not see it itself.
  fileprivate func lastWords(_ people: [String: MemberAnswer]) -> String {
    let sighting = sightings.first { $0.lastSeen == lastSeen }
    let page = sighting?.lastPage.map { " on \($0)" } ?? ""
    let activity = sighting?.lastActivity.flatMap { $0 == "viewing" ? nil : ", \($0)" } ?? ""
    let witness = sighting?.saidBy.map { ", says \(people[$0]?.shown ?? String($0.prefix(8)))" } ?? ""
    return "last seen \(Output.ago(lastSeen))\(page)\(activity)\(witness)"
  }
}

struct Rooms: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the rooms with people in them.")

  @OptionGroup var office: WorkspaceOptions

  func run() async throws {
    try await carryOut(office.json) {
      let data = try await office.api().raw("GET", "/rooms")
      if office.json { return Output.json(data) }
      let rooms = try JSONDecoder.api.decode(List<RoomAnswer>.self, from: data).items
      Output.table(
        rooms.map { room in
          [room.room, room.people.map { $0.shown + ($0.isTyping ? " (typing)" : "") }.joined(separator: ", ")]
        }, empty: "Nobody is in a room.")
    }
  }
}

struct Peers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the other devices and how they are reached.")

  @OptionGroup var office: WorkspaceOptions

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let data = try await api.raw("GET", "/peers")
      if office.json { return Output.json(data) }
      let peers = try JSONDecoder.api.decode(List<PeerAnswer>.self, from: data).items
      let people = try await api.people()
      Output.table(
        peers.map { peer in
          [
            people[peer.userId]?.name ?? "", String(peer.deviceId.prefix(8)), peer.state, peer.endpoint ?? "no address",
            peer.sources.joined(separator: ", "),
            peer.withholds ? "announces what it does not send" : "",
          ]
        }, empty: "There is no other device yet. `bullpen invite` makes an invite.")
    }
  }
}

extension MemberAnswer {
  var shown: String { (name.isEmpty ? String(userId.prefix(8)) : name) + (isSelf ? " (you)" : "") }
}

extension LocalAPI {
  /// Members by id.
  /// - Parameter former: those too who were members.
  func people(former: Bool = false) async throws -> [String: MemberAnswer] {
    let members = try await ask("GET", "/members?former=\(former)", as: List<MemberAnswer>.self).items
    return Dictionary(members.map { ($0.userId, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// A member by id or name. Names are compared without case; where two fit, neither does.
  func member(_ text: String, former: Bool = false) async throws -> String {
    let people = try await people(former: former)
    if people[text.lowercased()] != nil { return text.lowercased() }
    let wanted = text.lowercased()
    let exact = people.values.filter { $0.name.lowercased() == wanted }
    let found = exact.isEmpty ? people.values.filter { $0.name.lowercased().hasPrefix(wanted) } : exact
    guard found.count == 1, let member = found.first else {
      throw Failure(
        .refused, found.isEmpty ? "Nobody here is called “\(text)”." : "“\(text)” fits \(found.count) people.",
        hint: "`bullpen who` lists them; an id from `bullpen who --json` is never ambiguous.")
    }
    return member.userId
  }
}
