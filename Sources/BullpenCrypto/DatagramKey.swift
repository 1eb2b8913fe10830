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

  private func nonce(_ header: DatagramHeader) -> [UInt8] {
    [UInt8](repeating: 0, count: 16) + header.sequence.bigEndianBytes
  }

  /// The whole datagram: header, then sealed content.
  public func seal(_ content: [UInt8], _ header: DatagramHeader) -> [UInt8] {
    let clear = header.bytes
    var sealed = [UInt8](repeating: 0, count: content.count + 16)
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      &sealed, nil, content, UInt64(content.count), clear, UInt64(clear.count), nil, nonce(header), secret)
    return clear + sealed
  }

  /// The content of a datagram; nil when a bit of it, or of the header, is not the sender's.
  public func open(_ datagram: some Collection<UInt8>, _ header: DatagramHeader) -> [UInt8]? {
    guard datagram.count >= DatagramHeader.minimum else { return nil }
    let clear = header.bytes
    let sealed = Array(datagram.dropFirst(DatagramHeader.size))
    var content = [UInt8](repeating: 0, count: sealed.count - 16)
    guard
      crypto_aead_xchacha20poly1305_ietf_decrypt(
        &content, nil, nil, sealed, UInt64(sealed.count), clear, UInt64(clear.count), nonce(header), secret) == 0
    else { return nil }
    return content
  }
}
