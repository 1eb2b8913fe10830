import BullpenCore
import BullpenNode

struct JoinRequest: Decodable {
  let code: String
  let memberName: String
}

struct JoinedBody: Encodable {
  let id: String
  let name: String
  /// Left out where there is nothing to say.
  let notice: String?

  init(_ view: JoinedView) {
    id = view.workspace.id.description
    name = view.workspace.name
    notice = view.notice
  }
}

/// How far a joining has come. What does not belong to the phase is null.
struct JoinProgressBody: Encodable {
  let phase: String
  let text: String
  @Nullable var endpoint: String?
  @Nullable var have: UInt64?
  @Nullable var total: UInt64?

  init(_ progress: JoinProgress) {
    phase = progress.phase
    text = progress.words
    endpoint = progress.endpoint?.description
    if case .fetching(let have, let total) = progress { (self.have, self.total) = (have, total) }
  }
}

/// An address that a joining tried, in a problem.
struct JoinAttemptBody: Encodable, Hashable, Sendable {
  struct RemedyBody: Encodable, Hashable, Sendable {
    let tool: String
    let lines: [String]
  }

  let endpoint: String
  let source: String
  let outcome: String
  let cause: String
  let detail: String
  let hint: String
  let remedies: [RemedyBody]

  init(_ entry: JoinReport.Entry) {
    endpoint = entry.attempt.endpoint.description
    source = entry.attempt.source.rawValue
    outcome = entry.attempt.outcome.rawValue
    cause = entry.diagnosis.cause.rawValue
    detail = entry.diagnosis.detail
    hint = entry.diagnosis.hint
    remedies = entry.diagnosis.remedies.map { RemedyBody(tool: $0.tool, lines: $0.lines) }
  }
}
