import BullpenCore
import CSodium

/// What an Ed25519 signature is for. A signature for one purpose never counts for another.
public enum SigningDomain: String, Sendable {
  case statement, log, datagram
  case inviteJoin = "invite join"
  case inviteCredential = "invite credential"
  case memberKey = "member key"
  case consent

  /// The signed bytes: "bullpen v1 ", the name, a zero, then the message.
  func message(_ bytes: [UInt8]) -> [UInt8] { rawValue.domain + bytes }
}

/// The secret half of a device: an Ed25519 key pair (RFC 8032).
public struct DeviceKey: Sendable {
  public let id: DeviceID
  /// The 32 bytes from which the pair is made, and that the key file holds.
  public let seed: Bytes32
  private let secret: [UInt8]

  public init(seed: Bytes32) {
    Sodium.ready
    var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
    var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
    crypto_sign_seed_keypair(&publicKey, &secret, seed.bytes)
    self.seed = seed
    self.secret = secret
    id = DeviceID(bytes: publicKey)!  // libsodium's public keys have 32 bytes
  }

  public init(using generator: inout some RandomNumberGenerator) {
    self.init(seed: Bytes32(using: &generator))
  }

  public func sign(_ bytes: [UInt8], _ domain: SigningDomain) -> Signature {
    let message = domain.message(bytes)
    var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
    crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
    return Signature(bytes: signature)!  // libsodium's signatures have 64 bytes
  }
}

extension DeviceKey {
  /// The X25519 pair of the same secret (RFC 7748, section 4.1, by birational map): what is sealed to this device opens
  /// with it.
  public var sealing: MemberSecret {
    var scalar = [UInt8](repeating: 0, count: 32)
    crypto_sign_ed25519_sk_to_curve25519(&scalar, secret)
    return MemberSecret(secret: Bytes32(scalar)!)  // 32 bytes
  }
}

extension DeviceID {
  /// The public half of `DeviceKey.sealing`; nil for bytes that are no device's key.
  public var sealing: MemberKey? {
    Sodium.ready
    var key = [UInt8](repeating: 0, count: 32)
    guard crypto_sign_ed25519_pk_to_curve25519(&key, bytes) == 0 else { return nil }
    return MemberKey(bytes: key)
  }

  /// Whether this device signed these bytes for this purpose.
  public func verifies(_ signature: Signature, over bytes: [UInt8], _ domain: SigningDomain) -> Bool {
    Ed25519.verify(signature, over: domain.message(bytes), by: self.bytes)
  }
}

enum Ed25519 {
  static func verify(_ signature: Signature, over message: [UInt8], by key: [UInt8]) -> Bool {
    Sodium.ready
    return crypto_sign_verify_detached(signature.bytes, message, UInt64(message.count), key) == 0
  }
}
