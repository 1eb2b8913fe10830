import ArgumentParser
import Foundation

struct Members: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show everybody in the workspace, with roles and devices.")

  @OptionGroup var office: WorkspaceOptions

  func run() async throws {
    try await carryOut(office.json) {
      let data = try await office.api().raw("GET", "/members")
      if office.json { return Output.json(data) }
      let members = try JSONDecoder.api.decode(List<MemberAnswer>.self, from: data).items
      Output.table(
        members.sorted { ($0.name.lowercased(), $0.userId) < ($1.name.lowercased(), $1.userId) }.map { member in
          let devices = member.devices.map { String($0.prefix(8)) }.joined(separator: ", ")
          return [
            member.shown,
            member.role + (member.isSuccessor ? ", successor" : "")
              + (member.isSurplus ? ", one more than invited" : ""),
            devices,
            String(member.userId.prefix(8)),
          ]
        }, empty: "Nobody is in this workspace.")
    }
  }
}

struct RoleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role", abstract: "Make somebody an admin, a member or a guest.",
    discussion: """
      The owner and admins may. Admins invite people, name other admins, and remove members and whoever became an \
      admin after them. Who loses a role keeps what was done with it, \
      but the invites that an admin gave let nobody in any more.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Whom: a name or an id.") var who: String
  @Argument(help: "admin, member or guest.") var role: String

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let data = try await api.raw("PUT", "/members/\(try await api.member(who))/role", body: ["role": .text(role)])
      if office.json { return Output.json(data) }
      let member = try JSONDecoder.api.decode(MemberAnswer.self, from: data)
      Output.line("\(member.shown) is \(member.role == "admin" ? "an admin" : "a \(member.role)") now.")
    }
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
      let data = try await api.raw("DELETE", path)
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
    func names(_ ids: [String]) -> String { ids.map { people[$0]?.shown ?? $0 }.joined(separator: ", ") }
    let devices = removal.alsoCut.map { id in
      let other = people.values.first { $0.userId != member.userId && $0.devices.contains(id) }
      return (other.map { "\($0.shown)'s " } ?? "") + id.prefix(8)
    }
    if !devices.isEmpty {
      lines.append("Devices that rest on it go too: \(devices.joined(separator: ", ")).")
    }
    if !removal.alsoRemoved.isEmpty { lines.append("They go too, for they rest on it: \(names(removal.alsoRemoved)).") }
    if !removal.alsoDemoted.isEmpty { lines.append("They lose their role by it: \(names(removal.alsoDemoted)).") }
    if removal.endedInvites > 0 {
      lines.append("Nobody is let in any more by invites of theirs: \(removal.endedInvites) open until now.")
    }
    return lines + ["What such a device holds already cannot be called back."]
  }
}

struct Rename: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Change your own name, as everybody sees it.")

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "The new name.") var name: [String]

  func run() async throws {
    try await carryOut(office.json) {
      let data = try await office.api().raw(
        "PUT", "/user/current", body: ["name": .text(name.joined(separator: " "))])
      if office.json { return Output.json(data) }
      Output.line("You are \(try JSONDecoder.api.decode(MemberAnswer.self, from: data).name) now.")
    }
  }
}

struct RenameWorkspace: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rename-workspace", abstract: "Change the workspace's name, for everybody. Owner and admins may.")

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "The new name.") var name: [String]

  func run() async throws {
    try await carryOut(office.json) {
      let data = try await office.api().raw("PUT", "/workspace", body: ["name": .text(name.joined(separator: " "))])
      if office.json { return Output.json(data) }
      Output.line("The workspace is “\(try JSONDecoder.api.decode(WorkspaceAnswer.self, from: data).name)” now.")
    }
  }
}
