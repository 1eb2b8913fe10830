import BullpenCore
import BullpenNode

/// What a text must be before a node is asked to keep it. Each throws `invalid` with the field's pointer.
enum Check {
  static func name(_ text: String, at pointer: String) throws(Problem) {
    try bytes(text, 1...Limits.nameBytes, at: pointer)
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw Problem.invalid(pointer, "A name needs more than blanks.")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
      throw Problem.invalid(pointer, "A name has no line breaks and no control characters.")
    }
  }

  static func bytes(_ text: String?, _ range: ClosedRange<Int>, at pointer: String) throws(Problem) {
    guard let text else { return }
    let count = text.utf8.count
    let field = pointer.dropFirst()
    if count > range.upperBound {
      throw Problem.invalid(
        pointer, "`\(field)` has \(count) bytes; \(range.upperBound) are possible.", hint: "Shorten it.")
    }
    if count < range.lowerBound { throw Problem.invalid(pointer, "`\(field)` is empty.") }
  }

  static func characters(_ text: String?, _ most: Int, bytes: Int, at pointer: String) throws(Problem) {
    guard let text else { return }
    if text.count > most {
      throw Problem.invalid(
        pointer, "`\(pointer.dropFirst())` has \(text.count) characters; \(most) are possible.", hint: "Shorten it.")
    }
    try Check.bytes(text, 0...bytes, at: pointer)
  }

  static let roomRule =
    "A room's name has 1–\(Limits.roomBytes) bytes on one line, without control characters or marks of direction."

  static func room(_ text: String, at pointer: String) throws(Problem) -> RoomID {
    guard let room = RoomID(text) else {
      throw Problem.invalid(pointer, roomRule)
    }
    return room
  }

  static func member(_ text: String, at pointer: String) throws(Problem) -> MemberID {
    guard let member = MemberID(text) else {
      throw Problem.invalid(pointer, "This is not a member's id.", hint: "It has 32 hexadecimal digits.")
    }
    return member
  }

  /// A team by its id or its name, whatever the case of its letters.
  static func team(_ text: String, of workspace: any WorkspaceAPI, at pointer: String) async throws -> Team {
    let teams = try await workspace.teams()
    let found =
      teams.first { $0.id.description == text.lowercased() } ?? teams.first { $0.name == text }
      ?? teams.first { $0.name.lowercased() == text.lowercased() }
    guard let found else {
      throw Problem.invalid(
        pointer, "There is no team of this id or name.",
        hint: "`bullpen teams` lists them, and so does `GET /api/v1/teams`.")
    }
    return found
  }
}
