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
    let names = known.map { "“\($0.name)”" }.joined(separator: ", ")
    guard let wanted = workspace?.lowercased() else {
      guard known.count <= 1 else {
        throw Failure(
          .refused, "This node is in \(known.count) workspaces: \(names).", hint: "Say which one with --workspace NAME."
        )
      }
      return api
    }
    let exact = known.filter { $0.name.lowercased() == wanted || $0.id == wanted }
    let found =
      exact.isEmpty ? known.filter { $0.name.lowercased().hasPrefix(wanted) || $0.id.hasPrefix(wanted) } : exact
    guard found.count == 1 else {
      throw Failure(
        .refused,
        found.isEmpty
          ? "This node is in no workspace called “\(workspace ?? "")”."
          : "“\(workspace ?? "")” fits \(found.count) workspaces.",
        hint: known.isEmpty
          ? "It is in none yet: `bullpen init` starts one, `bullpen join CODE` joins one."
          : "`bullpen status` shows those there are, with their ids.")
    }
    api.workspace = found[0].id
    return api
  }
}
