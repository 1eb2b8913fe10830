import BullpenCore
import BullpenStore

/// A change that is kept and passed on, and not believed, in words.
public struct SecurityEntry: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    /// It breaks a rule, on every node alike.
    case refused
    /// It is stamped in the future, and counts when that time has come.
    case waiting
  }
  public var kind: Kind
  /// Names one that waits: the chain's digest at its entry. Nil for what was refused.
  public var id: Digest?
  /// Whether this node's person may void it.
  public var isVoidable: Bool
  /// Who wrote it; nil where nothing says any more whose device it was.
  public var member: MemberID?
  public var log: LogID
  public var sequence: UInt64
  /// Why it was refused, as `RefusalReason` has it; nil for what waits.
  public var reason: String?
  /// The table of the row that it is about, and whose row that is; nil for several.
  public var table: String?
  public var owner: MemberID?
  /// By its author's clock, Unix milliseconds; nil where the change is here no more.
  public var stamped: Int64?
  /// When it was judged here last, Unix milliseconds; nil for what waits.
  public var noticed: Int64?
  public var detail: String
  public var hint: String

  public init(
    kind: Kind, id: Digest? = nil, isVoidable: Bool = false, member: MemberID?, log: LogID, sequence: UInt64,
    reason: String?, table: String?, owner: MemberID?, stamped: Int64?, noticed: Int64?, detail: String, hint: String
  ) {
    self.kind = kind
    self.id = id
    self.isVoidable = isVoidable
    self.member = member
    self.log = log
    self.sequence = sequence
    self.reason = reason
    self.table = table
    self.owner = owner
    self.stamped = stamped
    self.noticed = noticed
    self.detail = detail
    self.hint = hint
  }
}

/// What is not believed in a workspace.
public struct SecurityView: Sendable {
  /// What counts later, the soonest first; at most 100.
  public var waiting: [SecurityEntry]
  /// Newest first.
  public var refused: Page<SecurityEntry>

  public init(waiting: [SecurityEntry], refused: Page<SecurityEntry>) {
    self.waiting = waiting
    self.refused = refused
  }
}

extension WorkspaceHandle {
  func security(after: String?, limit: Int) async throws -> SecurityView {
    let membership = await node.look { machine, _ in machine.membership }
    let (names, waiting, page) = try await ask {
      (try $0.displayNames(), try $0.waitingChanges(), try $0.refusedChanges(after: after, limit: limit))
    }
    let words = DoubtWords(names: names, membership: membership, own: node.own)
    return SecurityView(
      waiting: waiting.map(words.entry), refused: Page(rows: page.rows.map(words.entry), next: page.next))
  }

  func void(_ id: Digest) async throws -> SecurityView {
    let own = node.own
    _ = try await member()
    let waiting = try await ask { try $0.waitingChanges() }
    guard let change = waiting.first(where: { $0.doubt == .waiting(id) }) else {
      throw NodeError(
        .notFound, "No change that waits for its time has this id.", hint: "`bullpen security` lists them.")
    }
    let (membership, isAgreed) = await node.look { machine, _ in (machine.membership, machine.isTimeAgreed) }
    guard membership.mayVoid(change.log, by: own) else {
      throw NodeError(
        .forbidden, "Who wrote it may void it, or the owner, or an admin who is senior to them.",
        hint: "Ask one of them.")
    }
    // By a clock that is behind, what others write at the right time waits.
    guard isAgreed else {
      throw NodeError(
        .conflict, "Nobody who is here agrees with this machine on the time, so it may be the one that is wrong.",
        hint: "Look at the clocks, set the wrong one, and try again.")
    }
    _ = try await node.claim(
      .voiding(LogHead(log: change.log, head: Head(sequence: change.sequence, digest: id))))
    return try await security(after: nil, limit: 50)
  }
}

/// Says why something is not believed.
private struct DoubtWords {
  let names: [MemberID: String]
  let membership: Membership
  let own: DeviceID

  func entry(_ change: DoubtedChange) -> SecurityEntry {
    let member = membership.author(change.log.device)
    let device = change.log.device.short
    let who = member.map { "\(name($0))’s device \(device)" } ?? "The device \(device)"
    var entry = SecurityEntry(
      kind: .waiting, member: member, log: change.log, sequence: change.sequence, reason: nil, table: change.table,
      owner: change.owner, stamped: change.stamped, noticed: nil,
      detail: "\(who) wrote \(what(change)) by a clock that is ahead of the others.",
      hint: "It shows when that time has come. The clock of that machine wants setting.")
    switch change.doubt {
    case .waiting(let id): (entry.id, entry.isVoidable) = (id, membership.mayVoid(change.log, by: own))
    case .refused(let reason, let noticed):
      (entry.kind, entry.reason, entry.noticed) = (.refused, reason.rawValue, noticed)
      entry.detail = "\(who) wrote \(what(change)), and \(why(reason, change))."
      entry.hint = hint(reason, member)
    }
    return entry
  }

  private func name(_ member: MemberID) -> String {
    let name = names[member] ?? ""
    return name.isEmpty ? member.short : name
  }

  private func what(_ change: DoubtedChange) -> String {
    guard let table = change.table else { return "a change" }
    let words = [
      Tables.statements.name: "a statement about who belongs here", Tables.members.name: "a name",
      Tables.notifications.name: "a notification", Tables.notificationMarks.name: "a mark on a notification",
      Tables.activities.name: "an activity", Tables.settings.name: "a setting",
      Tables.workspaceSettings.name: "a setting for all", Tables.teams.name: "a team",
      Tables.presenceSettings.name: "settings of presence", Tables.presenceDays.name: "sums of a day",
      Tables.grants.name: "a key to something sealed",
    ]
    return words[table] ?? "a row of “\(table)”"
  }

  private func why(_ reason: RefusalReason, _ change: DoubtedChange) -> String {
    switch reason {
    case .author: "only \(change.owner.map(name) ?? "somebody else") may write that"
    case .role: "only the owner and admins may write that"
    case .cut: "had been removed, or had no right to it any more, by then"
    case .unknownDevice: "nothing says any more whose device that is"
    case .statement: "it was not made for that place"
    case .malformed: "it cannot be read"
    case .voided: "\(voider(of: change).map(name) ?? "somebody") has voided it, for its clock was ahead"
    case .keyTime: "it claims to be older than it can be"
    case .key, .type, .limit, .audience, .log, .expiry: "it breaks the form that such things have"
    }
  }

  private func voider(of change: DoubtedChange) -> MemberID? {
    membership.voidings(of: change.log).first { $0.key.sequence == change.sequence }
      .flatMap { membership.author($0.value.statement.signer) }
  }

  private func hint(_ reason: RefusalReason, _ member: MemberID?) -> String {
    switch reason {
    case .voided: "It is shown to nobody, also when that time has come. It can be written anew."
    case .cut, .unknownDevice: "Nothing needs to be done: it is shown to nobody."
    case .author, .role, .statement, .malformed, .keyTime, .key, .type, .limit, .audience, .log, .expiry:
      "It is shown to nobody. Bullpen itself writes no such thing: ask \(member.map(name) ?? "an admin") what runs on "
        + "that machine. An admin can remove the device."
    }
  }
}
