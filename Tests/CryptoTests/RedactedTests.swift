import BullpenCore
import BullpenCrypto
import Testing

@Suite("Secrets are not printed")
struct RedactedTests {
  @Test("a key that is printed, alone or in something else, shows no byte of itself")
  func printed() throws {
    var random = SeededRandomness(seed: 7)
    let secrets: [any Redacted] = [
      DeviceKey(using: &random), MemberSecret(using: &random), InviteKey(using: &random),
      DatagramKey(Bytes32(using: &random)), try #require(SealedStreamTests.key("a harbour at dusk")),
    ]
    for secret in secrets {
      var dumped = ""
      dump(secret, to: &dumped)
      for text in ["\(secret)", "\([secret])", String(reflecting: secret), dumped] {
        #expect(!text.contains(#/[0-9]{4}/#), "\(text)")
        #expect(text.contains("(secret)"))
      }
    }
  }
}
