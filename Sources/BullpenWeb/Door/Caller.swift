import BullpenCore

/// Who makes a request, once that is known.
enum Caller: Hashable, Sendable {
  /// The view, by its cookie; whether it also has its origin's token.
  case view(hasOriginToken: Bool)
  /// The person at the command line, by the token in the home.
  case person
  case app(id: String, Set<Scope>)
}

/// What a route asks of its caller.
enum Right: Hashable, Sendable {
  /// Open to all.
  case none
  case read
  case write
  /// Changes who may ask, or which workspaces the node is in: no app may.
  case own
  /// Only the person's own token.
  case command
}

extension Caller {
  /// The reason why not; nil where it may.
  func refusal(of right: Right) -> Problem? {
    switch (self, right) {
    case (_, .none), (.person, _), (.view, .read): return nil
    case (.view(let hasOriginToken), .write), (.view(let hasOriginToken), .own):
      if hasOriginToken { return nil }
      return Problem(
        .forbidden, code: "forbidden", "The header Bullpen-Origin-Token is missing or is not this login's.",
        hint: "Run `bullpen open` for a fresh login link.")
    case (.view, .command):
      return Problem(.forbidden, code: "forbidden", "Only the command may do this.", hint: "Use `bullpen open`.")
    case (.app(_, let scopes), .read):
      return scopes.contains(.read) ? nil : Self.lacking("read")
    case (.app(_, let scopes), .write):
      return scopes.contains(.write) ? nil : Self.lacking("write")
    case (.app, .own), (.app, .command):
      return Problem(.forbidden, code: "forbidden", "No app may do this.", hint: "Do it in the view or by the command.")
    }
  }

  private static func lacking(_ scope: String) -> Problem {
    Problem(
      .forbidden, code: "forbidden", "This token lacks the scope `\(scope)`.",
      hint: "Make one that has it: POST /api/v1/tokens with the home's token.")
  }
}
