import ArgumentParser
import BullpenNode
import Foundation

/// Which workspace a command is about, where the home's node is in several.
struct WorkspaceOptions: ParsableArguments {
  @OptionGroup var home: HomeOptions

  @Option(help: "Which workspace, by name or id, where the node is in several.")
  var workspace: String?

  var json: Bool { home.json }

  /// The running node, asked about the workspace that was named, or the only one.
  /// - Throws: `Failure`, where none fits or several do.
  func api() async throws -> LocalAPI {
    var api = try LocalAPI(home: home.path)
    let known = try await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
    // With none, or one that is meant anyway, the node's own answer says what there is to say.
    guard workspace != nil || known.count > 1 else { return api }
    api.workspace =
      try WorkspaceChoice.one(
        workspace, of: known.map { .init(id: $0.id, name: $0.name) }, hint: "Say which one with --workspace NAME."
      ).id
    return api
  }
}
