import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("Device keys")
struct DeviceKeyTests {
  /// RFC 8032, section 7.1: seed, public key, message, signature.
  static let vectors: [(String, String, String, String)] = [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465514143"
        + "8e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d2916"
        + "12bb0c00"
    ),
  ]

  @Test("a seed makes the key pair of RFC 8032, and its signatures verify", arguments: vectors)
  func vector(_ seed: String, _ publicKey: String, _ message: String, _ signature: String) throws {
    let key = DeviceKey(seed: try #require(Bytes32(Samples.bytes(seed))))
    #expect(key.id.description == publicKey)
    let signed = try #require(Signature(bytes: Samples.bytes(signature)))
    #expect(Ed25519.verify(signed, over: Samples.bytes(message), by: key.id.bytes))
    #expect(!Ed25519.verify(signed, over: Samples.bytes(message) + [0], by: key.id.bytes))
  }

  @Test("a signature counts for its bytes, its signer and its purpose alone")
  func bound() throws {
    let domains: [SigningDomain] = [.statement, .log, .datagram, .inviteJoin, .inviteCredential]
    let message: [UInt8] = [1, 2, 3]
    for domain in domains {
      let signature = Samples.ada.sign(message, domain)
      #expect(Samples.ada.id.verifies(signature, over: message, domain))
      #expect(!Samples.bob.id.verifies(signature, over: message, domain))
      #expect(!Samples.ada.id.verifies(signature, over: [1, 2, 4], domain))
      for other in domains where other != domain {
        #expect(!Samples.ada.id.verifies(signature, over: message, other))
      }
    }
  }

  @Test("every flipped bit of a signature is noticed")
  func flipped() throws {
    let signature = Samples.ada.sign([9], .log).bytes
    for bit in 0..<512 {
      var bytes = signature
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let changed = try #require(Signature(bytes: bytes))
      #expect(!Samples.ada.id.verifies(changed, over: [9], .log), "bit \(bit)")
    }
  }

  @Test("a point of low order is nobody's key")
  func lowOrder() throws {
    // The neutral element: with it as key and as R, and S zero, the bare equation holds for any message.
    var neutral = [UInt8](repeating: 0, count: 32)
    neutral[0] = 1
    let device = try #require(DeviceID(bytes: neutral))
    let forged = try #require(Signature(bytes: neutral + [UInt8](repeating: 0, count: 32)))
    #expect(!device.verifies(forged, over: [1], .log))
  }

  @Test("a run with the same seed mints the same keys, and another seed other ones")
  func deterministic() {
    var (first, second, other) = (Samples.random(7), Samples.random(7), Samples.random(8))
    let (a, b, c) = (DeviceKey(using: &first), DeviceKey(using: &second), DeviceKey(using: &other))
    #expect(a.id == b.id && a.seed == b.seed)
    #expect(a.id != c.id)
    #expect(a.sign([1], .log) == b.sign([1], .log))
  }

  @Test("randomness of the system does not repeat")
  func system() {
    let random = SystemRandomness()
    let drawn = (0..<1_000).map { _ in random.next() }
    #expect(Set(drawn).count == drawn.count)
    #expect([0, 1, 7, 32].map { random.bytes($0).count } == [0, 1, 7, 32])
    #expect(Set((0..<100).map { _ in random.bytes(16) }).count == 100)
  }
}
