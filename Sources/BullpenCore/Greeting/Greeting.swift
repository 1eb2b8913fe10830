/// The first words on a connection, in which neither side says more than the other has earned.
///
///     dialer                                   listener
///     hello(nonce)                   ⇄         hello(nonce)
///     recognise(tag)                 →
///                                    ←         recognise(tag), or refuse(unknown)
///     introduce(own chain)           →
///                                    ←         introduce(own chain), or refuse(unknown)
///
/// A joiner has no chain. It proves that it holds an invite, checks who admits it, and only then gives a name:
///
///     join(prove)                    →
///                                    ←         join(chain), or refuse(why)
///     join(details)                  →
///                                    ←         join(welcome), or join(linked) for a device of the admitter's own member
///
/// A chain that is too long for one message comes in several: `ground` with its beginning, as often as it takes, then the
/// message that needs it.
///
/// The tag is keyed by the workspace's id, both nonces and both device keys: a stranger learns a device key
/// and a port, which TLS and the address have told it already.
public struct Greeting: Sendable {
  /// Why this connection exists, as its own side knows it.
  public enum Purpose: Sendable {
    /// Somebody dialed us.
    case answer
    /// We dial a member of this workspace.
    case meet(WorkspaceID)
    /// We want to become a member.
    case join(JoinRequest)
  }

  public struct JoinRequest: Sendable {
    public var workspace: WorkspaceID
    public var secret: any InviteSecret
    public var name: String
    /// The key of the member that this device is to be the first of. For a further device, the key to which the
    /// member's secret is sealed on its way.
    public var memberKey: MemberKey
    /// Whose further device this one is to be; nil for a new member.
    public var member: MemberID?
    public var device: any JoiningDevice
    public init(
      workspace: WorkspaceID, secret: any InviteSecret, name: String, memberKey: MemberKey, member: MemberID?,
      device: any JoiningDevice
    ) {
      self.workspace = workspace
      self.secret = secret
      self.name = name
      self.memberKey = memberKey
      self.member = member
      self.device = device
    }
  }

  enum State: Sendable {
    case awaitingHello
    /// Dialer: our tag is out. Listener: waiting for the dialer's.
    case awaitingTag(GreetingDirection)
    /// The workspace is agreed.
    case awaitingIntroduction(WorkspaceID, GreetingDirection)
    case awaitingChain(GreetingDirection)
    case awaitingDetails(WorkspaceID, InviteProof)
    case awaitingAdmission(WorkspaceID)
    case awaitingLink(WorkspaceID)
    case awaitingWelcome
    case finished
  }

  public let own: DeviceID
  public let peer: DeviceID
  let purpose: Purpose
  private let nonce: Nonce
  var state = State.awaitingHello
  /// What the other side has shown of its chain so far.
  var ground = Ground()

  /// - Parameter nonce: fresh random bytes.
  public init(_ purpose: Purpose, own: DeviceID, peer: DeviceID, nonce: Nonce) {
    self.purpose = purpose
    self.own = own
    self.peer = peer
    self.nonce = nonce
  }

  /// The words to open with.
  public func start() -> [GreetingEffect] {
    [.send(.hello(Hello(version: Limits.protocolVersion, nonce: nonce)))]
  }

  /// - Parameter workspaces: those that this node takes part in.
  /// - Parameter links: invites by which this node lets in further devices of its own member.
  /// - Parameter wall: the Unix milliseconds on which a workspace agrees, by which its invites run out.
  public mutating func receive(
    _ message: PeerMessage, in workspaces: [WorkspaceID: Membership],
    links: [WorkspaceID: OwnDeviceInvites] = [:],
    prover: any Prover, wall: (WorkspaceID) -> Int64
  ) -> [GreetingEffect] {
    switch (state, purpose, message) {
    case (.finished, _, _): return []
    case (_, _, .refuse(let refusal, let theirs)): return finish(.refused(refusal, wall: theirs))
    case (.awaitingHello, _, .hello(let hello)): return greet(hello, prover)
    case (.awaitingTag(let direction), .answer, .recognise(let said)):
      return recognise(said, direction, workspaces, prover)
    case (.awaitingTag(let direction), .meet(let workspace), .recognise(let said)):
      guard said.tag == prover.tag(workspace, direction.reversed), let membership = workspaces[workspace] else {
        return refuse(.unknown)
      }
      state = .awaitingIntroduction(workspace, direction)
      return introduction(membership.chain(to: own, as: .guest))
    case (.awaitingTag(let direction), .join(let request), .recognise(let said)):
      guard said.tag == prover.tag(request.workspace, direction.reversed) else { return refuse(.unknown) }
      state = .awaitingChain(direction)
      return [.send(.join(.prove(request.secret.proveJoin(workspace: request.workspace, direction: direction))))]
    case (.awaitingIntroduction(let workspace, _), _, .ground(let part)):
      guard let membership = workspaces[workspace] else { return refuse(.unknown) }
      return hear(part, workspace, membership, prover) ?? []
    case (.awaitingChain, .join(let request), .ground(let part)),
      (.awaitingWelcome, .join(let request), .ground(let part)):
      return hear(part, request, prover) ?? []
    case (.awaitingIntroduction(let workspace, _), _, .introduce(let statements)):
      return meet(workspace, statements, workspaces, prover)
    case (.awaitingIntroduction(let workspace, let direction), .answer, .join(.prove(let proof))):
      return checkInvite(
        proof, workspace, direction, workspaces, links[workspace]?[proof.invite], prover, wall(workspace))
    case (.awaitingChain, .join(let request), .join(.chain(let statements))):
      return checkAdmitter(request, statements, prover)
    case (.awaitingDetails(let workspace, let proof), .answer, .join(.details(let details))):
      return admit(details, workspace, proof, workspaces, isLink: links[workspace]?[proof.invite] != nil, prover)
    case (.awaitingWelcome, .join(let request), .join(.welcome(let statements))):
      return joined(request, statements, prover)
    case (.awaitingWelcome, .join(let request), .join(.linked(let statements, let sealed))):
      return linked(request, statements, sealed, prover)
    default: return refuse(.unknown)
    }
  }

  /// The credential is on disk: the joiner hears the chain that ends in it. The rest comes by sync.
  public mutating func admitted(_ statements: [SignedStatement]) -> [GreetingEffect] {
    guard case .awaitingAdmission = state else { return [] }
    state = .finished
    return Ground.messages(statements) { .join(.welcome($0)) }.map { .send($0) } + [.close]
  }

  /// The joiner is a device of our own member now, and hears the chain and the member's secret.
  public mutating func linked(_ statements: [SignedStatement], sealed: [UInt8]) -> [GreetingEffect] {
    guard case .awaitingLink = state else { return [] }
    state = .finished
    return Ground.messages(statements) { .join(.linked($0, sealed: sealed)) }.map { .send($0) } + [.close]
  }

  /// The credential could not be written.
  public mutating func notAdmitted(_ refusal: Refusal) -> [GreetingEffect] {
    switch state {
    case .awaitingAdmission, .awaitingLink: return refuse(refusal)
    default: return []
    }
  }

  // MARK: - Steps

  private mutating func greet(_ hello: Hello, _ prover: any Prover) -> [GreetingEffect] {
    guard hello.version >= 1 else { return refuse(.version) }
    let direction: GreetingDirection
    switch purpose {
    case .answer:
      direction = GreetingDirection(
        speaker: peer, listener: own, speakerNonce: hello.nonce, listenerNonce: nonce)
      state = .awaitingTag(direction)
      return []
    case .meet(let workspace): return offer(workspace, hello, prover)
    case .join(let request): return offer(request.workspace, hello, prover)
    }
  }

  private mutating func offer(_ workspace: WorkspaceID, _ hello: Hello, _ prover: any Prover) -> [GreetingEffect] {
    let direction = GreetingDirection(speaker: own, listener: peer, speakerNonce: nonce, listenerNonce: hello.nonce)
    state = .awaitingTag(direction)
    return [.send(.recognise(Recognition(tag: prover.tag(workspace, direction))))]
  }

  private mutating func recognise(
    _ said: Recognition, _ direction: GreetingDirection, _ workspaces: [WorkspaceID: Membership], _ prover: any Prover
  ) -> [GreetingEffect] {
    guard let workspace = workspaces.keys.sorted().first(where: { prover.tag($0, direction) == said.tag }) else {
      return refuse(.unknown)
    }
    state = .awaitingIntroduction(workspace, direction)
    return [.send(.recognise(Recognition(tag: prover.tag(workspace, direction.reversed))))]
  }

  mutating func refuse(_ refusal: Refusal, wall: Int64? = nil) -> [GreetingEffect] {
    state = .finished
    return [.send(.refuse(refusal, wall: wall)), .refused(refusal), .close]
  }

  mutating func finish(_ outcome: GreetingEffect) -> [GreetingEffect] {
    state = .finished
    if case .refused = outcome { return [outcome, .close] }
    return [outcome]
  }
}
