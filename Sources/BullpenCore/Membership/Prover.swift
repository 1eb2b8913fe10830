/// The proofs that Core's decisions rest on: pure functions of their arguments, made by BullpenCrypto and
/// handed in. Nothing here keeps state, and the same arguments always give the same answer.
public protocol Prover: Sendable {
  /// Checks a statement's signature and, in a credential, the invite proof and the device's consent; nil when anything
  /// is wrong.
  func prove(_ signed: SignedStatement) -> Verified<ProvedStatement>?

  /// The id of a statement, which is the digest of its bytes, whether it is one or not.
  func id(of body: [UInt8]) -> StatementID

  /// The hash by which two devices recognise a workspace that both know.
  func tag(_ workspace: WorkspaceID, _ direction: GreetingDirection) -> Digest

  /// Whether the holder of the invite's secret made this proof for this greeting.
  func checkJoin(_ proof: InviteProof, workspace: WorkspaceID, direction: GreetingDirection) -> Bool

  /// Whether the holder of the invite's secret let this device in through that one: what a credential carries.
  func checkCredential(_ proof: InviteProof, workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID) -> Bool

  /// Whether the device has signed that it is the member's in that workspace, and that the member's key is this one.
  func checkConsent(
    _ consent: Signature, workspace: WorkspaceID, device: DeviceID, member: MemberID, memberKey: MemberKey
  ) -> Bool

  /// The id of the member whose first device this is.
  func member(of workspace: WorkspaceID, firstDevice: DeviceID) -> MemberID

  /// A hash of all heads, the same on every node that has the same heads.
  func digest(of heads: Heads) -> Digest
}

/// The secret half of an invite can make both proofs.
public protocol InviteSecret: Sendable {
  var invite: InviteID { get }
  func proveJoin(workspace: WorkspaceID, direction: GreetingDirection) -> InviteProof
  func proveCredential(workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID) -> InviteProof
}

/// The secret half of a device that joins.
public protocol JoiningDevice: Sendable {
  /// Agrees to be a device of the member whose key this is.
  func consent(to member: MemberID, key: MemberKey, in workspace: WorkspaceID) -> Signature
}

/// Who speaks to whom in a greeting, and with which nonces: it binds a proof to one connection and one side.
public struct GreetingDirection: Hashable, Sendable {
  public let speaker: DeviceID
  public let listener: DeviceID
  public let speakerNonce: Nonce
  public let listenerNonce: Nonce

  public init(speaker: DeviceID, listener: DeviceID, speakerNonce: Nonce, listenerNonce: Nonce) {
    self.speaker = speaker
    self.listener = listener
    self.speakerNonce = speakerNonce
    self.listenerNonce = listenerNonce
  }

  public var reversed: GreetingDirection {
    GreetingDirection(
      speaker: listener, listener: speaker, speakerNonce: listenerNonce, listenerNonce: speakerNonce)
  }
}
