import BullpenCore
import BullpenNode
import Hummingbird

/// What is kept and passed on, and not believed.
extension RouteTable {
  func addSecurity() {
    on(.get, "/api/v1/security", needs: .read) { call in
      let view = try await call.workspace().security(after: call.query("after"), limit: try call.limit())
      return JSON.response(SecurityBody(view))
    }
    on(.post, "/api/v1/security/waiting/:id/void", needs: .own) { call in
      guard let id = Digest(call.context.parameters.get("id") ?? "") else {
        throw Problem.notFound("No change that waits for its time has this id.")
      }
      return JSON.response(SecurityBody(try await call.workspace().void(id)))
    }
  }
}

struct SecurityBody: Encodable {
  let waiting: [SecurityEntryBody]
  let items: [SecurityEntryBody]
  @Nullable var next: String?

  init(_ view: SecurityView) {
    waiting = view.waiting.map(SecurityEntryBody.init)
    items = view.refused.rows.map(SecurityEntryBody.init)
    next = view.refused.next
  }
}

struct SecurityEntryBody: Encodable {
  let kind: String
  @Nullable var id: String?
  let isVoidable: Bool
  @Nullable var userId: String?
  let deviceId: String
  let incarnation: String
  let log: String
  let sequence: UInt64
  @Nullable var table: String?
  @Nullable var ownerId: String?
  @Nullable var reason: String?
  @Nullable var stampedAt: Int64?
  @Nullable var noticedAt: Int64?
  let detail: String
  let hint: String

  init(_ entry: SecurityEntry) {
    kind = entry.kind.rawValue
    id = entry.id?.description
    isVoidable = entry.isVoidable
    userId = entry.member?.description
    deviceId = entry.log.device.description
    incarnation = entry.log.incarnation.description
    log = entry.log.kind == .lasting ? "lasting" : "passing"
    sequence = entry.sequence
    table = entry.table
    ownerId = entry.owner?.description
    reason = entry.reason
    stampedAt = entry.stamped
    noticedAt = entry.noticed
    detail = entry.detail
    hint = entry.hint
  }
}
