import BullpenCore
import CSodium

/// The secret of an invite: 128 bits that a person can paste, and the Ed25519 pair that they make.
public struct InviteKey: InviteSecret {
  public let secret: Bytes16
  private let pair: DeviceKey

  public init(secret: Bytes16) {
    self.secret = secret
    pair = DeviceKey(seed: Blake2b.digest("invite key".domain, secret.bytes).raw)
  }

  public init(using generator: inout some RandomNumberGenerator) {
    self.init(secret: Bytes16(using: &generator))
  }

  public var invite: InviteID { InviteID(pair.id.raw) }

  public func proveJoin(workspace: WorkspaceID, direction: GreetingDirection) -> InviteProof {
    InviteProof(invite: invite, signature: pair.sign(direction.bound(to: workspace), .inviteJoin))
  }

  public func proveCredential(workspace: WorkspaceID, joiner: DeviceID, admitter: DeviceID) -> InviteProof {
    let message = workspace.bytes + joiner.bytes + admitter.bytes
    return InviteProof(invite: invite, signature: pair.sign(message, .inviteCredential))
  }
}

extension InviteProof {
  func holds(over message: [UInt8], _ domain: SigningDomain) -> Bool {
    DeviceID(invite.raw).verifies(signature, over: message, domain)
  }
}

extension GreetingDirection {
  /// workspace 32 ‖ speaker's nonce 32 ‖ listener's nonce 32 ‖ speaker 32 ‖ listener 32
  func bound(to workspace: WorkspaceID) -> [UInt8] {
    workspace.bytes + speakerNonce.bytes + listenerNonce.bytes + speaker.bytes + listener.bytes
  }
}
