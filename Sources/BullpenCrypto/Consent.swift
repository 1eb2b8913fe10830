import BullpenCore

/// What a device signs when it agrees to be a member's.
///
/// A member's first device names its key alone: the member's id is made of workspace and device, so no other is meant.
/// A further device names the member too.
struct Consent {
  let message: [UInt8]
  let domain: SigningDomain

  init(of device: DeviceID, to member: MemberID, key: MemberKey, in workspace: WorkspaceID) {
    if member == MemberID(of: workspace, firstDevice: device) {
      (message, domain) = (workspace.bytes + key.bytes, .memberKey)
    } else {
      (message, domain) = (workspace.bytes + member.bytes + key.bytes, .consent)
    }
  }
}

extension DeviceKey: JoiningDevice {
  public func consent(to member: MemberID, key: MemberKey, in workspace: WorkspaceID) -> Signature {
    let consent = Consent(of: id, to: member, key: key, in: workspace)
    return sign(consent.message, consent.domain)
  }
}

extension MemberID {
  /// The id of the member whose first device this is.
  init(of workspace: WorkspaceID, firstDevice: DeviceID) {
    self.init(Blake2b.digest("member".domain, workspace.bytes, firstDevice.bytes).raw.upper)
  }
}
