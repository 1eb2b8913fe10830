/// What a greeting asks of its shell, in the order given.
public enum GreetingEffect: Sendable {
  case send(PeerMessage)
  case close
  /// Both are members of this workspace. The statements were new to us and prove it.
  case met(WorkspaceID, [Verified<ProvedStatement>])
  /// The other side has shown by these statements that we were cut.
  case expelled(WorkspaceID, [Verified<ProvedStatement>])
  /// Write this credential, then call `admitted` or `notAdmitted`.
  case admit(WorkspaceID, Credential, name: String)
  /// Link this device to our own member, as it has agreed to, seal the member's secret to the key, then call `linked`
  /// or `notAdmitted`.
  case link(WorkspaceID, DeviceID, by: InviteID, consent: Signature, sealTo: MemberKey)
  /// We are a further device of who let us in.
  case linked(WorkspaceID, [Verified<ProvedStatement>], sealed: [UInt8])
  /// We are a member now; these statements prove it.
  case joined(WorkspaceID, [Verified<ProvedStatement>])
  /// By us or by the other side, which may have told the time by which it reads invites, Unix milliseconds.
  case refused(Refusal, wall: Int64? = nil)
}
