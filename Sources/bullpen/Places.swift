import ArgumentParser
import Foundation

struct RoleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role", abstract: "Make somebody an admin, a member or a guest.",
    discussion: """
      The owner and admins may. Admins invite people, name other admins, and remove members and whoever became an \
      admin after them. A smaller role takes something away: it says first what, and asks; --yes answers. What was done \
      with the greater role stands.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Whom: a name or an id.") var who: String
  @Argument(help: "admin, member or guest.") var role: Role
  @Flag(help: "Do it without asking.") var yes = false

  enum Role: String, CaseIterable, ExpressibleByArgument, Comparable {
    case guest, member, admin

    static func < (a: Role, b: Role) -> Bool { allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)! }

    var words: String { self == .admin ? "an admin" : "a \(rawValue)" }
    /// What somebody in it may do.
    var meaning: String {
      switch self {
      case .guest: "reads and writes, and lets nobody in"
      case .member: "writes, is notified, and lets in who has an invite"
      case .admin: "invites people, names admins, and removes members and later admins"
      }
    }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let people = try await api.people()
      let id = try await api.member(who)
      guard let member = people[id] else { throw Failure(.refused, "Nobody here is called “\(who)”.") }
      var body: [String: JSONValue] = ["role": .text(role.rawValue)]
      // Whether it may be done is said by the node, before anything is asked.
      if let before = Role(rawValue: member.role), role < before {
        let told = try await api.ask("GET", "/members/\(id)/demotion?role=\(role)", as: DemotionAnswer.self)
        if !yes || !office.json { for line in words(told, member, people) { Output.error(line) } }
        let deed = "make \(member.shown) \(role.words)"
        if !yes {
          try Confirmation.need(deed, isForProgram: office.json) {
            Confirmation.isYes("\(deed.prefix(1).uppercased() + deed.dropFirst())?")
          }
        }
        body["digest"] = .text(told.digest)
      }
      let data = try await api.raw("PUT", "/members/\(id)/role", body: body)
      if office.json { return Output.json(data) }
      let made = try JSONDecoder.api.decode(MemberAnswer.self, from: data)
      Output.line("\(made.shown) is \(role.words) now.")
    }
  }

  /// What goes and what stays.
  func words(_ told: DemotionAnswer, _ member: MemberAnswer, _ people: [String: MemberAnswer]) -> [String] {
    var lines = [
      "\(member.shown) would be \(role.words), who \(role.meaning).",
      "What was done as \(Role(rawValue: told.from)?.words ?? told.from) and is known here stands. "
        + "What was done since (last heard \(Output.ago(told.lastHeard))) and reached nobody does not count.",
    ]
    lines += AlsoGoes.words(
      devices: told.alsoCut, removed: told.alsoRemoved, demoted: told.alsoDemoted, invites: told.endedInvites, member,
      people)
    if told.from == Role.admin.rawValue {
      lines.append("Who becomes an admin again later comes after those who are admins by then.")
    }
    return lines
  }
}

struct Remove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove somebody, or one device, from the workspace. It says first what goes.",
    discussion: "It asks before it does so; --yes answers. What is removed does not come back, except by a new invite.")

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Whom: a name or an id.") var who: String
  @Option(help: "Only this device, by the beginning of its id (`bullpen members`).") var device: String?
  @Flag(help: "Do it without asking.") var yes = false

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let people = try await api.people()
      let id = try await api.member(who)
      guard let member = people[id] else { throw Failure(.refused, "Nobody here is called “\(who)”.") }
      var path = "/members/\(id)"
      if let device {
        let found = member.devices.filter { $0.hasPrefix(device.lowercased()) }
        guard found.count == 1 else {
          throw Failure(
            .refused, "“\(device)” fits \(found.count) devices of \(member.shown).",
            hint: "`bullpen members` lists them.")
        }
        path = "/devices/\(found[0])"
      }
      let removal = try await api.ask("GET", path + "/removal", as: RemovalAnswer.self)
      if !yes || !office.json {
        for line in Self.words(removal, member, people) { Output.error(line) }
      }
      let whom = removal.isLast ? member.shown : "this device"
      if !yes {
        try Confirmation.need("remove \(whom)", isForProgram: office.json) { Confirmation.isYes("Remove \(whom)?") }
      }
      let data = try await api.raw("DELETE", path + "?digest=\(removal.digest)")
      office.json ? Output.json(data) : Output.line("Done.")
    }
  }

  /// What goes and what stays.
  static func words(
    _ removal: RemovalAnswer, _ member: MemberAnswer, _ people: [String: MemberAnswer]
  ) -> [String] {
    let ids = removal.devices.map { String($0.prefix(8)) }.joined(separator: ", ")
    let goes = removal.devices.count == 1 ? "the device \(ids) goes" : "the devices \(ids) go"
    var lines = [
      removal.isLast ? "\(member.shown) goes out, and \(goes) out with them." : "Of \(member.shown), \(goes) out.",
      "What was heard from there stays: \(Output.many(removal.keptChanges, "entry", "entries")). "
        + "What was written since (last heard \(Output.ago(removal.lastHeard))) and reached nobody is lost.",
    ]
    lines += AlsoGoes.words(
      devices: removal.alsoCut, removed: removal.alsoRemoved, demoted: removal.alsoDemoted,
      invites: removal.endedInvites, member, people)
    return lines + ["What such a device holds already cannot be called back."]
  }
}

/// What goes because it stands on what goes, in words.
enum AlsoGoes {
  static func words(
    devices: [String], removed: [String], demoted: [String], invites: Int, _ member: MemberAnswer,
    _ people: [String: MemberAnswer]
  ) -> [String] {
    func names(_ ids: [String]) -> String { ids.map { people[$0]?.shown ?? $0 }.joined(separator: ", ") }
    var lines: [String] = []
    let devices = devices.map { id in
      let other = people.values.first { $0.userId != member.userId && $0.devices.contains(id) }
      return (other.map { "\($0.shown)'s " } ?? "") + id.prefix(8)
    }
    if !devices.isEmpty { lines.append("Devices that rest on it go too: \(devices.joined(separator: ", ")).") }
    if !removed.isEmpty { lines.append("They go too, for they rest on it: \(names(removed)).") }
    if !demoted.isEmpty { lines.append("They lose their role by it: \(names(demoted)).") }
    if invites > 0 { lines.append("Nobody is let in any more by invites of theirs: \(invites) open until now.") }
    return lines
  }
}
