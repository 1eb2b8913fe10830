import BullpenCore
import BullpenTransport
import Synchronization

/// Looks for somebody who lets us in: at the invite's addresses and wherever mDNS sees a node, again and again,
/// because the one who can may be waking up just now.
struct Joining: Sendable {
  let sockets: NodeSockets
  let finder: Finder
  let request: Greeting.JoinRequest

  struct Admission: Sendable {
    /// They make us a member.
    var statements: [Verified<ProvedStatement>]
    /// Who let us in, and where.
    var device: DeviceID
    var endpoint: Endpoint
  }

  /// - Throws: `NodeError`, with the best reason that anybody gave.
  func run(addresses: [Endpoint]) async throws -> Admission {
    let deadline = Clocks.now().boot + Limits.joining
    var refusal: Refusal?
    var silence: String?
    while Clocks.now().boot < deadline {
      let seen = finder.sightings.map(\.endpoints)
      for endpoints in ([addresses] + seen) where !endpoints.isEmpty {
        switch await sockets.race(NetworkInterfaces.order(endpoints), nil) {
        case .failure(let failure): silence = failure.reason
        case .success(let connection):
          switch await greet(connection) {
          case .success(let statements):
            return Admission(statements: statements, device: connection.device, endpoint: connection.remote)
          case .failure(.unknown): break
          case .failure(let reason): refusal = reason
          }
        }
      }
      // A spent or expired invite does not get better by waiting.
      if refusal == .inviteSpent || refusal == .inviteExpired { break }
      try await Task.sleep(for: .milliseconds(500))
    }
    if let refusal { throw NodeError(.inviteRefused, refusal.words, hint: "Ask for a new invite.") }
    throw NodeError(
      .unreachable, "Nobody of that workspace could be reached.\(silence.map { " Tried \($0)." } ?? "")",
      hint: "Check that both machines are on the same network and that the inviter's node runs.")
  }

  private func greet(_ connection: PeerConnection) async -> Result<[Verified<ProvedStatement>], Refusal> {
    await withCheckedContinuation { continuation in
      let once = Once(continuation)
      sockets.contacts.join(connection, request) { once.answer($0) }
      Task {
        try? await Task.sleep(for: .milliseconds(Limits.handshake))
        once.answer(.failure(.unknown))
        connection.close()
      }
    }
  }

  /// The greeting may end and time may run out; whichever is first counts.
  private final class Once: Sendable {
    typealias Answer = Result<[Verified<ProvedStatement>], Refusal>
    private let waiting: Mutex<CheckedContinuation<Answer, Never>?>

    init(_ continuation: CheckedContinuation<Answer, Never>) { waiting = Mutex(continuation) }

    func answer(_ answer: Answer) {
      let continuation = waiting.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      continuation?.resume(returning: answer)
    }
  }
}

extension Refusal {
  fileprivate var words: String {
    switch self {
    case .unknown: "Nobody there knows the invite."
    case .version: "The other side speaks another version of the protocol."
    case .inviteUnknown: "The invite is not known there; perhaps it was withdrawn."
    case .inviteExpired: "The invite has expired."
    case .inviteSpent: "The invite has been used as often as it may."
    case .notAdmitter: "Who answered may not admit anybody."
    case .duplicate: "This device is a member already."
    }
  }
}
