// What may stand in a line that people read, whoever wrote it.

extension Unicode.Scalar {
  /// Whether it shows itself where it stands: no control character, and nothing that turns the direction of what follows,
  /// by which one text could be read as another.
  public var isPlain: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
    default: true
    }
  }
}

extension String {
  /// Whether it is one line of such characters, or empty.
  public var isPlainLine: Bool { unicodeScalars.allSatisfy(\.isPlain) }
}
