import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

/// Statements as entries of logs: what their authors made for the very places where they stand. Beside the log anything
/// can be signed with its device's key; what is in it was there before whatever comes after it.
struct LoggedStatements {
  let context: StoreContext
  let state: StoreState

  /// Where the line of statements in a log ends, up to its head: from the first, each that names the one before it. What
  /// does not go on with the line changes nothing of it.
  func end(of log: LogRow, _ db: Database) throws -> StatementID? {
    var end: StatementID?
    try forEach(of: log, newestFirst: false, db) { proved in
      if end == nil || proved.statement.previous == end { end = proved.id }
      return true
    }
    return end
  }

  /// The last statement in a log that this program has written itself.
  func last(of log: LogRow, _ db: Database) throws -> StatementID? {
    var last: StatementID?
    try forEach(of: log, newestFirst: true, db) { proved in
      last = proved.id
      return false
    }
    return last
  }

  /// - Parameter visit: says whether to go on.
  private func forEach(
    of log: LogRow, newestFirst: Bool, _ db: Database, _ visit: (ProvedStatement) -> Bool
  ) throws {
    guard log.log.kind == .lasting else { return }
    let legs = try LogTables.path(of: log, db)
    for leg in newestFirst ? legs.reversed() : legs {
      guard try forEach(on: leg, newestFirst: newestFirst, db, visit) else { return }
    }
  }

  /// - Returns: whether to go on.
  private func forEach(
    on leg: LogTables.Leg, newestFirst: Bool, _ db: Database, _ visit: (ProvedStatement) -> Bool
  ) throws -> Bool {
    let log = leg.log
    // The name of the table stands in a segment as it is, so most segments need not be decoded.
    let sql = """
      SELECT bytes FROM node_segments WHERE log = ? AND instr(bytes, ?) > 0 ORDER BY first \(newestFirst ? "DESC" : "")
      """
    let segments = SegmentCursor(
      cursor: try Data.fetchCursor(
        db.makeStatement(sql: sql), arguments: [log.number, Data(Tables.statements.name.utf8)]))
    while let segment = try segments.next() {
      var found: [ProvedStatement] = []
      for (place, entry) in segment.entries.enumerated() where segment.first + UInt64(place) <= leg.through {
        guard case .present(let payload) = entry.payload, let change = ChangeCodec.decode(payload) else { continue }
        let sequence = segment.first + UInt64(place)
        found += change.rows.compactMap { row in
          row.table == Tables.statements.name
            ? proved(row, of: log.log, at: sequence, entry)?.value : nil
        }
      }
      for proved in newestFirst ? found.reversed() : found where !visit(proved) { return false }
    }
    return true
  }

  /// What a row of `statements` holds, where its author made it for this very place.
  func proved(
    _ row: RowChange, of log: LogID, at sequence: UInt64, _ entry: Entry
  ) -> Verified<ProvedStatement>? {
    guard let signed = row.signedStatement else { return nil }
    let known = state.known[signed].flatMap { state.proved[$0] }
    guard let proved = known ?? context.prover.prove(signed) else { return nil }
    let statement = proved.value.statement
    guard context.belongs(proved.value), statement.log == log, statement.sequence == sequence,
      statement.time == entry.time
    else { return nil }
    return proved
  }
}

extension RowChange {
  /// What a row of `statements` carries, proved or not.
  var signedStatement: SignedStatement? {
    guard !isDelete, let cell = cells.last(where: { $0.column == "body" }),
      case .clear(.bytes(let bytes)) = CellContent(bytes: cell.content),
      let signature = Signature(bytes: bytes.prefix(64))
    else { return nil }
    return SignedStatement(body: Array(bytes.dropFirst(64)), signature: signature)
  }
}

extension StoreContext {
  /// Whether a statement speaks of this workspace.
  func belongs(_ proved: ProvedStatement) -> Bool {
    if case .genesis = proved.statement.claim { return proved.id.raw == workspace.raw }
    return proved.statement.workspace == workspace
  }
}

extension Store {
  /// How many entries are here of what devices have written: of branches what they share counts once, and of a log that
  /// begins later by now what came before counts too.
  public func entries(of devices: some Sequence<DeviceID>) throws -> UInt64 {
    let devices = Set(devices)
    return try read { db in
      try LogTables.all(db).filter { devices.contains($0.log.device) }
        .reduce(0) { $0 + $1.head.sequence - min($1.base, $1.head.sequence) }
    }
  }

  /// The logs of devices as far as they are here, each branch with the last of the statements in it: what a cut, a
  /// demotion or a takeover rests on.
  public func logs(of devices: some Sequence<DeviceID>) throws -> [KeptLog] {
    let devices = Set(devices)
    let statements = LoggedStatements(context: context, state: snapshot)
    return try read { db in
      let logs = Dictionary(grouping: try LogTables.all(db).filter { devices.contains($0.log.device) }, by: \.log)
      return try logs.sorted { $0.key < $1.key }.flatMap { LogTables.tips($0.value) }.map { log in
        KeptLog(log: log.log, head: log.head, statement: try statements.end(of: log, db))
      }
    }
  }
}
