import Foundation

/// Puts server-sent events together from bytes as they come. A node's own events are short and each ends with an
/// empty line; what is longer than a line may be is dropped with its event.
struct EventReader {
  private static let lineBytes = 1024 * 1024
  private var line: [UInt8] = []
  private var name = "message"
  private var data = Data()

  /// - Returns: the events that are whole now.
  mutating func read(_ bytes: some Sequence<UInt8>) -> [(name: String, data: Data)] {
    var events: [(name: String, data: Data)] = []
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        if line.count < Self.lineBytes { line.append(byte) }
        continue
      }
      if line.isEmpty, !data.isEmpty {
        events.append((name, data))
        (name, data) = ("message", Data())
      } else if let text = field("event: ") {
        name = String(decoding: text, as: UTF8.self)
      } else if let text = field("data: ") {
        data = Data(text)
      }
      line.removeAll(keepingCapacity: true)
    }
    return events
  }

  private func field(_ name: String) -> ArraySlice<UInt8>? {
    line.starts(with: name.utf8) ? line.dropFirst(name.utf8.count) : nil
  }
}
