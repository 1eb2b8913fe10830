import BullpenCore
import Foundation

/// What people type, made fit to be kept: composed the same way everywhere (Unicode NFC), bounded, and without
/// control characters that could dress one text up as another.
enum Text {
  static func name(_ text: String) throws -> String {
    let name = clean(text, lines: false)
    guard (1...Limits.nameBytes).contains(name.utf8.count) else {
      throw NodeError(.invalid, "A name has 1 to \(Limits.nameBytes) bytes.", hint: "Choose another.")
    }
    return name
  }

  static func kind(_ text: String) throws -> String {
    let allowed = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 46 }
    guard (1...64).contains(text.utf8.count), allowed else {
      throw NodeError(.invalid, "A kind is 1 to 64 of the characters a–z, 0–9, “_” and “.”.")
    }
    return text
  }

  static func line(_ text: String, characters: Int, bytes: Int, _ what: String) throws -> String {
    let line = clean(text, lines: false)
    guard line.count <= characters, line.utf8.count <= bytes else {
      throw NodeError(.tooLarge, "The \(what) has \(characters) characters and \(bytes) bytes at most.")
    }
    return line
  }

  static func required(_ text: String, bytes: Int, _ what: String) throws -> String {
    let text = try optional(text, bytes: bytes, what)
    guard !text.isEmpty else { throw NodeError(.invalid, "The \(what) is empty.") }
    return text
  }

  static func optional(_ text: String, bytes: Int, _ what: String) throws -> String {
    let text = clean(text, lines: true)
    guard text.utf8.count <= bytes else { throw NodeError(.tooLarge, "The \(what) has \(bytes) bytes at most.") }
    return text
  }

  private static func clean(_ text: String, lines: Bool) -> String {
    let scalars = text.precomposedStringWithCanonicalMapping.unicodeScalars.filter { scalar in
      scalar == "\n" || scalar == "\t" ? lines : scalar.isPlain
    }
    return String(String.UnicodeScalarView(scalars)).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
