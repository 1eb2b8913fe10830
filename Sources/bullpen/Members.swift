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
