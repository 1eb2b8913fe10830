import ArgumentParser
import BullpenCore
import BullpenNode
import Foundation
import Logging

/// Which of a home's workspaces a command is about, whether the node runs or not.
struct KeptWorkspaces: ParsableArguments {
  @OptionGroup var home: HomeOptions

  @Option(help: "Which workspace, by name or id. Default: all of them.")
  var workspace: String?

  /// - Throws: `Failure`, where there is none or not that one.
  func found() throws -> [Home.Kept] {
    guard Home.exists(home.path) else {
      throw Failure(.refused, "There is no home \(home.path).", hint: "Give the right one with --home.")
    }
    let all = Home.kept(in: home.path)
    guard !all.isEmpty else { throw Failure(.refused, "This home is in no workspace.") }
    guard let workspace else { return all }
    let meant = try WorkspaceChoice.one(
      workspace, of: all.map(\.candidate), hint: "Say which one with --workspace NAME.")
    return all.filter { "\($0.id)" == meant.id }
  }
}

extension Home.Kept {
  var candidate: WorkspaceChoice.Candidate { .init(id: "\(id)", name: name) }
  var words: String { candidate.words }
}

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that this machine's databases are what their logs say, and its keys theirs.",
    discussion: """
      Looks through the pages of each file; proves every statement and every entry of every log by its chain and its \
      author's signature; builds every table anew from the logs and compares the digests; looks whether the keys beside \
      them are there, and the right ones. Nothing is changed. The node may run meanwhile: what is compared is the state of \
      one moment.

      Exit code 0: all is right. 65: something is damaged; `bullpen repair` rebuilds a database, a backup brings back a key.
      """)

  @OptionGroup var kept: KeptWorkspaces

  func run() async throws {
    try await carryOut(kept.home.json) {
      var answers: [VerificationAnswer] = []
      for workspace in try kept.found() {
        let progress = ProgressLine(isShown: !kept.home.json)
        var found = try Home.verify(kept.home.path, workspace.id) { progress.show($0) }
        progress.end()
        if let trouble = await troubleOfNode(workspace) {
          found.findings = [.init(part: .node, count: 1, text: trouble)] + found.findings
        }
        answers.append(VerificationAnswer(found, workspace))
        if !kept.home.json { Self.tell(found, workspace) }
      }
      if kept.home.json { try Output.encoded(["items": answers]) }
      if answers.contains(where: { !$0.isClean }) { throw ExitCode(Failure.Code.damaged.rawValue) }
    }
  }

  /// What only the node that runs can tell: that its files were taken away.
  private func troubleOfNode(_ workspace: Home.Kept) async -> String? {
    guard var api = try? LocalAPI(home: kept.home.path) else { return nil }
    api.workspace = "\(workspace.id)"
    let storage = try? await api.ask("GET", "/status?digests=false", as: StatusAnswer.self).storage
    return storage?.state == "failed" ? storage.map { "\($0.detail) \($0.hint)" } : nil
  }

  private static func tell(_ found: WorkspaceVerification, _ workspace: Home.Kept) {
    Output.line("\(workspace.words): \(found.isClean ? "all is right." : "not all is right.")")
    if found.logs > 0 {
      Output.line(
        "  proved: \(Output.many(found.statements, "statement")), \(Output.many(found.entries, "entry", "entries")) in "
          + "\(Output.many(found.logs, "log")); "
          + "compared: \(Output.many(found.rows, "row")) in \(Output.many(found.tables.count, "table"))")
    }
    for finding in found.findings { Output.line("  - \(finding.text)") }
    if found.isRepairable {
      Output.line("  `bullpen repair` rebuilds it from what can be read, and the rest comes from the others.")
    }
  }
}

struct RepairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Rebuild a damaged database from its logs, and then from the others.",
    discussion: """
      What can still be read of the logs, and is proved by its author's signature, goes into a new database; every table \
      is built from it. The damaged file is kept aside. What is missing comes from colleagues' laptops as soon as one is \
      near, also what this device itself wrote; if its end may be missing here, this device goes on in a history of its \
      own, so that nothing is signed twice. Keys and membership stay as they are.

      Where the node runs, it does this and its other workspaces go on. A database with nothing wrong is left alone.
      """)

  @OptionGroup var kept: KeptWorkspaces
  @Flag(help: "Rebuild it also where nothing is wrong.") var force = false

  func run() async throws {
    try await carryOut(kept.home.json) {
      let workspaces = try kept.found()
      var answers: [RepairAnswer] = []
      var refused: [Failure] = []
      let api = try? LocalAPI(home: kept.home.path)
      // No node runs, so this process is the node for a moment; it talks to nobody.
      let aside = api == nil ? try await Node.aside(kept.home.path) : nil
      for workspace in workspaces {
        do {
          let answer =
            if let api { try await repair(workspace, by: api) } else { try await repair(workspace, by: aside) }
          answers.append(answer)
          if !kept.home.json { answer.tell(workspace) }
        } catch {
          refused.append(Failure(error))
        }
      }
      await aside?.stop()
      // With several, those with nothing wrong are no failure.
      if let failure = refused.first, answers.isEmpty || refused.contains(where: { $0.code != .refused }) {
        throw failure
      }
      if kept.home.json { try Output.encoded(["items": answers]) }
    }
  }

  private func repair(_ workspace: Home.Kept, by api: LocalAPI) async throws -> RepairAnswer {
    let data = try await api.raw(
      "POST", "/workspaces/\(workspace.id)/repair", body: ["force": .truth(force)], patience: 3_600)
    return try JSONDecoder.api.decode(RepairAnswer.self, from: data)
  }

  private func repair(_ workspace: Home.Kept, by node: Node?) async throws -> RepairAnswer {
    guard let node else { throw ExitCode.failure }
    let progress = ProgressLine(isShown: !kept.home.json)
    defer { progress.end() }
    return RepairAnswer(try await node.repair(workspace.id, force: force) { progress.show($0) }, workspace)
  }
}
