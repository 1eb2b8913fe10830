/// Reads JSON (RFC 8259) as programs mostly write it. What it does not read, another reader may; once something was not
/// read, nothing is read any more.
struct UsualJSON {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var place = 0
  private var isLost = false

  /// - Parameter bytes: UTF-8.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Whether all of it was read.
  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return !isLost && place == bytes.count
    }
  }

  /// Reads an object. Returns whether it could be read.
  /// - Parameter field: reads the value of a key; false for a key that it does not read.
  mutating func object(_ field: (String, inout UsualJSON) -> Bool) -> Bool {
    guard takes("{") else { return false }
    if takes("}", orElse: false) { return true }
    while let key = string() {
      guard takes(":"), field(key, &self), !isLost else { break }
      if takes(",", orElse: false) { continue }
      return takes("}")
    }
    isLost = true
    return false
  }

  /// Reads a string without escapes.
  mutating func string() -> String? {
    guard takes("\"") else { return nil }
    let start = place
    while place < bytes.count, bytes[place] >= 0x20, bytes[place] != UInt8(ascii: "\\") {
      if bytes[place] == UInt8(ascii: "\"") {
        defer { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
      }
      place += 1
    }
    isLost = true
    return nil
  }

  /// Reads a whole number that is not negative, of at most 15 digits.
  mutating func whole() -> Int? {
    skipSpace()
    let digits = digits()
    guard !isLost, digits.count <= 15, !continues else {
      isLost = true
      return nil
    }
    return bytes[digits].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// Reads a number that is not negative, without an exponent.
  mutating func fraction() -> Double? {
    skipSpace()
    let start = place
    _ = digits()
    if !isLost, place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      let first = place
      while place < bytes.count, isDigit(bytes[place]) { place += 1 }
      if place == first { isLost = true }
    }
    guard !isLost, !continues else {
      isLost = true
      return nil
    }
    return Double(String(decoding: bytes[start..<place], as: UTF8.self))
  }

  /// The digits that begin here, without a zero before others.
  private mutating func digits() -> Range<Int> {
    let start = place
    while place < bytes.count, isDigit(bytes[place]) { place += 1 }
    if place == start || place - start > 1 && bytes[start] == UInt8(ascii: "0") { isLost = true }
    return start..<place
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Whether a number goes on in a way that is not read here.
  private var continues: Bool {
    guard place < bytes.count else { return false }
    return [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[place])
  }

  private mutating func takes(_ letter: Unicode.Scalar, orElse isDemanded: Bool = true) -> Bool {
    skipSpace()
    guard !isLost, place < bytes.count, bytes[place] == UInt8(ascii: letter) else {
      if isDemanded { isLost = true }
      return false
    }
    place += 1
    return true
  }

  private mutating func skipSpace() {
    while place < bytes.count {
      switch bytes[place] {
      case 0x20, 0x09, 0x0a, 0x0d: place += 1
      default: return
      }
    }
  }
}
