import BullpenCore
import BullpenTransport
import Logging
import Synchronization

/// How workspaces reach the sockets that they share.
struct NodeSockets: Sendable {
  let connections: Connections
  let datagrams: PresenceSocket
  let contacts: Contacts
  let port: UInt16
  let interface: String?

  private let receiving = ReceivingSessions()

  init(
    connections: Connections, datagrams: PresenceSocket, contacts: Contacts, port: UInt16, interface: String?
  ) {
    self.connections = connections
    self.datagrams = datagrams
    self.contacts = contacts
    self.port = port
    self.interface = interface
  }

  func send(_ message: PeerMessage, on connection: ConnectionID) { contacts.send(message, on: connection) }
  func close(_ connection: ConnectionID) { contacts.close(connection) }

  // MARK: - Datagrams

  func listen(to device: DeviceID, in workspace: WorkspaceID, _ connection: DatagramConnectionID, _ key: Bytes32) {
    let peer = DatagramSessionRef(workspace: workspace, device: device)
    datagrams.open(LocalSession(peer: peer, connection: connection, key: key))
    for old in receiving.add(connection, of: peer) { datagrams.forget(old) }
  }

  func aim(
    at device: DeviceID, in workspace: WorkspaceID, _ endpoint: Endpoint, _ connection: DatagramConnectionID,
    _ key: Bytes32
  ) {
    let peer = DatagramSessionRef(workspace: workspace, device: device)
    datagrams.aim(peer, at: endpoint, connection: connection, key: key)
  }

  func forget(_ device: DeviceID, in workspace: WorkspaceID) {
    let peer = DatagramSessionRef(workspace: workspace, device: device)
    datagrams.forget(peer)
    receiving.forget(peer)
  }

  func send(_ body: DatagramBody, in workspace: WorkspaceID, to devices: [DeviceID]) {
    datagrams.send(body, to: devices.map { DatagramSessionRef(workspace: workspace, device: $0) })
  }

  // MARK: - Dialing

  /// Tries a device's addresses one after another, each with a head start on the next, and greets whoever answers
  /// first.
  func dial(_ dial: DialID, _ endpoints: [Endpoint], _ expecting: DeviceID?, for workspace: WorkspaceNode) {
    let ordered = NetworkInterfaces.order(endpoints)
    Task {
      switch await race(ordered, expecting) {
      case .success(let connection):
        contacts.meet(connection, in: workspace.id)
        workspace.tell(.dialEnded(dial, failure: nil))
      case .failure(let failure):
        workspace.tell(.dialEnded(dial, failure: failure.reason))
      }
    }
  }

  /// Dials one address, whoever lives there.
  func dial(_ endpoint: Endpoint) async throws(DialError) -> PeerConnection {
    try await connections.dial(endpoint, expecting: nil, timeout: Limits.dialTimeout, interface: interface)
  }

  struct NobodyThere: Error {
    var reason: String
  }

  /// - Returns: the first connection; later ones are closed again.
  func race(_ endpoints: [Endpoint], _ expecting: DeviceID?) async -> Result<PeerConnection, NobodyThere> {
    guard !endpoints.isEmpty else { return .failure(NobodyThere(reason: "no address is known")) }
    return await withCheckedContinuation { continuation in
      let race = DialRace(runners: endpoints.count, continuation)
      for (place, endpoint) in endpoints.enumerated() {
        Task {
          try? await Task.sleep(for: .milliseconds(Limits.dialHeadStart * Int64(place)))
          guard !race.isOver else { return race.failed("") }
          do throws(DialError) {
            race.won(
              try await connections.dial(
                endpoint, expecting: expecting, timeout: Limits.dialTimeout, interface: interface))
          } catch {
            race.failed("\(endpoint): \(error.words)")
          }
        }
      }
    }
  }
}

/// The ids that we gave a peer: the newest and the one before it, which is still under way.
private final class ReceivingSessions: Sendable {
  private let ids = Mutex<[DatagramSessionRef: [DatagramConnectionID]]>([:])

  /// - Returns: those that are too old now.
  func add(_ id: DatagramConnectionID, of peer: DatagramSessionRef) -> [DatagramConnectionID] {
    ids.withLock { ids in
      let all = ids[peer, default: []] + [id]
      ids[peer] = Array(all.suffix(2))
      return Array(all.dropLast(2))
    }
  }

  func forget(_ peer: DatagramSessionRef) { ids.withLock { $0[peer] = nil } }
}

/// The first of several dials that reaches somebody ends the race for all.
private final class DialRace: Sendable {
  typealias Outcome = Result<PeerConnection, NodeSockets.NobodyThere>

  private struct State {
    var runners: Int
    var reasons: [String] = []
    var continuation: CheckedContinuation<Outcome, Never>?
  }
  private let state: Mutex<State>

  init(runners: Int, _ continuation: CheckedContinuation<Outcome, Never>) {
    state = Mutex(State(runners: runners, continuation: continuation))
  }

  var isOver: Bool { state.withLock { $0.continuation == nil } }

  func won(_ connection: PeerConnection) {
    let continuation = state.withLock { state in
      defer { state.continuation = nil }
      return state.continuation
    }
    guard let continuation else { return connection.close() }
    continuation.resume(returning: .success(connection))
  }

  func failed(_ reason: String) {
    let ended = state.withLock { state -> (CheckedContinuation<Outcome, Never>, String)? in
      state.runners -= 1
      if !reason.isEmpty { state.reasons.append(reason) }
      guard state.runners == 0, let continuation = state.continuation else { return nil }
      state.continuation = nil
      return (continuation, state.reasons.sorted().joined(separator: "; "))
    }
    ended?.0.resume(returning: .failure(NodeSockets.NobodyThere(reason: ended?.1 ?? "")))
  }
}

extension DialError {
  /// For people.
  var words: String {
    switch self {
    case .refused: "nothing listens there"
    case .timedOut: "no answer"
    case .unreachable: "no way there"
    case .wrongDevice: "another device answers there"
    case .handshake: "what answers there is no Bullpen node"
    case .stopped: "this node is stopping"
    }
  }
}
