import Foundation
import Glibc
import Logging

/// Writes to the home's log and, what matters at once, to the terminal.
struct NodeLogHandler: LogHandler {
  let dial: LogDial
  let file: LogFile?
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  /// The dial's, for all: one logger cannot be turned up alone.
  var logLevel: Logger.Level {
    get { dial.level }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var values = metadata
    for more in [metadataProvider?.get(), event.metadata] { values.merge(more ?? [:], uniquingKeysWith: { $1 }) }
    if let error = event.error { values["error"] = "\(error)" }
    let line = Self.line(Date(), event.level, "\(event.message)", values)
    file?.append(line)
    guard event.level >= .warning || dial.isAsked else { return }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// Values that hold a space, a quote or a control character are quoted, so that a message stays one line
  /// whatever a peer sent.
  static func line(_ date: Date, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
    let time = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let values = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }
    return "\(time) \(level.rawValue) \(message)\(values.joined())"
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "\"" && $0 != "=" }
    if isPlain, !value.isEmpty { return value }
    let escaped = value.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\n": "\\n"
      case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
        "\\u{\(String(scalar.value, radix: 16))}"
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}

extension Logger {
  /// A node's logger: as much as the dial says, to the terminal and into the home.
  public init(node dial: LogDial, file: LogFile?) {
    self.init(label: "bullpen") { _ in NodeLogHandler(dial: dial, file: file) }
  }
}
