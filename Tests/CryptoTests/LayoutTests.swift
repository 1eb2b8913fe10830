import BullpenCore
import Testing

@testable import BullpenCrypto

/// Digests over the layouts that `protocol/` gives, made by another implementation of BLAKE2b from those pages alone.
@Suite("Layouts that others share")
struct LayoutTests {
  let prover = SodiumProver { _ in nil }
  let device = DeviceID(Samples.bytes32(0xd1))
  var log: LogID { LogID(device: device, incarnation: Samples.log().incarnation, kind: .passing) }

  @Test("the tag of a workspace")
  func tag() {
    let direction = GreetingDirection(
      speaker: device, listener: DeviceID(Samples.bytes32(0xd2)), speakerNonce: Nonce(Samples.bytes32(1)),
      listenerNonce: Nonce(Samples.bytes32(2)))
    #expect(
      prover.tag(Samples.workspace, direction).description
        == "7253ea8eadf489afbbebb577b400c7fd382f9d4b22b5eed5152202d3ae80ec14")
  }

  @Test("the hash of all heads, and of none")
  func heads() {
    var heads = Heads()
    #expect(
      prover.digest(of: heads).description == "563bb2a1b7c1a2647b1ab97cb32537d0aeed786dc7a5e6165d1aff872f0d750a")
    heads[log] = Head(sequence: 300, digest: Digest(Samples.bytes32(0x99)))
    #expect(
      prover.digest(of: heads).description == "1dbc4ca677090850cc0dffaf2e62621d0a7e4b1f98aa37c23f79696761df3bae")
  }

  @Test("the ids of a statement and a member")
  func ids() {
    #expect(
      SodiumProver.id(of: [7, 7]).description == "4cd9eb4512ad4c82cf88073fb847e7f573df1c51eecbfc77d4f06d714a0fe80f")
    #expect(prover.member(of: Samples.workspace, firstDevice: device).description == "dc68b0354b9b93e98db04d5b88e4a1a4")
  }

  @Test("the key pair of an invite")
  func invite() throws {
    let secret = try #require(Bytes16([UInt8](0..<16)))
    let seed = try #require(Bytes32(Samples.bytes("830caf19757a0b14cf7965a1766bdcd731a7d50226beb9e8c188c46fdb141bb0")))
    #expect(InviteKey(secret: secret).invite.raw == DeviceKey(seed: seed).id.raw)
  }

  @Test("the chain of a log")
  func chain() {
    let entry = Entry(time: HybridTime(raw: 258), expiry: 3, payload: .present([0xee]))
    #expect(
      Chain.digest(Samples.workspace, log, 1, previous: .zero, entry).description
        == "7a96a12e058e096ec9b8caab3da79e777d71bce69ffa42f38b8f4946d659454e")
  }
}
