import BullpenCore
import CSodium

/// A stream sealed message by message: libsodium's secretstream over XChaCha20-Poly1305. Messages open in their order
/// only, none can be left out, and the last is marked, so that a stream that was cut short is known.
public enum SealedStream {
  /// Bytes that open a stream and that are no secret.
  public static let headerBytes = 24
  /// By how much a sealed message is longer than the plain one.
  public static let overhead = 17

  /// The sending end.
  public struct Sealer {
    public let header: [UInt8]
    private var state = crypto_secretstream_xchacha20poly1305_state()

    public init(_ key: PassphraseKey) {
      Sodium.ready
      var header = [UInt8](repeating: 0, count: SealedStream.headerBytes)
      crypto_secretstream_xchacha20poly1305_init_push(&state, &header, key.secret)
      self.header = header
    }

    /// - Parameters:
    ///   - bound: authenticated with the message and not part of it.
    ///   - isLast: nothing comes after it.
    public mutating func seal(_ message: [UInt8], bound: [UInt8] = [], isLast: Bool = false) -> [UInt8] {
      var sealed = [UInt8](repeating: 0, count: message.count + SealedStream.overhead)
      let tag =
        isLast
        ? crypto_secretstream_xchacha20poly1305_tag_final() : crypto_secretstream_xchacha20poly1305_tag_message()
      crypto_secretstream_xchacha20poly1305_push(
        &state, &sealed, nil, message, UInt64(message.count), bound, UInt64(bound.count), tag)
      return sealed
    }
  }

  /// The receiving end.
  public struct Opener {
    private var state = crypto_secretstream_xchacha20poly1305_state()

    /// Nil where the header is none.
    public init?(_ key: PassphraseKey, header: [UInt8]) {
      Sodium.ready
      guard header.count == SealedStream.headerBytes,
        crypto_secretstream_xchacha20poly1305_init_pull(&state, header, key.secret) == 0
      else { return nil }
    }

    /// Nil where the message was not sealed with this key, at this place of the stream, and with these bound bytes.
    public mutating func open(_ sealed: [UInt8], bound: [UInt8] = []) -> (message: [UInt8], isLast: Bool)? {
      guard sealed.count >= SealedStream.overhead else { return nil }
      var message = [UInt8](repeating: 0, count: sealed.count - SealedStream.overhead)
      var tag: UInt8 = 0
      guard
        crypto_secretstream_xchacha20poly1305_pull(
          &state, &message, nil, &tag, sealed, UInt64(sealed.count), bound, UInt64(bound.count)) == 0
      else { return nil }
      return (message, tag == crypto_secretstream_xchacha20poly1305_tag_final())
    }
  }
}
