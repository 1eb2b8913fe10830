import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

extension Store {
  /// The name under which the workspace's own name is kept in `workspace_settings`.
  public static let nameSetting = "name"

  /// What the workspace is called: as an admin renamed it last, else as it was founded.
  public func workspaceName() throws -> String {
    let renamed = try workspaceSetting(Self.nameSetting)
    guard let renamed, (1...Limits.nameBytes).contains(renamed.utf8.count) else { return membership().name }
    return renamed
  }

  /// What admins have set; of several the newest. Nil where nobody did.
  public func workspaceSetting(_ name: String) throws -> String? { try newestSetting(name, by: nil)?.text }

  /// What the owner has set. Until it does, what holds is what those before it had set, the last of them first. Nil where
  /// none did; what other admins wrote does not count.
  public func ownersSetting(_ name: String) throws -> String? {
    for owner in membership().owners.reversed() {
      if let set = try newestSetting(name, by: owner) { return set.text }
    }
    return nil
  }

  /// With when it was written and by whom.
  ///
  /// - Parameter writer: whose rows count; nil for everybody's.
  func newestSetting(
    _ name: String, by writer: MemberID?
  ) throws -> (stamp: Stamp, member: MemberID, text: String)? {
    guard let table = context.table(Tables.workspaceSettings.name) else { return nil }
    let devices = numberedDevices
    return try read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(table.columnList) FROM "\(table.declaration.name)"
          WHERE _deleted = 0 AND substr(_key, 17) = ? AND (? IS NULL OR substr(_key, 1, 16) = ?)
          """, arguments: [Data(name.utf8), writer.map { Data($0.bytes) }, writer.map { Data($0.bytes) }])
      let written = try rows.compactMap { row -> (stamp: Stamp, member: MemberID, text: String)? in
        let stored = try table.decode(row)
        guard let clock = stored.clocks.columns[0], let device = devices[clock.device],
          case .clear(.text(let text))? = stored.cells[0].flatMap({ CellContent(bytes: $0) })
        else { return nil }
        return (Stamp(time: clock.time, device: device, index: clock.index), try table.key(row).writer, text)
      }
      return written.max { $0.stamp < $1.stamp }
    }
  }

  /// What the membership would be if this device stated these claims now. Nothing is written.
  public func membership(afterStating claims: [BullpenCore.Statement.Claim], wall: Int64) throws -> Membership {
    let log = LogID(device: device, incarnation: incarnation, kind: .lasting)
    let statements = LoggedStatements(context: context, state: snapshot)
    var (head, previous) = try read { db -> (UInt64, StatementID?) in
      guard let row = try LogTables.log(log, db) else { return (0, nil) }
      return (row.head.sequence, try statements.last(of: row, db))
    }
    var clock = HybridClock(last: HybridTime(raw: try read { try Meta.integer(.clock, $0) } ?? 0))
    let before = membership()
    let proved = claims.compactMap { claim -> Verified<ProvedStatement>? in
      head += 1
      let made = context.prover.prove(
        context.author.sign(
          BullpenCore.Statement(
            workspace: workspace, signer: device, incarnation: incarnation, sequence: head,
            previous: previous, time: clock.tick(wall: wall), claim: claim)))
      previous = made?.value.id ?? previous
      return made
    }
    return Membership.evaluate(before.statements + proved, in: workspace, prover: context.prover)
  }
}
