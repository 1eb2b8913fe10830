import BullpenCore

/// What this node says of itself by mDNS (`protocol/discovery.md`). Everyone on the link can read it, so it
/// holds nothing about the person.
public struct Advertisement: Hashable, Sendable {
  /// A keyed hash of device and day: 1 to 63 bytes of UTF-8 (one DNS label), without control characters.
  public let instance: String
  /// Where the node listens, by TCP and UDP. Never 0.
  public let port: UInt16
  /// Keys are 1 to 9 printable ASCII characters without `=` (RFC 6763, section 6.4); together at most
  /// `Limits.advertisedTextBytes`.
  public let txt: [String: String]

  /// Nil when any part breaks its rule.
  public init?(instance: String, port: UInt16, txt: [String: String]) {
    guard InstanceName.isValid(instance), port != 0, TextRecord.isValid(txt) else { return nil }
    self.instance = instance
    self.port = port
    self.txt = txt
  }
}

/// The first label of a service's name.
enum InstanceName {
  static let maxBytes = 63

  static func isValid(_ name: String) -> Bool {
    (1...maxBytes).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
  }

  /// The name for the nth attempt, when the former ones were another's: `name`, `name-2`, `name-3` …, cut so
  /// that it stays one label.
  static func alternative(_ name: String, attempt: Int) -> String {
    guard attempt > 1 else { return name }
    let suffix = "-\(attempt)"
    var stem = ""
    for character in name {
      guard stem.utf8.count + character.utf8.count + suffix.utf8.count <= maxBytes else { break }
      stem.append(character)
    }
    return stem + suffix
  }
}
