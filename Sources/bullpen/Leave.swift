import ArgumentParser
import BullpenCore
import BullpenNode
import Foundation
import Logging

struct Leave: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Leave a workspace and erase it from this machine.",
    discussion: """
      The others hear a goodbye; then its database and keys are removed from the home. It cannot be undone: to come back
      takes an invite, and makes you a new member, on a new device key: the node takes one by itself or, where it is in \
      other workspaces, has it in another --home. The others keep what they have of it, your name and words
      included. The files are unlinked; that the disk overwrites them is not promised.
      """)

  @OptionGroup var home: HomeOptions
  @Argument(help: "Its name, or how that or its id begins. Default: the only one.") var workspace: String?
  @Flag(help: "Do not ask.") var yes = false

  func run() async throws {
    try await carryOut(home.json) {
      if let api = try? LocalAPI(home: home.path) { return try await leave(by: api) }
      guard Home.exists(home.path) else {
        throw Failure(.refused, "There is no home \(home.path).", hint: "Give the right one with --home.")
      }
      // No node runs, so this process is the node for a moment; it talks to nobody.
      let node = try await Node.aside(home.path)
      do {
        let found = try choose(await node.workspaces.map { .init(id: $0.id.description, name: $0.name) })
        // Who was cut, or cannot open it, may leave all the same.
        let office = try? await node.workspace(WorkspaceID(found.id))
        let me = try? await office?.me()
        let members = (try? await office?.members()) ?? []
        let owns = Leaving.Owner(
          isOwner: me?.role == .owner, admins: members.count { !$0.isSelf && $0.role == .admin },
          successor: members.first(where: \.isSuccessor)?.name)
        try confirm(Leaving(name: found.name, owns: owns, others: me == nil ? nil : members.count - 1))
        guard let id = WorkspaceID(found.id) else { throw ExitCode.failure }
        try await node.leave(id)
        await node.stop()
        done(found.name)
      } catch {
        await node.stop()
        throw error
      }
    }
  }

  private func leave(by api: LocalAPI) async throws {
    var api = api
    let items = try await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
    let found = try choose(items.map { .init(id: $0.id, name: $0.name) })
    api.workspace = found.id
    // Who was cut, or cannot open it, may leave all the same.
    let me = try? await api.ask("GET", "/user/current", as: MemberAnswer.self)
    let others = ((try? await api.people()) ?? [:]).values.filter { !$0.isSelf }
    let status = try? JSONDecoder.api.decode(StatusAnswer.self, from: await api.raw("GET", "/status?digests=false"))
    let owns = Leaving.Owner(
      isOwner: me?.role == "owner", admins: others.count { $0.role == "admin" },
      successor: others.first(where: \.isSuccessor)?.shown)
    try confirm(
      Leaving(
        name: found.name, owns: owns, others: me == nil ? nil : others.count, hasTwin: status?.hasTwin ?? false))
    let last = try? await api.ask("GET", "/setup", as: SetupAnswer.self)
    _ = try await api.raw("DELETE", "/workspaces/\(found.id)", body: ["name": .text(found.name)])
    if let last, items.count == 1 { await nextNode(after: last.deviceId) }
    done(found.name)
  }

  /// Waits for the node that takes the place of one which has left its last workspace, so that whoever joins next does so
  /// as a new device.
  private func nextNode(after last: String) async {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      if let api = try? LocalAPI(home: home.path),
        let setup = try? await api.ask("GET", "/setup", as: SetupAnswer.self), setup.deviceId != last
      {
        return
      }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private func choose(_ all: [WorkspaceChoice.Candidate]) throws -> (id: String, name: String) {
    let found = try WorkspaceChoice.one(workspace, of: all, hint: "Name one: `bullpen leave NAME`.")
    return (found.id, found.name ?? String(found.id.prefix(8)))
  }

  private func confirm(_ leaving: Leaving) throws {
    if !home.json { leaving.words.forEach(Output.line) }
    if yes { return }
    try Confirmation.need("leave", isForProgram: home.json, no: "That is not its name; nothing was done.") {
      print("To leave, type its name: ", terminator: "")
      fflush(nil)
      return readLine()?.trimmingCharacters(in: .whitespaces) == leaving.name
    }
  }

  private func done(_ name: String) {
    Output.line(home.json ? "{}" : "You have left “\(name)”. Nothing of it is in this home any more.")
  }
}

/// What a person is told before a workspace is left.
struct Leaving {
  /// What the workspace is left with.
  struct Owner {
    var isOwner: Bool
    /// Besides the person.
    var admins: Int
    /// Who may take the owner's place.
    var successor: String?
  }

  var name: String
  var owns: Owner
  /// How many are in it besides; nil where this device may not know any more.
  var others: Int?
  /// Whether another machine was met of late that lives with this device's key.
  var hasTwin = false

  var words: [String] {
    let erased = "“\(name)” will be erased from this machine: its history, your keys, what others sealed to you."
    if hasTwin {
      return [
        erased,
        "Only this copy goes where the other machine that was met with the same key of late goes on: there you stay who "
          + "you are. Without it, this is your last. What this one wrote and the others have not heard is lost.",
      ]
    }
    if others == 0 { return [erased, "Nobody else is in it, so nobody else has a copy."] }
    guard owns.isOwner, let others else { return [erased] }
    return [
      erased,
      "You own it, and \(others == 1 ? "one other person stays" : "\(others) others stay"). " + afterOwner,
    ]
  }

  private var afterOwner: String {
    if let successor = owns.successor { return "\(successor) can take your place, as you have named them." }
    return owns.admins > 0
      ? "The admins go on, but nobody can remove the first of them: name a successor first, with `bullpen successor NAME`."
      : "Nobody there can invite or remove anybody then: name a successor first, with `bullpen successor NAME`, or name an "
        + "admin first, with `bullpen role NAME admin`."
  }
}

extension Node {
  /// A node that talks to nobody, for what a command does to a home whose node is down.
  static func aside(_ home: String) async throws -> Node {
    guard var options = NodeOptions(discovery: "off", home: home) else { throw ExitCode.failure }
    options.port = 0
    options.interface = "lo"
    return try await Node(options, logger: Logger(label: "bullpen") { _ in SwiftLogNoOpLogHandler() })
  }
}
