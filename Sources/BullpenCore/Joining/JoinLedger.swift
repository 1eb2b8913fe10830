/// The addresses that a joining has tried, each with how it ended last.
public struct JoinLedger: Hashable, Sendable {
  /// In the order in which they were first tried; at most `Limits.joinAttempts`.
  public private(set) var attempts: [JoinAttempt] = []

  public init() {}

  /// - Returns: whether it is news: another address, or another outcome.
  public mutating func note(_ attempt: JoinAttempt) -> Bool {
    guard let place = attempts.firstIndex(where: { $0.endpoint == attempt.endpoint }) else {
      if attempts.count < Limits.joinAttempts { attempts.append(attempt) }
      return true
    }
    let before = attempts[place]
    // What a node of the workspace said stands until it says something else, though it should be gone now.
    if before.outcome.isVerdict, !attempt.outcome.isVerdict { return false }
    attempts[place] = JoinAttempt(
      attempt.endpoint, before.source, attempt.outcome, facts: attempt.facts.adding(before.facts))
    return before.outcome != attempt.outcome
  }

  public func hasTried(_ endpoint: Endpoint) -> Bool { attempts.contains { $0.endpoint == endpoint } }
}
