/// Why bytes were not understood. Nothing of them counts.
public enum WireError: Error, Hashable, Sendable {
  /// A frame announces more bytes than a frame may have, or none.
  case frameLength(UInt32)
  /// Not a message of this protocol, or a part of it is missing, too long or out of range.
  case malformed
}
