import CSodium

/// libsodium, made ready once. Every use of it goes through a type of this module.
enum Sodium {
  /// Ends the process when the library cannot be made ready: without it no key, signature or seal is real.
  static let ready: Void = precondition(sodium_init() >= 0, "libsodium cannot be initialised")
}

/// Randomness from the kernel, by libsodium.
public struct SystemRandomness: RandomNumberGenerator, Sendable {
  public init() { Sodium.ready }

  public mutating func next() -> UInt64 {
    var value: UInt64 = 0
    randombytes_buf(&value, MemoryLayout<UInt64>.size)
    return value
  }
}
