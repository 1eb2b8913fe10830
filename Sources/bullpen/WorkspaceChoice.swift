/// How people name a workspace, by the same rules for every command: its name or the beginning of it, in whatever
/// case, or the first digits of its id. What is exactly so comes before what only begins so.
enum WorkspaceChoice {
  struct Candidate: Hashable {
    var id: String
    /// Nil where its database cannot be read.
    var name: String?

    /// "“Harbour Desk” (51c0ffee)"
    var words: String { (name.map { "“\($0)”" } ?? "one whose name cannot be read") + " (\(id.prefix(8)))" }
  }

  /// The one that is meant, or the only one.
  ///
  /// - Parameter hint: what to say to name another, where one has to.
  /// - Throws: `Failure`, where none fits or several do.
  static func one(_ wanted: String?, of all: [Candidate], hint: String) throws -> Candidate {
    guard !all.isEmpty else {
      throw Failure(
        .refused, "This home is in no workspace.",
        hint: "`bullpen init` starts one, `bullpen join CODE` joins one.")
    }
    let there = "There are: \(all.map(\.words).joined(separator: ", ")). \(hint)"
    guard let wanted else {
      guard all.count == 1 else { throw Failure(.refused, "This home is in \(all.count) workspaces.", hint: there) }
      return all[0]
    }
    let found = fitting(wanted.lowercased(), all)
    guard found.count == 1 else {
      throw Failure(
        .refused,
        found.isEmpty
          ? "This home is in no workspace called “\(wanted)”." : "“\(wanted)” fits \(found.count) workspaces.",
        hint: there)
    }
    return found[0]
  }

  private static func fitting(_ wanted: String, _ all: [Candidate]) -> [Candidate] {
    let exact = all.filter { $0.name?.lowercased() == wanted || $0.id == wanted }
    guard exact.isEmpty, !wanted.isEmpty else { return exact }
    return all.filter { $0.name?.lowercased().hasPrefix(wanted) == true || $0.id.hasPrefix(wanted) }
  }
}
