import BullpenNode

/// A workspace of this home that the node cannot open, as a terminal tells of it. The node runs on for the others.
struct ShutWorkspace: Hashable {
  var id: String
  var name: String
  /// Why, as a sentence.
  var reason: String
  /// What to do; empty where there is nothing.
  var hint: String

  /// One line, which stands alone in a journal.
  var sentence: String { (["The workspace “\(name)” is shut.", reason] + rest).joined(separator: " ") }

  /// Lines among those of `bullpen status`.
  var statusLines: [String] {
    ["workspace  \(name) (\(id.prefix(8))): shut. \(reason)"] + rest.map { "           \($0)" }
  }

  private var rest: [String] { hint.isEmpty ? [] : [hint] }
}

extension ShutWorkspace {
  /// Nil where it is open.
  init?(_ view: WorkspaceView) {
    guard let trouble = view.trouble else { return nil }
    self.init(id: view.id.description, name: view.name, reason: trouble.message, hint: trouble.hint)
  }

  /// Nil where it is open.
  init?(_ answer: WorkspaceAnswer) {
    guard let trouble = answer.trouble else { return nil }
    self.init(id: answer.id, name: answer.name, reason: trouble.detail, hint: trouble.hint)
  }
}
