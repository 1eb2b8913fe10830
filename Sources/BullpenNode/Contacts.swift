import BullpenCore
import BullpenCrypto
import BullpenTransport
import Logging
import Synchronization

/// Connections before and after their greeting: a new one is greeted here, and from then on its messages go to
/// the workspace on which both sides agreed.
final class Contacts: Sendable {
  private enum Stage {
    /// Dialed, and not yet known for what; what the other side said meanwhile waits.
    case unclaimed([(PeerMessage, Receipt)])
    case greeting(Greeting, Joiner?)
    case workspace(WorkspaceNode)
  }

  /// What is to be done about a connection, in its turn.
  private enum Work {
    case hear(PeerMessage, Receipt)
    case step(@Sendable (inout Greeting) -> [GreetingEffect])
  }

  private struct Contact {
    let connection: PeerConnection
    var stage: Stage
    /// What our hello said, from then on.
    var nonce: Nonce?
    /// What a chain says is found out of the lock, for that may take a while. Meanwhile whatever comes waits here, and
    /// while it waits the connection reads no further.
    var turns = Turns<Work>()
  }

  /// How far a greeting that we have asked for has come; all but the first end it.
  enum JoinStep: Sendable {
    /// The other side is of the workspace, and is shown that we hold the invite.
    case proving
    /// With the member's secret, sealed, where it is a further device of who let us in.
    case joined([Verified<ProvedStatement>], sealed: [UInt8]?)
    /// With the other side's wall clock, where it told.
    case refused(Refusal, wall: Int64?)
    /// It is a member, as we are: the connection is its workspace's now.
    case met
    case brokenOff
  }

  typealias Joiner = @Sendable (JoinStep) -> Void

  private struct State {
    var contacts: [ConnectionID: Contact] = [:]
    var workspaces: [WorkspaceID: WorkspaceNode] = [:]
    /// As the workspaces last told: the greeting judges by it.
    var memberships: [WorkspaceID: Membership] = [:]
    /// Invites for further devices of one's own.
    var links: [WorkspaceID: OwnDeviceInvites] = [:]
  }

  let own: DeviceID
  private let prover: any Prover
  private let logger: Logger
  private let state = Mutex(State())

  init(own: DeviceID, prover: any Prover, logger: Logger) {
    self.own = own
    self.prover = prover
    self.logger = logger
  }

  func add(_ workspace: WorkspaceNode, _ membership: Membership) {
    state.withLock {
      $0.workspaces[workspace.id] = workspace
      $0.memberships[workspace.id] = membership
    }
  }

  func update(_ membership: Membership, of workspace: WorkspaceID) {
    state.withLock { $0.memberships[workspace] = membership }
  }

  /// Closes the connections that were about the workspace, and greets nobody for it any more.
  func remove(_ workspace: WorkspaceID) {
    let connections = state.withLock { state -> [PeerConnection] in
      state.workspaces[workspace] = nil
      state.memberships[workspace] = nil
      state.links[workspace] = nil
      return state.contacts.values.filter { contact in
        if case .workspace(let node) = contact.stage { node.id == workspace } else { false }
      }.map(\.connection)
    }
    for connection in connections { connection.close() }
  }

  /// Opens an invite for a device of one's own.
  func open(_ link: InviteID, until expiry: Int64, in workspace: WorkspaceID) {
    state.withLock { $0.links[workspace, default: OwnDeviceInvites()].open(link, until: expiry) }
  }

  /// Uses such an invite up. Returns whether it is this device's to use.
  private func take(_ link: InviteID, for device: DeviceID, in workspace: WorkspaceID) -> Bool {
    state.withLock { $0.links[workspace]?.use(link, for: device) ?? false }
  }

  /// As the workspace last told; nil of one that is not here.
  func membership(of workspace: WorkspaceID) -> Membership? { state.withLock { $0.memberships[workspace] } }

  func workspace(_ id: WorkspaceID) -> WorkspaceNode? { state.withLock { $0.workspaces[id] } }

  // MARK: - From the sockets

  func hear(_ event: ConnectionEvent) {
    switch event {
    case .opened(let connection):
      if connection.isInbound {
        begin(connection, .answer, nil)
      } else {
        state.withLock { state in
          if state.contacts[connection.id] == nil {
            state.contacts[connection.id] = Contact(connection: connection, stage: .unclaimed([]))
          }
        }
      }
    case .received(let id, let message, let receipt): receive(message, on: id, receipt)
    case .closed(let id, _):
      let contact = state.withLock { $0.contacts.removeValue(forKey: id) }
      switch contact?.stage {
      case .workspace(let workspace): workspace.tell(.closed(id))
      case .greeting(_, let joiner): joiner?(.brokenOff)
      case .unclaimed, nil: break
      }
    }
  }

  // MARK: - From the workspaces

  /// - Parameter hear: hears how it ends.
  func meet(_ connection: PeerConnection, in workspace: WorkspaceID, _ hear: Joiner? = nil) {
    begin(connection, .meet(workspace), hear)
  }

  func join(_ connection: PeerConnection, _ request: Greeting.JoinRequest, _ joiner: @escaping Joiner) {
    begin(connection, .join(request), joiner)
  }

  func send(_ message: PeerMessage, on id: ConnectionID) {
    state.withLock { $0.contacts[id]?.connection }?.send(message)
  }

  func close(_ id: ConnectionID) { state.withLock { $0.contacts[id]?.connection }?.close() }

  /// The credential that a greeting asked for is on disk, or is not.
  func admitted(_ id: ConnectionID, _ chain: [SignedStatement]?) {
    step(id) { greeting in
      chain.map { greeting.admitted($0) } ?? greeting.notAdmitted(.unknown)
    }
  }

  // MARK: - Greeting

  private func begin(_ connection: PeerConnection, _ purpose: Greeting.Purpose, _ joiner: Joiner?) {
    var random = SystemRandomness()
    let nonce = Nonce(Bytes32(using: &random))
    let greeting = Greeting(purpose, own: own, peer: connection.device, nonce: nonce)
    // Before anything is answered: what the other side says meanwhile waits, or it would hear the answer to its hello
    // ahead of ours, and refuse.
    let id = connection.id
    state.withLock { state in
      if state.contacts[id] == nil { state.contacts[id] = Contact(connection: connection, stage: .unclaimed([])) }
      state.contacts[id]?.nonce = nonce
    }
    carryOut(greeting.start(), on: connection, joiner)
    let isClaimed = state.withLock { state -> Bool? in
      guard case .unclaimed(let waiting) = state.contacts[id]?.stage else { return nil }
      state.contacts[id]?.stage = .greeting(greeting, joiner)
      // Nothing was done about it before it was claimed, so the first that waits begins.
      return waiting.reduce(false) { state.contacts[id]?.turns.begin(.hear($1.0, $1.1)) ?? false || $0 }
    }
    switch isClaimed {
    // It has closed in this very moment.
    case nil: joiner?(.brokenOff)
    case true?: workOff(id)
    case false?: break
    }
  }

  private func receive(_ message: PeerMessage, on id: ConnectionID, _ receipt: Receipt) {
    let next = state.withLock { state -> Next in
      guard let contact = state.contacts[id] else { return .wait }
      switch contact.stage {
      case .unclaimed(let waiting):
        // A peer says hello and then waits for ours. Whoever claims the connection hears what waits; to greet now would
        // be to hear it twice.
        if waiting.count < 2 { state.contacts[id]?.stage = .unclaimed(waiting + [(message, receipt)]) }
        return .wait
      case .workspace(let workspace) where contact.turns.isIdle: return .tell(workspace)
      case .greeting, .workspace:
        return state.contacts[id]?.turns.begin(.hear(message, receipt)) == true ? .begin : .wait
      }
    }
    switch next {
    case .tell(let workspace): workspace.tell(.received(id, message), receipt)
    case .begin: workOff(id)
    case .wait: break
    }
  }

  /// What becomes of a message that was received.
  private enum Next {
    case tell(WorkspaceNode)
    case begin
    case wait
  }

  private func step(_ id: ConnectionID, _ work: @escaping @Sendable (inout Greeting) -> [GreetingEffect]) {
    let isOurs = state.withLock { $0.contacts[id]?.turns.begin(.step(work)) == true }
    if isOurs { workOff(id) }
  }

  /// One piece of work, with all that it needs.
  private enum Job {
    case tell(WorkspaceNode, PeerMessage, Receipt)
    case greet(PeerConnection, Greeting, Joiner?, @Sendable (inout Greeting) -> [GreetingEffect])
    case nothing
  }

  private func workOff(_ id: ConnectionID) {
    while let job = state.withLock({ nextJob(id, &$0) }) {
      switch job {
      case .tell(let workspace, let message, let receipt): workspace.tell(.received(id, message), receipt)
      case .greet(let connection, var greeting, let joiner, let work):
        let effects = work(&greeting)
        let isOpen = state.withLock { state in
          guard case .greeting = state.contacts[id]?.stage else { return false }
          state.contacts[id]?.stage = .greeting(greeting, joiner)
          return true
        }
        if isOpen { carryOut(effects, on: connection, joiner) }
      case .nothing: break
      }
    }
  }

  private func nextJob(_ id: ConnectionID, _ state: inout State) -> Job? {
    guard let work = state.contacts[id]?.turns.next(), let contact = state.contacts[id] else { return nil }
    switch (contact.stage, work) {
    case (.workspace(let workspace), .hear(let message, let receipt)): return .tell(workspace, message, receipt)
    case (.greeting(let greeting, let joiner), .step(let step)):
      return .greet(contact.connection, greeting, joiner, step)
    case (.greeting(let greeting, let joiner), .hear(.hello(let hello), _)) where isOurs(hello, state):
      // The other end of this connection is ours, too, whoever stands between: nobody is met.
      return .greet(contact.connection, greeting, joiner) { _ in [.close] }
    case (.greeting(let greeting, let joiner), .hear(let message, _)):
      let (workspaces, memberships, links) = (state.workspaces, state.memberships, state.links)
      return .greet(contact.connection, greeting, joiner) { [prover] greeting in
        let wall = Clocks.now().wall
        return greeting.receive(message, in: memberships, links: links, prover: prover) {
          workspaces[$0]?.corrected(wall) ?? wall
        }
      }
    case (.unclaimed, _), (.workspace, .step): return .nothing
    }
  }

  private func isOurs(_ hello: Hello, _ state: State) -> Bool {
    state.contacts.values.contains { $0.connection.device == own && $0.nonce == hello.nonce }
  }

  private func carryOut(_ effects: [GreetingEffect], on connection: PeerConnection, _ joiner: Joiner?) {
    for effect in effects {
      switch effect {
      case .send(let message):
        connection.send(message)
        if case .join(.prove) = message { joiner?(.proving) }
      case .close: connection.close()
      case .refused(let refusal, let wall):
        joiner?(.refused(refusal, wall: wall))
        logger.debug("A greeting was refused", metadata: ["reason": "\(refusal)"])
      case .joined(_, let statements): joiner?(.joined(statements, sealed: nil))
      case .linked(_, let statements, let sealed): joiner?(.joined(statements, sealed: sealed))
      case .link(let id, let device, let invite, let consent, let key):
        guard let workspace = workspace(id) else { return connection.close() }
        Task { [weak self] in
          guard let self else { return }
          let isTheirs = take(invite, for: device, in: id)
          let linked = isTheirs ? await workspace.link(device, consent: consent, sealingTo: key) : nil
          step(connection.id) { greeting in
            linked.map { greeting.linked($0.chain, sealed: $0.sealed) } ?? greeting.notAdmitted(.unknown)
          }
        }
      case .expelled(let id, let statements): workspace(id)?.tell(.expelled(statements))
      case .met(let id, let statements):
        connection.greeted()
        guard let workspace = workspace(id) else { return connection.close() }
        // Told before the next message can be, which comes by this same event loop.
        workspace.tell(
          .met(
            connection.id, connection.device, connection.remote, isOutbound: !connection.isInbound, statements))
        let isStill = state.withLock { state in
          guard state.workspaces[id] != nil else { return false }
          state.contacts[connection.id]?.stage = .workspace(workspace)
          return true
        }
        // The workspace was left in this very moment.
        if !isStill { connection.close() }
        joiner?(isStill ? .met : .brokenOff)
      case .admit(let id, let credential, let name):
        guard let workspace = workspace(id) else { return connection.close() }
        Task { [weak self] in
          let chain = await workspace.admit(credential, name)
          self?.admitted(connection.id, chain)
        }
      }
    }
  }
}
