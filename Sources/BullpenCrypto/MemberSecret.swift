import BullpenCore
import CSodium

/// The secret half of a member: an X25519 pair, shared by the member's own devices.
public struct MemberSecret: Sendable {
  public let key: MemberKey
  public let secret: Bytes32

  public init(secret: Bytes32) {
    Sodium.ready
    var publicKey = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
    crypto_scalarmult_base(&publicKey, secret.bytes)
    self.secret = secret
    key = MemberKey(bytes: publicKey)!  // libsodium's public keys have 32 bytes
  }

  public init(using generator: inout some RandomNumberGenerator) {
    self.init(secret: Bytes32(using: &generator))
  }

  /// Opens a member's secret that was sealed to this key; nil when it was not.
  public func openSecret(_ box: [UInt8]) -> MemberSecret? { openGrant(box).map { MemberSecret(secret: $0.secret) } }

  /// Opens a grant that was sealed to this member; nil when it was not.
  public func openGrant(_ box: [UInt8]) -> RowSecret? {
    guard box.count == GrantBox.size else { return nil }
    var out = [UInt8](repeating: 0, count: 32)
    guard crypto_box_seal_open(&out, box, UInt64(box.count), key.bytes, secret.bytes) == 0 else { return nil }
    return Bytes32(out).map(RowSecret.init)
  }
}

/// A sealed box as libsodium's `crypto_box_seal` makes it (ephemeral key 32 ‖ box 48), but with the ephemeral
/// pair from a generator that is handed in, so that a simulated run repeats to the byte.
enum GrantBox {
  static let size = 32 + 16 + 32
}

extension MemberKey {
  /// Seals a member's secret to the key of a further device, in the form of a grant.
  public func sealSecret(_ member: MemberSecret, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
    sealGrant(RowSecret(member.secret), using: &generator)
  }

  /// Seals a row's key so that only this member can open it. Nil for a key of low order, which nobody owns.
  public func sealGrant(_ row: RowSecret, using generator: inout some RandomNumberGenerator) -> [UInt8]? {
    let ephemeral = MemberSecret(using: &generator)
    var nonce = [UInt8](repeating: 0, count: Int(crypto_box_NONCEBYTES))
    let seed = ephemeral.key.bytes + bytes
    crypto_generichash_blake2b(&nonce, nonce.count, seed, UInt64(seed.count), nil, 0)
    let message = row.secret.bytes
    var box = [UInt8](repeating: 0, count: message.count + Int(crypto_box_MACBYTES))
    guard
      crypto_box_easy(&box, message, UInt64(message.count), nonce, bytes, ephemeral.secret.bytes) == 0
    else { return nil }
    return ephemeral.key.bytes + box
  }
}
