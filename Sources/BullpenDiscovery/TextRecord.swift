import BullpenCore
import CAvahi
import CAvahiCore

/// The TXT record of a service (RFC 6763, section 6): strings of at most 255 bytes, each `key=value`.
package enum TextRecord {
  static let maxKeyBytes = 9

  package static func isValid(_ pairs: [String: String]) -> Bool {
    let sizes = pairs.map { $0.key.utf8.count + 1 + $0.value.utf8.count }
    // Each string costs a length byte.
    return pairs.keys.allSatisfy(isValidKey) && sizes.allSatisfy { $0 <= 255 }
      && sizes.reduce(0) { $0 + $1 + 1 } <= Limits.advertisedTextBytes
  }

  private static func isValidKey(_ key: String) -> Bool {
    (1...maxKeyBytes).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x3d }
  }

  /// The strings in a fixed order.
  package static func strings(of pairs: [String: String]) -> [[UInt8]] {
    pairs.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)".utf8) }
  }

  /// What a stranger's strings say. Pairs that break a rule are left out, of a key that comes twice the first
  /// counts, and a record above the bound says nothing at all.
  package static func pairs(of strings: [[UInt8]]) -> [String: String] {
    guard strings.reduce(0, { $0 + $1.count + 1 }) <= Limits.advertisedTextBytes else { return [:] }
    var pairs: [String: String] = [:]
    for string in strings {
      guard let equals = string.firstIndex(of: 0x3d),
        let key = String(validating: string[..<equals], as: UTF8.self)?.lowercased(), isValidKey(key),
        let value = String(validating: string[(equals + 1)...], as: UTF8.self),
        value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
      else { continue }
      if pairs[key] == nil { pairs[key] = value }
    }
    return pairs
  }

  /// Lends the strings as Avahi's list for one call; Avahi copies what it keeps.
  static func withList<Result>(
    of pairs: [String: String], _ body: (UnsafeMutablePointer<AvahiStringList>?) -> Result
  ) -> Result {
    var list: UnsafeMutablePointer<AvahiStringList>?
    for string in strings(of: pairs) { list = avahi_string_list_add_arbitrary(list, string, string.count) }
    // An empty list is a null pointer, which the free accepts.
    defer { avahi_string_list_free(list) }
    return body(list)
  }

  /// Copies Avahi's list, which lives only as long as the callback that brought it. Reads no further than the
  /// bound of a record that is heeded.
  package static func copy(_ list: UnsafeMutablePointer<AvahiStringList>?) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    var total = 0
    var next = list
    while let item = next, total <= Limits.advertisedTextBytes {
      let size = avahi_string_list_get_size(item)
      // Avahi keeps `size` bytes right behind the list's header.
      strings.append(Array(UnsafeBufferPointer(start: avahi_string_list_get_text(item), count: size)))
      total += size + 1
      next = avahi_string_list_get_next(item)
    }
    return strings
  }
}
