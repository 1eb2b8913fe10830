import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// The one write path. Everything that is assigned to a write (stamp, number, digest, signature) is assigned
// inside the transaction that stores it, so a failed commit leaves no trace.
extension Transaction {
  /// What a statement is made from once its place is known.
  typealias StatementMaker = (_ place: StatementPlace) throws -> SignedStatement

  /// Authorises, stamps, seals, numbers, chains, signs, appends and merges.
  ///
  /// - Parameter statement: a statement that goes into the same change.
  /// - Parameter grants: rows of the grants' table, where there are no drafts.
  func write(_ drafts: [RowDraft], statement: StatementMaker? = nil, grants: [RowChange] = []) throws -> Commit {
    var drafts = try drafts.map(declared)
    let device = context.author.device.id
    let kind = try grants.isEmpty ? logKind(drafts, hasStatement: statement != nil) : Tables.grants.log
    let id = LogID(device: device, incarnation: state.incarnation, kind: kind)
    var log = try LogTables.log(id, db) ?? beginLog(id)
    let sequence = log.head.sequence + 1
    let time = try stamp(after: log)

    if let statement {
      let previous = try LoggedStatements(context: context, state: state).last(of: log, db)
      let signed = try statement(StatementPlace(sequence: sequence, previous: previous, time: time))
      drafts.insert(try admitOwn(signed, at: time), at: 0)
    }
    guard let member = try membership().device(device)?.member else {
      throw StoreError(.notMember, "This device is not a member of the workspace.", hint: "Ask for an invite.")
    }
    var sealing = DraftSealing(self, membership: try membership(), member: member, time: time)
    let change = try grants.isEmpty ? sealing.seal(drafts) : Change(rows: grants)

    let entry = try Entry(time: time, expiry: expiry(of: change, kind), payload: .present(encode(change)))
    let digest = Chain.digest(context.workspace, id, sequence, previous: log.head.digest, entry)
    let segment = Segment(
      log: id, first: sequence, previous: log.head.digest, entries: [entry],
      signature: Chain.sign(digest, by: context.author.device))
    let head = Head(sequence: sequence, digest: digest)
    try LogTables.append(segment, head: head, to: &log, db)
    advanced([log])
    try materialise(entry, sequence, of: log)
    if let refusal = outcome.refused.first(where: { $0.log == id && $0.sequence == sequence }) {
      throw StoreError(.forbidden, "The workspace's rules refuse this write: \(refusal.reason.rawValue).")
    }
    return Commit(heads: [LogHead(log: id, head: head)], rows: outcome.rows, dropped: outcome.dropped)
  }

  /// A log that others would not take is not begun: what is in it would be acknowledged and stay here.
  private func beginLog(_ log: LogID) throws -> LogRow {
    guard try hasRoom(for: log) else {
      throw StoreError(
        .forbidden,
        "Nobody takes another history of this device: a person may have \(Limits.logsOfMember), and a workspace "
          + "\(Limits.logs).",
        hint: "Leave the workspace (`bullpen leave`) and join it with a new invite: you are a new member then.")
    }
    return try LogTables.make(log, device: number(of: log.device), db)
  }

  /// The draft under this file's own declaration of its table.
  private func declared(_ draft: RowDraft) throws -> RowDraft {
    guard let known = context.table(draft.table.name)?.declaration else {
      throw StoreError(.invalid, "There is no table \(draft.table.name).")
    }
    var draft = draft
    draft.table = known
    return draft
  }

  private func logKind(_ drafts: [RowDraft], hasStatement: Bool) throws -> LogKind {
    for draft in drafts where [Tables.statements.name, Tables.grants.name].contains(draft.table.name) {
      throw StoreError(.invalid, "Rows of \(draft.table.name) are written by the store alone.")
    }
    let kinds = Set(drafts.map(\.table.log) + (hasStatement ? [.lasting] : []))
    guard let kind = kinds.first else { throw StoreError(.invalid, "The draft is empty.") }
    guard kinds.count == 1 else {
      throw StoreError(
        .mixed, "Rows that last and rows that pass cannot be one change.", hint: "Write two drafts.")
    }
    return kind
  }

  /// Strictly after all that this device has stamped and all that it has believed.
  private func stamp(after log: LogRow) throws -> HybridTime {
    var next = HybridClock(last: max(clock.last, log.time))
    let time = next.tick(wall: wall)
    guard time.milliseconds <= wall + Limits.clockBound else {
      throw StoreError(
        .clock, "This machine's clock is behind what it wrote before, by more than five minutes.",
        hint: "Check date and time of this machine.")
    }
    clock = next
    return time
  }

  /// The entry is dead when its last row is.
  private func expiry(of change: Change, _ kind: LogKind) -> Int64 {
    guard kind == .passing else { return 0 }
    return change.rows.compactMap { row in
      guard let table = context.table(row.table)?.declaration else { return nil }
      return RowKey(row.key, shape: table.key).flatMap(table.expiry)
    }.max() ?? 0
  }

  private func encode(_ change: Change) throws -> [UInt8] {
    let cells = change.rows.reduce(0) { $0 + $1.cells.count }
    guard change.rows.count <= Limits.changeRows, cells <= Limits.changeCells else {
      throw StoreError(
        .tooLarge,
        "One change holds at most \(Limits.changeRows) rows and \(Limits.changeCells) cells, grants included.",
        hint: "Write less at once.")
    }
    let bytes = ChangeCodec.encode(change)
    guard bytes.count <= Limits.changeBytes else {
      throw StoreError(.tooLarge, "One change holds at most \(Limits.changeBytes) bytes.", hint: "Write less at once.")
    }
    return bytes
  }

  /// A statement of one's own must count, or it is not made.
  private func admitOwn(_ signed: SignedStatement, at time: HybridTime) throws -> RowDraft {
    guard signed.body.count + 64 <= Limits.statementBytes, let proved = context.prover.prove(signed) else {
      throw StoreError(.invalid, "The statement is not well formed.")
    }
    if case .voiding(let entry) = proved.value.statement.claim { try mustWait(entry, at: time) }
    try admitOwn(proved)
    let membership = try membership()
    guard let member = membership.device(context.author.device.id)?.member, membership.counts(proved.value) else {
      throw StoreError(.forbidden, "This member may not state that.", hint: "Ask an admin.")
    }
    let key = RowKey.own(member, RowID(at: wall, using: &state.random))
    let body = Value.bytes(signed.signature.bytes + signed.body)
    return RowDraft(Tables.statements, key, cells: ["body": body])
  }
}

/// Where a statement stands in its author's log.
struct StatementPlace {
  let sequence: UInt64
  let previous: StatementID?
  let time: HybridTime
}

extension Membership {
  /// Whether a statement has the effect that it claims.
  fileprivate func counts(_ proved: ProvedStatement) -> Bool {
    switch proved.statement.claim {
    case .genesis: proved.id.raw == workspace?.raw
    case .credential(let credential):
      device(credential.device).map { $0.member == credential.member && $0.role >= credential.role } ?? false
    case .invite(let invite): self.invite(invite.invite) == invite
    case .cut(let cut): isCut(cut.device)
    case .demotion(let demotion): holds(demotion)
    case .succession: counts(naming: proved.id)
    case .takeover: counts(takeover: proved.id)
    case .generation: counts(generation: proved.id)
    case .voiding(let entry): voidings(of: entry.log)[entry.head]?.id == proved.id
    case .unknown: false
    }
  }
}
