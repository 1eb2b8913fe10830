import CSodium

/// libsodium, made ready once. Every use of it goes through a type of this module.
enum Sodium {
  /// Ends the process when the library cannot be made ready: without it no key, signature or seal is real.
  static let ready: Void = precondition(sodium_init() >= 0, "libsodium cannot be initialised")
}

/// Randomness from the kernel, by libsodium.
///
/// A class, although it holds nothing: generators are handed on `inout`, what has no storage has no address, and
/// ThreadSanitizer looks at that address.
public final class SystemRandomness: RandomNumberGenerator, Sendable {
  public init() { Sodium.ready }

  public func next() -> UInt64 {
    var value: UInt64 = 0
    randombytes_buf(&value, MemoryLayout<UInt64>.size)
    return value
  }

  public func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = buffer.baseAddress { randombytes_buf(start, count) }
      initialized = count
    }
  }
}
