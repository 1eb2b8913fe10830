import Foundation

/// What a command prints.
enum Output {
  /// Colleagues' words may be in it, but nothing that a terminal would obey.
  static func line(_ text: String) { print(shown(text, lines: true)) }

  /// As it is: what only we have made.
  static func raw(_ text: String) { print(text) }

  /// Whatever somebody wrote, as a terminal can show it: it moves no cursor, turns no line around, and where it goes on to
  /// another line that stays to be seen.
  ///
  /// - Parameter lines: whether it may have several.
  static func shown(_ text: String, lines: Bool = false) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.replacingOccurrences(of: "\r\n", with: "\n").unicodeScalars {
      switch scalar.value {
      case 0x0A where lines: shown.append(scalar)
      case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: shown.append(contentsOf: " ↵ ".unicodeScalars)
      case 0x09: shown.append(" ")
      case ..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: shown.append("\u{FFFD}")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// For the person, beside what a program reads.
  static func error(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  /// JSON as the API gave it, on one line's end.
  static func json(_ data: Data) { print(String(decoding: data, as: UTF8.self)) }

  /// The same of a value of ours, in the API's spelling.
  static func encoded(_ value: some Encodable) throws { json(try encode(value)) }

  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// Columns, each as wide as its widest cell, with two spaces between.
  static func table(_ rows: [[String]], empty: String) {
    guard !rows.isEmpty else { return line(empty) }
    let rows = rows.map { $0.map { shown($0) } }
    let first = rows[0]
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      line(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }
  }

  /// "1 entry", "12 entries".
  ///
  /// - Parameter several: nil where an s makes it.
  static func many(_ count: some BinaryInteger, _ one: String, _ several: String? = nil) -> String {
    "\(count) \(count == 1 ? one : several ?? one + "s")"
  }

  /// "just now", "12 min ago", "3 h ago", "5 days ago"; of a moment that is still to come "in 3 h".
  static func ago(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "never" }
    let seconds = (Int64(Date().timeIntervalSince1970 * 1_000) - milliseconds) / 1_000
    let span =
      switch abs(seconds) {
      case ..<60: ""
      case ..<3_600: "\(abs(seconds) / 60) min"
      case ..<172_800: "\(abs(seconds) / 3_600) h"
      default: "\(abs(seconds) / 86_400) days"
      }
    return span.isEmpty ? "just now" : seconds < 0 ? "in \(span)" : "\(span) ago"
  }
}
