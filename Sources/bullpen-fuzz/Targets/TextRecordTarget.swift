import BullpenCore
import BullpenDiscovery
import CAvahi

/// The TXT record of an announced service, as any host of the LAN may announce it.
final class TextRecordTarget: FuzzTarget {
  static let name = "txt-record"
  static let form = InputForm.bytes
  static let words: [[UInt8]] = [[0], [255], Array("=".utf8), Array("v=1".utf8), Array("\u{7f}".utf8)]

  static func seeds() -> [[UInt8]] {
    [["v=1", "tcp=4781", "udp=4781"], ["v=1", "V=2", "=x", "novalue", "long=" + String(repeating: "x", count: 240)]]
      .map { strings in strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } }
  }

  func run(_ bytes: [UInt8]) throws -> String {
    // As it comes from the wire, through Avahi's own list.
    var list: UnsafeMutablePointer<AvahiStringList>?
    guard bytes.count <= Int(UInt16.max), avahi_string_list_parse(bytes, bytes.count, &list) == 0 else { return "none" }
    defer { avahi_string_list_free(list) }
    let strings = TextRecord.copy(list)
    let copied = strings.reduce(0) { $0 + $1.count + 1 }
    try require(copied <= Limits.advertisedTextBytes + 256, "\(copied) bytes are copied")
    let pairs = TextRecord.pairs(of: strings)
    for (key, value) in pairs {
      try require(
        (1...9).contains(key.utf8.count) && key == key.lowercased() && !key.contains("="), "a key that is none: \(key)")
      try require(
        value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }, "a control character in a value")
    }
    try require(TextRecord.isValid(pairs), "what was heard could not be said")
    try require(TextRecord.pairs(of: TextRecord.strings(of: pairs)) == pairs, "said and heard again it is another")
    return "\(min(pairs.count, 5)) pairs of \(min(strings.count, 5))"
  }
}
