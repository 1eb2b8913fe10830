import BullpenCore
import BullpenTransport
import Synchronization

/// One greeting in which we ask to be let in, with an end: by the other side's word, by its silence or by ours.
final class Knock: Sendable {
  typealias Answer = Result<Admission, Failure>

  struct Admission: Sendable {
    var statements: [Verified<ProvedStatement>]
    /// The member's secret, where this is a further device of who let it in.
    var sealed: [UInt8]?
  }

  struct Failure: Error {
    var outcome: JoinAttempt.Outcome
    /// The other side's clock, Unix milliseconds, where it told.
    var wall: Int64?
  }

  private let contacts: Contacts
  private let connection: PeerConnection
  private let request: Greeting.JoinRequest
  private let proving: @Sendable () -> Void
  private let waiting = Mutex<CheckedContinuation<Answer, Never>?>(nil)

  init(
    _ contacts: Contacts, _ connection: PeerConnection, _ request: Greeting.JoinRequest,
    proving: @escaping @Sendable () -> Void
  ) {
    self.contacts = contacts
    self.connection = connection
    self.request = request
    self.proving = proving
  }

  func answer() async -> Answer {
    await withCheckedContinuation { continuation in
      waiting.withLock { $0 = continuation }
      contacts.join(connection, request) { step in
        switch step {
        case .proving: self.proving()
        case .joined(let statements, let sealed):
          self.end(.success(Admission(statements: statements, sealed: sealed)))
        case .refused(let refusal, let wall):
          self.end(.failure(Failure(outcome: JoinAttempt.Outcome(refusal), wall: wall)))
        case .brokenOff, .met: self.end(.failure(Failure(outcome: .brokenOff)))
        }
      }
      Task {
        try? await Task.sleep(for: .milliseconds(Limits.handshake))
        if self.end(.failure(Failure(outcome: .brokenOff))) { self.connection.close() }
      }
    }
  }

  /// Whichever end comes first counts.
  @discardableResult
  private func end(_ answer: Answer) -> Bool {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: answer)
    return continuation != nil
  }
}
