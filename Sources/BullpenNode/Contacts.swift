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

  private struct Contact {
    let connection: PeerConnection
    var stage: Stage
  }

  /// How far a greeting has come by which we ask to be let in; all but the first end it.
  enum JoinStep: Sendable {
    /// The other side is of the workspace, and is shown that we hold the invite.
    case proving
    /// With the member's secret, sealed, where it is a further device of who let us in.
    case joined([Verified<ProvedStatement>], sealed: [UInt8]?)
    /// With the other side's wall clock, where it told.
    case refused(Refusal, wall: Int64?)
    case brokenOff
  }

  typealias Joiner = @Sendable (JoinStep) -> Void

  private struct State {
    var contacts: [ConnectionID: Contact] = [:]
    var workspaces: [WorkspaceID: WorkspaceNode] = [:]
    /// As the workspaces last told: the greeting judges by it.
    var memberships: [WorkspaceID: Membership] = [:]
    /// Invites for further devices of one's own.
    var links: [WorkspaceID: [InviteID: OwnDeviceInvite]] = [:]
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

  /// Opens an invite for a device of one's own, in place of the oldest where there are too many.
  func open(_ link: InviteID, until expiry: Int64, in workspace: WorkspaceID) {
    state.withLock { state in
      var links = state.links[workspace] ?? [:]
      let oldest = links.min { ($0.value.expiry, $0.key) < ($1.value.expiry, $1.key) }
      if links.count >= Limits.openLinks, let oldest { links[oldest.key] = nil }
      links[link] = OwnDeviceInvite(expiry: expiry)
      state.links[workspace] = links
    }
  }

  /// Uses such an invite up. Returns whether it is this device's to use.
  private func take(_ link: InviteID, for device: DeviceID, in workspace: WorkspaceID) -> Bool {
    state.withLock { state in
      guard let found = state.links[workspace]?[link], found.usedBy == nil || found.usedBy == device else {
        return false
      }
      state.links[workspace]?[link]?.usedBy = device
      return true
    }
  }

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

  func meet(_ connection: PeerConnection, in workspace: WorkspaceID) { begin(connection, .meet(workspace), nil) }

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
    let greeting = Greeting(
      purpose, own: own, peer: connection.device, nonce: Nonce(Bytes32(using: &random)))
    // Before anything is answered: what the other side says meanwhile waits, or it would hear the answer to its hello
    // ahead of ours, and refuse.
    let id = connection.id
    state.withLock { state in
      if state.contacts[id] == nil { state.contacts[id] = Contact(connection: connection, stage: .unclaimed([])) }
    }
    carryOut(greeting.start(), on: connection, joiner)
    let waiting = state.withLock { state -> [(PeerMessage, Receipt)]? in
      guard case .unclaimed(let waiting) = state.contacts[id]?.stage else { return nil }
      state.contacts[id]?.stage = .greeting(greeting, joiner)
      return waiting
    }
    guard let waiting else {
      // It has closed in this very moment.
      joiner?(.brokenOff)
      return
    }
    for (message, receipt) in waiting { receive(message, on: id, receipt) }
  }

  private func receive(_ message: PeerMessage, on id: ConnectionID, _ receipt: Receipt) {
    let next = state.withLock { state -> Next in
      switch state.contacts[id]?.stage {
      case .workspace(let workspace): return .tell(workspace)
      case .unclaimed(let waiting):
        // A peer says hello and then waits for ours.
        if waiting.count < 2 { state.contacts[id]?.stage = .unclaimed(waiting + [(message, receipt)]) }
        return .wait
      case .greeting: return .greet(state.memberships, state.links)
      case nil: return .wait
      }
    }
    switch next {
    case .tell(let workspace): workspace.tell(.received(id, message), receipt)
    // Whoever claims the connection in this moment hears what waits; to greet now would be to hear it twice.
    case .wait: break
    case .greet(let memberships, let links):
      step(id) { [prover] greeting in
        greeting.receive(message, in: memberships, links: links, prover: prover, wall: Clocks.now().wall)
      }
    }
  }

  /// What becomes of a message that was received.
  private enum Next {
    case tell(WorkspaceNode)
    case wait
    case greet([WorkspaceID: Membership], [WorkspaceID: [InviteID: OwnDeviceInvite]])
  }

  private func step(_ id: ConnectionID, _ work: (inout Greeting) -> [GreetingEffect]) {
    let stepped = state.withLock { state -> (PeerConnection, [GreetingEffect], Joiner?)? in
      guard let contact = state.contacts[id], case .greeting(var greeting, let joiner) = contact.stage else {
        return nil
      }
      let effects = work(&greeting)
      state.contacts[id]?.stage = .greeting(greeting, joiner)
      return (contact.connection, effects, joiner)
    }
    if let (connection, effects, joiner) = stepped { carryOut(effects, on: connection, joiner) }
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
