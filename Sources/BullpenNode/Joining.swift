import BullpenCore
import BullpenTransport
import Synchronization

/// Looks for somebody who lets us in: at the addresses that were named and wherever mDNS sees a node, again and
/// again, because the one who can may be waking up just now.
struct Joining: Sendable {
  let sockets: NodeSockets
  let finder: Finder
  let request: Greeting.JoinRequest
  /// The invite's, in Unix milliseconds, as its code says.
  let expiry: Int64
  let story: Story

  /// What is told, in order, of tasks that run side by side.
  final class Story: Sendable {
    private let telling = Mutex(JoinTelling())
    private let hear: @Sendable (JoinProgress) -> Void

    init(_ hear: @escaping @Sendable (JoinProgress) -> Void) { self.hear = hear }

    func tell(_ step: JoinProgress) {
      telling.withLock { if $0.receive(step) { hear(step) } }
    }

    func part() {
      telling.withLock { if let step = $0.part() { hear(step) } }
    }
  }

  struct Admission: Sendable {
    /// They make us a member.
    var statements: [Verified<ProvedStatement>]
    /// The member's secret, where this is a further device of who let it in.
    var sealed: [UInt8]?
    /// Who let us in, and where.
    var device: DeviceID
    var endpoint: Endpoint
  }

  /// An address to try in a round.
  private struct Target: Sendable {
    var endpoint: Endpoint
    var source: JoinAttempt.Source
    /// Milliseconds that others at the same node are ahead.
    var delay: Int64
  }

  private struct Dialed: Sendable {
    var target: Target
    /// When it was begun, milliseconds of the boot clock.
    var since: Int64 = 0
    /// Nil where it was not tried, for the round had ended.
    var result: Result<PeerConnection, DialError>?
  }

  /// - Parameter named: addresses with how they became known, best first.
  /// - Throws: `NodeError` with a report of every address that was tried, or `CancellationError`.
  func run(_ named: [(JoinAttempt.Source, [Endpoint])]) async throws -> Admission {
    let deadline = Clocks.now().boot + Limits.joining
    var ledger = JoinLedger()
    var told = -1
    var isAgain = false
    repeat {
      let targets = targets(named)
      if told != targets.count {
        told = targets.count
        story.tell(.searching(addresses: told))
      }
      if let admission = await round(targets, &ledger) { return admission }
      try Task.checkCancellation()
      // A spent or expired invite does not get better by waiting, nor by more words about it; nor does a lost key.
      let isOver = ledger.attempts.contains { [.inviteSpent, .inviteExpired, .wasMember].contains($0.outcome) }
      if isOver || expiry < Clocks.now().wall { break }
      if !isAgain { story.tell(.searchingAgain) }
      isAgain = true
      try await Task.sleep(for: .milliseconds(Limits.joinRound))
    } while Clocks.now().boot < deadline
    let report = JoinReport(ledger, expiry: expiry, at: Clocks.now())
    throw NodeError(
      report.isRefusal ? .inviteRefused : .unreachable, report.summary.detail, hint: report.summary.hint,
      report: report)
  }

  private func targets(_ named: [(JoinAttempt.Source, [Endpoint])]) -> [Target] {
    let zones = NetworkInterfaces.names()
    let seen = finder.sightings.map { (JoinAttempt.Source.mdns, $0.endpoints) }
    var known: Set<Endpoint> = []
    var targets: [Target] = []
    for (source, endpoints) in named + seen {
      let fresh = NetworkInterfaces.order(endpoints).filter { known.insert($0).inserted }.map { $0.named(zones) }
      targets += fresh.enumerated().map {
        Target(endpoint: $1, source: source, delay: Limits.dialHeadStart * Int64($0))
      }
    }
    return Array(targets.prefix(Limits.joinAttempts))
  }

  /// Dials all at once, nearly, and greets whoever answers, one after another: an invite for one is not to be spent
  /// at two colleagues.
  private func round(_ targets: [Target], _ ledger: inout JoinLedger) async -> Admission? {
    await withTaskGroup(of: Dialed.self) { group in
      for target in targets {
        let isNews = !ledger.hasTried(target.endpoint)
        group.addTask { await dial(target, isNews: isNews) }
      }
      var admission: Admission?
      var answers: [DeviceID: JoinAttempt] = [:]
      for await dialed in group {
        switch dialed.result {
        case nil, .failure(.stopped): break
        case .success(let connection) where admission != nil: connection.close()
        case .failure where admission != nil: break
        case .failure(let error): note(attempt(dialed.target, JoinAttempt.Outcome(error), since: dialed.since), &ledger)
        case .success(let connection):
          if let answer = answers[connection.device] {
            // The same node at another of its addresses says the same.
            connection.close()
            note(
              JoinAttempt(dialed.target.endpoint, dialed.target.source, answer.outcome, facts: answer.facts), &ledger)
            continue
          }
          switch await meet(connection, dialed.target) {
          case .success(let answer):
            admission = Admission(
              statements: answer.statements, sealed: answer.sealed, device: connection.device,
              endpoint: connection.remote)
            story.tell(.admitted(connection.remote))
            group.cancelAll()
          case .failure(let refused):
            answers[connection.device] = refused.attempt
            note(refused.attempt, &ledger)
            story.part()
          }
        }
      }
      return admission
    }
  }

  private func dial(_ target: Target, isNews: Bool) async -> Dialed {
    do {
      try await Task.sleep(for: .milliseconds(target.delay))
    } catch {
      return Dialed(target: target, result: nil)
    }
    if isNews { story.tell(.trying(target.endpoint, target.source)) }
    let since = Clocks.now().boot
    do throws(DialError) {
      return Dialed(target: target, since: since, result: .success(try await sockets.dial(target.endpoint)))
    } catch {
      return Dialed(target: target, since: since, result: .failure(error))
    }
  }

  private struct Refused: Error {
    var attempt: JoinAttempt
  }

  private func meet(_ connection: PeerConnection, _ target: Target) async -> Result<Knock.Admission, Refused> {
    guard connection.device != sockets.contacts.own else {
      connection.close()
      return .failure(Refused(attempt: attempt(target, .thisMachine)))
    }
    story.tell(.reached(target.endpoint))
    let knock = Knock(sockets.contacts, connection, request) { story.tell(.proving(target.endpoint)) }
    switch await knock.answer() {
    case .success(let answer): return .success(answer)
    case .failure(let failure):
      var refused = attempt(target, failure.outcome)
      refused.facts.device = connection.device
      refused.facts.clockOffset = failure.wall.map { $0 - Clocks.now().wall }
      return .failure(Refused(attempt: refused))
    }
  }

  // MARK: - What is known of an address

  /// - Parameter since: when it was dialed, where nobody answered; milliseconds of the boot clock.
  private func attempt(_ target: Target, _ outcome: JoinAttempt.Outcome, since: Int64? = nil) -> JoinAttempt {
    let address = target.endpoint.address
    let sighting = finder.sightings.first { $0.endpoints.contains { $0.address == address } }
    return JoinAttempt(
      target.endpoint, target.source, outcome,
      facts: JoinFacts(
        subnets: NetworkInterfaces.subnets(),
        neighbour: since.flatMap { Neighbours.state(of: target.endpoint, since: $0) }, instance: sighting?.instance))
  }

  private func note(_ attempt: JoinAttempt, _ ledger: inout JoinLedger) {
    if ledger.note(attempt) { story.tell(.failed(attempt)) }
  }
}

extension JoinAttempt.Outcome {
  init(_ error: DialError) {
    switch error {
    case .refused: self = .refused
    case .timedOut: self = .timedOut
    case .unreachable: self = .unreachable
    case .handshake, .wrongDevice: self = .notBullpen
    case .stopped: self = .brokenOff
    }
  }
}
