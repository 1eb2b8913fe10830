import ArgumentParser
import BullpenCore
import BullpenNode
import Foundation
import Glibc

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Start a workspace: the first door, without a browser.")

  @OptionGroup var home: HomeOptions
  @Option(help: "Your name, as others see it.") var name: String
  @Option(help: "The workspace's name.") var workspace: String
  @Flag(help: "Start it beside those that this home is in already.") var another = false

  func run() async throws {
    try await carryOut(home.json) {
      let made: WorkspaceAnswer
      var isRunning = false
      if let api = try? LocalAPI(home: home.path) {
        let known = try await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
        guard another || known.isEmpty else { throw Self.taken }
        made = try await api.ask(
          "POST", "/workspaces", body: ["name": .text(workspace), "member_name": .text(name)], as: WorkspaceAnswer.self)
        isRunning = true
      } else {
        // No node runs, so this process is the node for a moment; it talks to nobody.
        let node = try await Node.aside(home.path)
        defer { Task { await node.stop() } }
        let known = await node.workspaces
        guard another || known.isEmpty else { throw Self.taken }
        let view = try await node.startWorkspace(named: workspace, memberName: name)
        made = WorkspaceAnswer(id: view.id.description, name: view.name, isRemoved: false)
        await node.stop()
      }
      if home.json { return Output.json(try JSONEncoder().encode(made)) }
      let next = isRunning ? "Invite others" : "Start the node with `bullpen up`, then invite others"
      Output.line("“\(made.name)” is yours. \(next): `bullpen invite`.")
    }
  }

  private static var taken: Failure {
    Failure(.refused, "This home has a workspace already.", hint: "Add --another to start one beside it.")
  }
}

struct InviteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite", abstract: "Make an invite. Who has the code can join while it lasts.")

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "How many devices may use it. Default: 1.") var uses: Int?
  @Option(help: "How long it lasts, at most 30 days: 30m, 12h, 1d, 4w. Default: 1d.") var expires: String?
  @Option(help: "What joiners become: member, admin or guest. Default: member.") var role: String?
  @Flag(help: "For another laptop of your own: it becomes yours too. It lasts an hour, while this node runs.")
  var ownDevice = false
  @Flag(help: "Show the invite's link as a QR picture too.") var qr = false

  func validate() throws {
    if ownDevice, uses != nil || expires != nil || role != nil {
      throw ValidationError(
        "--own-device makes one laptop yours within an hour: --uses, --expires and --role do not go with it.")
    }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let expires = expires ?? "1d"
      guard let seconds = Self.seconds(expires) else {
        throw Failure(.usage, "--expires takes a number with m, h, d or w, such as 1d, not “\(expires)”.")
      }
      guard (60...30 * 86_400).contains(seconds) else {
        throw Failure(.usage, "An invite lasts from a minute to 30 days, and \(expires) is not in between.")
      }
      let api = try await office.api()
      let data = try await api.raw(
        "POST", "/invites",
        body: ownDevice
          ? ["own_device": true]
          : ["uses": .number(uses ?? 1), "expires_in": .number(seconds), "role": .text(role ?? "member")])
      if office.json { return Output.json(data) }
      let invite = try JSONDecoder.api.decode(InviteAnswer.self, from: data)
      Output.line(invite.code)
      Output.line("")
      if qr {
        for line in QRBlocks.lines(invite.qr, inColour: isatty(STDOUT_FILENO) == 1) { Output.raw(line) }
        Output.line("")
      }
      if ownDevice {
        Output.line("Good for one laptop of your own, within the hour. On that machine, run:")
        Output.line("  bullpen join CODE")
        return
      }
      Output.line("Good for \(Output.many(invite.uses, "device")). On the other machine, run:")
      Output.line("  bullpen join CODE --name NAME")
    }
  }

  static func seconds(_ text: String) -> Int? {
    let units: [Character: Int] = ["m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
    guard let last = text.last, let unit = units[last], let count = Int(text.dropLast()), (1...10_000).contains(count)
    else { return nil }
    return count * unit
  }
}
