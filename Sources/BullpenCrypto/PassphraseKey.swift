import BullpenCore
import CSodium

/// What one guess at a passphrase costs: Argon2id (RFC 9106), version 1.3, one lane.
public struct PassphraseCost: Hashable, Sendable {
  /// KiB.
  public let memory: UInt32
  public let passes: UInt32

  /// What a receiver is ready to pay; a file could ask for all the memory there is.
  static let memories: ClosedRange<UInt32> = 8...1_048_576
  static let allPasses: ClosedRange<UInt32> = 1...16

  /// Nil outside 8 KiB to 1 GiB and 1 to 16 passes.
  public init?(memory: UInt32, passes: UInt32) {
    guard Self.memories.contains(memory), Self.allPasses.contains(passes) else { return nil }
    (self.memory, self.passes) = (memory, passes)
  }

  /// 256 MiB and 3 passes: under a second on a laptop, for each guess of whoever finds the file.
  public static let usual = PassphraseCost(usual: 262_144, passes: 3)

  private init(usual memory: UInt32, passes: UInt32) { (self.memory, self.passes) = (memory, passes) }
}

/// The key that a passphrase and a salt make; it seals one stream.
public struct PassphraseKey: Sendable {
  public static let saltBytes = 16
  let secret: [UInt8]

  /// - Parameters:
  ///   - passphrase: UTF-8, as its owner's texts are composed (NFC).
  ///   - salt: 16 random bytes, new for each stream.
  /// - Returns: nil where the memory cannot be had.
  public init?(_ passphrase: [UInt8], salt: [UInt8], cost: PassphraseCost) {
    Sodium.ready
    precondition(salt.count == Self.saltBytes)
    var key = [UInt8](repeating: 0, count: 32)
    let text = passphrase.map { CChar(bitPattern: $0) }
    let outcome = crypto_pwhash(
      &key, 32, text, UInt64(text.count), salt, UInt64(cost.passes), Int(cost.memory) * 1_024,
      crypto_pwhash_alg_argon2id13())
    guard outcome == 0 else { return nil }
    secret = key
  }
}

extension PassphraseKey: Redacted {}
