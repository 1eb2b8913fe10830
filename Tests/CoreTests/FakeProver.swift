@_spi(Proof) import BullpenCore

/// Stands in for BullpenCrypto: the same arguments give the same answer, and nothing is secret.
struct FakeProver: Prover {
  /// The statements that it can read, by their bodies.
  var book: [[UInt8]: Verified<ProvedStatement>] = [:]

  func prove(_ signed: SignedStatement) -> Verified<ProvedStatement>? { book[signed.body] }

  func id(of body: [UInt8]) -> StatementID { StatementID(bytes: body) ?? StatementID(.zero) }

  func tag(_ workspace: WorkspaceID, _ direction: GreetingDirection) -> Digest {
    Digest(Scramble.bytes(workspace.bytes + direction.speaker.bytes + direction.speakerNonce.bytes))
  }

  func checkJoin(_ proof: InviteProof, workspace: WorkspaceID, direction: GreetingDirection) -> Bool { true }

  func checkCredential(
    _ proof: InviteProof, workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID
  ) -> Bool { true }

  func checkConsent(
    _ consent: Signature, workspace: WorkspaceID, device: DeviceID, member: MemberID, memberKey: MemberKey
  ) -> Bool { true }

  func member(of workspace: WorkspaceID, firstDevice: DeviceID) -> MemberID {
    MemberID(Scramble.bytes(workspace.bytes + firstDevice.bytes).upper)
  }

  func digest(of heads: Heads) -> Digest {
    Digest(Scramble.bytes(heads.sorted.flatMap { $0.log.bytes + $0.head.sequence.bigEndianBytes }))
  }
}

/// FNV-1a spread over 32 bytes: enough to tell apart what a test names.
enum Scramble {
  static func bytes(_ bytes: [UInt8]) -> Bytes32 {
    let seed = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    var random = SeededRandomness(seed: seed)
    return Bytes32(using: &random)
  }

  static func bytes(_ text: String) -> Bytes32 { bytes(Array(text.utf8)) }
}
