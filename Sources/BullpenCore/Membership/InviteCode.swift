/// What an invite's one line holds.
public struct InviteCode: Hashable, Sendable {
  /// The secret from which the invite's key pair is made.
  public var secret: Bytes16
  public var workspace: WorkspaceID
  public var uses: UInt32
  /// The last moment, in Unix milliseconds. The statement decides; this is for the person's screen.
  public var expiry: Int64
  /// Where the inviter was when the invite was made, best first; at most 8.
  public var addresses: [Endpoint]
  /// Whose further device it lets in; nil for a new member. Whoever joins checks that nobody else lets it in.
  public var member: MemberID?

  public init(
    secret: Bytes16, workspace: WorkspaceID, uses: UInt32, expiry: Int64, addresses: [Endpoint],
    member: MemberID? = nil
  ) {
    self.secret = secret
    self.workspace = workspace
    self.uses = uses
    self.expiry = expiry
    self.addresses = addresses
    self.member = member
  }
}
