import BullpenCore
import CSodium

/// BLAKE2b (RFC 7693) with a digest of 32 bytes, taken piece by piece.
public final class Blake2b {
  /// libsodium's state wants 64-byte alignment, which Swift's importer cannot express: it lives on the heap.
  private let state: UnsafeMutableRawPointer
  private var reference: OpaquePointer { OpaquePointer(state) }

  /// - Parameter key: none, or 16–64 bytes.
  public init(key: [UInt8] = []) {
    Sodium.ready
    state = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    crypto_generichash_init(reference, key.isEmpty ? nil : key, key.count, 32)
  }

  deinit { state.deallocate() }

  public func update(_ bytes: [UInt8]) { crypto_generichash_update(reference, bytes, UInt64(bytes.count)) }

  /// The digest of all that was given. Call it once.
  public func finish() -> Digest {
    var out = [UInt8](repeating: 0, count: 32)
    crypto_generichash_final(reference, &out, out.count)
    return Digest(bytes: out)!  // 32 bytes were asked for
  }

  /// The digest of the parts, one after another. Parts of variable length need their own separators.
  public static func digest(_ parts: [UInt8]...) -> Digest {
    let hash = Blake2b()
    for part in parts { hash.update(part) }
    return hash.finish()
  }

  /// The digest of bytes that lie together, into 32 bytes. libsodium must be ready.
  static func digest(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) {
    guard out.count == 32, let start = out.baseAddress else { preconditionFailure("a digest has 32 bytes") }
    crypto_generichash(
      start.assumingMemoryBound(to: UInt8.self), 32, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      UInt64(bytes.count), nil, 0)
  }

  public static func keyed(_ key: [UInt8], _ parts: [UInt8]...) -> Digest {
    let hash = Blake2b(key: key)
    for part in parts { hash.update(part) }
    return hash.finish()
  }
}

extension String {
  /// How a digest begins that means one thing only: these bytes, then a zero.
  var domain: [UInt8] { Array("bullpen v1 \(self)".utf8) + [0] }
}
