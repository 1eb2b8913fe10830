import BullpenCore
import BullpenWire
import Foundation
import GRDB

/// A change, or a row of one, that is kept and passed on and not believed.
public struct DoubtedChange: Hashable, Sendable {
  public enum Doubt: Hashable, Sendable {
    /// It breaks a rule, on every node alike. `noticed`: when it was judged here last, in Unix milliseconds.
    case refused(RefusalReason, noticed: Int64)
    /// It is stamped in the future, and counts when that time has come. By the chain's digest at its entry, whose number
    /// several branches of its log may have.
    case waiting(Digest)
  }

  public let log: LogID
  public let sequence: UInt64
  public let doubt: Doubt
  /// By its author's clock, in Unix milliseconds; nil where the entry is here no more.
  public let stamped: Int64?
  /// Of the row that it is about, or of the change's only one; nil for several, and where nothing can be read of them.
  public let table: String?
  /// Whose row that is, by its key.
  public let owner: MemberID?
}

extension Store {
  /// What was refused, newest first, 1 to 100 a page.
  public func refusedChanges(after: String? = nil, limit: Int = 50) throws -> RowPage<DoubtedChange> {
    guard (1...100).contains(limit) else { throw StoreError(.invalid, "A page holds 1 to 100 rows.") }
    var sql = "SELECT wall, log, sequence, row, reason FROM node_refusals"
    var arguments: [Int64] = []
    if let after {
      let mark = try PageMark(after)
      let place = stride(from: 0, to: 24, by: 8).compactMap { UInt64(bigEndianBytes: mark.key.dropFirst($0).prefix(8)) }
      sql += " WHERE (wall, log, sequence, row) < (?, ?, ?, ?)"
      arguments += [mark.created] + place.map { Int64(bitPattern: $0) }
    }
    sql += " ORDER BY wall DESC, log DESC, sequence DESC, row DESC LIMIT ?"
    arguments.append(Int64(limit) + 1)
    return try read { [sql, arguments] db in
      let found = try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments))
      let changes = try found.prefix(limit).compactMap { row in
        try RefusalReason(rawValue: row["reason"]).flatMap { reason in
          try change(row, row: row["row"], .refused(reason, noticed: row["wall"]), db)
        }
      }
      guard found.count > limit else { return RowPage(rows: changes, next: nil) }
      let last = found[limit - 1]
      let key = ["log", "sequence", "row"].flatMap { UInt64(bitPattern: last[$0] as Int64).bigEndianBytes }
      return RowPage(rows: changes, next: PageMark(created: last["wall"], key: key).text)
    }
  }

  /// What waits for its time, that which comes first before all others; at most 100.
  public func waitingChanges() throws -> [DoubtedChange] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT log, sequence FROM node_quarantine ORDER BY time, log, sequence LIMIT 100")
      return try rows.compactMap { row in
        guard let log = try LogTables.log(number: row["log"], db),
          let digest = try LogTables.digest(
            at: UInt64(stored: row["sequence"]), of: log, in: context.workspace, db)
        else { return nil }
        return try change(row, row: -1, .waiting(digest), db)
      }
    }
  }

  /// - Parameter row: its place in the change; negative where the whole is meant.
  private func change(_ place: Row, row: Int, _ doubt: DoubtedChange.Doubt, _ db: Database) throws -> DoubtedChange? {
    guard let log = try LogTables.log(number: place["log"], db) else { return nil }
    let sequence = try UInt64(stored: place["sequence"])
    let entry = try LogTables.entry(sequence, of: log, db)
    var about: RowChange?
    if case .present(let payload)? = entry?.payload, let rows = ChangeCodec.decode(payload)?.rows {
      about = row < 0 ? (rows.count == 1 ? rows[0] : nil) : rows.indices.contains(row) ? rows[row] : nil
    }
    return DoubtedChange(
      log: log.log, sequence: sequence, doubt: doubt, stamped: entry?.time.milliseconds, table: about?.table,
      owner: about.flatMap { RowKey(unknown: $0.key)?.writer })
  }
}
