import Testing

@testable import BullpenCore
@testable import BullpenNode

@Suite("What people type cannot dress up as something else")
struct TextTests {
  @Test(
    "a line loses control characters and marks of direction, and is composed",
    arguments: [
      ("Ada\u{202E}llid\u{202C}", "Adallid"), ("\u{2066}Ada\u{2069}", "Ada"), ("A\u{0}d\u{1B}a\u{7F}\u{85}", "Ada"),
      ("in\na meeting", "ina meeting"), ("  Ada ", "Ada"), ("A\u{308}da", "\u{C4}da"), ("عادا", "عادا"),
      ("<img src=x>", "<img src=x>"),
    ])
  func line(given: String, kept: String) throws {
    let line = try Text.line(given, characters: 20, bytes: 80, "line")
    #expect(Array(line.unicodeScalars) == Array(kept.unicodeScalars))
  }

  @Test("a text of several lines keeps them, and loses the rest")
  func lines() throws {
    #expect(try Text.optional("one\n\ttwo\u{202E}", bytes: 80, "text") == "one\n\ttwo")
  }

  @Test(
    "a room with such a name is none",
    arguments: ["page:/plan\u{202E}gnp.x", "a\u{7F}", "a\u{9B}", "\u{2067}a", "a\nb"])
  func room(name: String) {
    #expect(RoomID(name) == nil)
  }
}
