import BullpenCore
import CSodium

/// The key of one direction of one datagram session: XChaCha20-Poly1305 with the whole header as associated
/// data and the sequence number as nonce (16 zero bytes, then 8 bytes big-endian). A key lives for one session
/// and a number is used once in it, so a nonce never repeats.
public struct DatagramKey: Sendable {
  private let secret: [UInt8]

  public init(_ secret: Bytes32) {
    Sodium.ready
    self.secret = secret.bytes
  }

  /// Hands 24 bytes to a call of the library.
  private func withNonce<Outcome>(
    _ header: DatagramHeader, _ body: (UnsafePointer<UInt8>) -> Outcome
  ) -> Outcome {
    withUnsafeBytes(of: (UInt64(0), UInt64(0), header.sequence.bigEndian)) {
      body($0.baseAddress!.assumingMemoryBound(to: UInt8.self))  // three words
    }
  }

  /// The whole datagram: header, then sealed content.
  public func seal(_ content: [UInt8], _ header: DatagramHeader) -> [UInt8] {
    let size = DatagramHeader.size
    let count = size + content.count + DatagramHeader.authenticatorBytes
    return [UInt8](unsafeUninitializedCapacity: count) { datagram, filled in
      let start = datagram.baseAddress!  // there is room for a header at least
      header.write(to: UnsafeMutableRawBufferPointer(datagram))
      withNonce(header) { nonce in
        _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
          start + size, nil, content, UInt64(content.count), start, UInt64(size), nil, nonce, secret)
      }
      filled = count
    }
  }

  /// The content of a datagram; nil when a bit of it, or of the header, is not the sender's.
  public func open(_ datagram: UnsafeRawBufferPointer, _ header: DatagramHeader) -> [UInt8]? {
    let size = DatagramHeader.size
    guard datagram.count >= DatagramHeader.minimum, let base = datagram.baseAddress else { return nil }
    let sealed = (base + size).assumingMemoryBound(to: UInt8.self)
    var isOpen = false
    let content = [UInt8](
      unsafeUninitializedCapacity: datagram.count - size - DatagramHeader.authenticatorBytes
    ) { content, filled in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { clear in
        header.write(to: UnsafeMutableRawBufferPointer(clear))
        isOpen =
          withNonce(header) { nonce in
            crypto_aead_xchacha20poly1305_ietf_decrypt(
              content.baseAddress, nil, nil, sealed, UInt64(datagram.count - size), clear.baseAddress, UInt64(size),
              nonce, secret)
          } == 0
      }
      filled = isOpen ? content.count : 0
    }
    return isOpen ? content : nil
  }

  public func open(_ datagram: some Collection<UInt8>, _ header: DatagramHeader) -> [UInt8]? {
    Array(datagram).withUnsafeBytes { open($0, header) }
  }
}
