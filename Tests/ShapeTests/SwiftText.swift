/// Swift source with comments, and what string literals hold, replaced by spaces, so that a rule about code does not
/// stumble over prose. Lines stay where they are.
enum SwiftText {
  static func code(of source: String) -> String {
    var reader = Reader(text: Array(source.utf8))
    reader.read()
    return String(decoding: reader.code, as: UTF8.self)
  }

  /// The lines that hold any of the words, with their numbers from 1. Searching for words is much cheaper than
  /// matching patterns.
  static func lines(of source: String, holding words: [String]) -> [(number: Int, text: Substring)] {
    guard words.contains(where: source.contains) else { return [] }
    var found: [(number: Int, text: Substring)] = []
    for (index, line) in code(of: source).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where words.contains(where: line.contains) {
      found.append((index + 1, line))
    }
    return found
  }

  private static let newline = UInt8(ascii: "\n")
  private static let quote = UInt8(ascii: "\"")
  private static let hash = UInt8(ascii: "#")

  private struct Reader {
    let text: [UInt8]
    var at = 0
    var code: [UInt8] = []

    init(text: [UInt8]) {
      self.text = text
      code.reserveCapacity(text.count)
    }

    func starts(_ word: StaticString, hashes: Int = 0) -> Bool {
      let length = word.utf8CodeUnitCount
      guard at + length + hashes <= text.count else { return false }
      for place in 0..<length where text[at + place] != word.utf8Start[place] { return false }
      for place in 0..<hashes where text[at + length + place] != hash { return false }
      return true
    }

    mutating func blank(_ count: Int = 1) {
      for byte in text[at..<min(at + count, text.count)] {
        code.append(byte == newline ? newline : UInt8(ascii: " "))
      }
      at += count
    }

    mutating func read() {
      while at < text.count {
        if starts("//") {
          while at < text.count, text[at] != newline { blank() }
        } else if starts("/*") {
          comment()
        } else if text[at] == quote || text[at] == hash {
          literal()
        } else {
          code.append(text[at])
          at += 1
        }
      }
    }

    /// Block comments nest.
    private mutating func comment() {
      var depth = 0
      repeat {
        if starts("/*") {
          depth += 1
          blank(2)
        } else if starts("*/") {
          depth -= 1
          blank(2)
        } else {
          blank()
        }
      } while depth > 0 && at < text.count
    }

    /// A string with its hashes, on one line or many. An interpolation counts as text.
    private mutating func literal() {
      let hashes = text[at...].prefix { $0 == hash }.count
      guard at + hashes < text.count, text[at + hashes] == quote else {
        code.append(contentsOf: text[at..<at + hashes])
        at += hashes
        return
      }
      blank(hashes)
      let isLong = starts("\"\"\"")
      blank(isLong ? 3 : 1)
      while at < text.count {
        if isLong ? starts("\"\"\"", hashes: hashes) : starts("\"", hashes: hashes) {
          blank((isLong ? 3 : 1) + hashes)
          return
        }
        if !isLong, text[at] == newline { return }
        if starts("\\", hashes: hashes) {
          blank(1 + hashes)
          if starts("(") { interpolation() } else { blank() }
        } else {
          blank()
        }
      }
    }

    private mutating func interpolation() {
      var depth = 0
      repeat {
        if starts("(") { depth += 1 }
        if starts(")") { depth -= 1 }
        if starts("\"") { literal() } else { blank() }
      } while depth > 0 && at < text.count
    }
  }
}
