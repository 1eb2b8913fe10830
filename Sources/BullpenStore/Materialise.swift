import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// Entries become rows: by this code alone, whether they were just signed here, came from a peer, were held back
// until their time, or are read again from the log.
extension Transaction {
  /// Takes in an entry that the log holds.
  func materialise(_ entry: Entry, _ sequence: UInt64, of log: LogRow) throws {
    if try isVoided(entry, sequence, of: log) {
      try refuse(.voided, sequence, nil, log)
      return
    }
    if holdsBack?(log.log, sequence, entry.time) ?? (entry.time.milliseconds > wall + Limits.clockBound) {
      try quarantine(entry, sequence, log)
      return
    }
    clock.observe(entry.time, wall: wall)
    // Whether its life is over is not asked: the clock that says so may be ahead. What is dead is shown to nobody, until
    // `forget` takes it away.
    guard case .present(let payload) = entry.payload else { return }
    let standing = try standing(of: log)
    if let kept = standing.kept, sequence > kept {
      try refuse(.cut, sequence, nil, log)
      return
    }
    guard let bytes = layout.read(payload) else {
      try refuse(.malformed, sequence, nil, log)
      return
    }
    let authorship = Authorship(log: log.log, sequence: sequence, entry: entry, standing: standing)
    // What is done with one row may read other changes.
    let layout = layout
    try bytes.withUnsafeBytes { contents in
      for (place, row) in layout.rows.enumerated() {
        // A cell's place in its whole change, known and unknown tables alike, is part of its stamp.
        let arrived = ArrivedRow(
          bytes: contents, row: row, cells: layout.cells[row.cells], firstIndex: row.cells.lowerBound,
          device: log.device)
        guard let table = table(named: contents, row.table) else {
          try noteUnknown(ChangeLayout.name(bytes, row.table), place, sequence, log)
          continue
        }
        try take(arrived, place, of: table, by: authorship, log) { layout.row(row, of: bytes) }
      }
    }
  }

  /// - Parameter whole: the row as a value of its own, which few need.
  private func take(
    _ arrived: ArrivedRow, _ place: Int, of table: RowTable, by authorship: Authorship, _ log: LogRow,
    whole: () -> RowChange
  ) throws {
    let sequence = authorship.sequence
    switch Judge.judge(arrived, of: table, by: authorship) {
    case .refuse(let reason):
      try refuse(reason, sequence, place, log)
    case .merge(let key, let writes, let hasUnknownColumns):
      if table.holdsStatements, try !takeStatement(whole(), by: authorship) {
        try refuse(.statement, sequence, place, log)
        return
      }
      if hasUnknownColumns { try noteUnknown(table.declaration.name, place, sequence, log) }
      let hasChanged = try writer(of: table).merge(
        writes, audience: arrived.row.audience, isDelete: arrived.row.isDelete, into: key, device: device)
      if hasChanged { changed(table.declaration.name, key) }
    }
  }

  private func device(_ number: Int64) throws -> DeviceID {
    guard let device = state.devices[number] else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a clock names a device that is not listed")
    }
    return device
  }

  // MARK: - Statements

  /// Whether a row of `statements` holds a statement that its author made for this very place; if so it is
  /// admitted. The cell is the signature's 64 bytes, then the statement.
  private func takeStatement(_ row: RowChange, by authorship: Authorship) throws -> Bool {
    let statements = LoggedStatements(context: context, state: state)
    guard let proved = statements.proved(row, of: authorship.log, at: authorship.sequence, authorship.entry) else {
      return false
    }
    if state.proved[proved.value.id] == nil { try admit([proved]) }
    return true
  }

  // MARK: - What is not materialised

  func refuse(_ reason: RefusalReason, _ sequence: UInt64, _ row: Int?, _ log: LogRow) throws {
    try db.cachedStatement(
      sql: "INSERT OR REPLACE INTO node_refusals (log, sequence, row, reason, wall) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [log.number, Int64(sequence), Int64(row ?? -1), reason.rawValue, wall])
    outcome.refused.append(
      RefusedChange(log: log.log, sequence: sequence, row: row, reason: reason, wall: wall))
  }

  private func quarantine(_ entry: Entry, _ sequence: UInt64, _ log: LogRow) throws {
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO node_quarantine (log, sequence, time) VALUES (?, ?, ?)")
      .execute(arguments: [log.number, Int64(sequence), entry.time.milliseconds])
    outcome.quarantined += 1
  }

  private func noteUnknown(_ table: String, _ place: Int, _ sequence: UInt64, _ log: LogRow) throws {
    try db.cachedStatement(
      sql: "INSERT OR IGNORE INTO node_unknown_rows (log, sequence, row, name) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [log.number, Int64(sequence), Int64(place), table])
  }

  // MARK: - Again

  /// Lets in what was held back and whose time has come.
  func release() throws {
    let due = try Row.fetchAll(
      db, sql: "SELECT log, sequence FROM node_quarantine WHERE time <= ? ORDER BY log, sequence",
      arguments: [wall + Limits.clockBound])
    for row in due {
      try db.execute(
        sql: "DELETE FROM node_quarantine WHERE log = ? AND sequence = ?",
        arguments: [row[0] as Int64, row[1] as Int64])
      try materialiseAgain(log: row[0], sequence: row[1])
    }
  }

  /// Takes back what was believed while a clock was ahead and comes, by the time on which others agree, from beyond the
  /// bound. A device whose own log is that far ahead begins another: in the old one it could write nothing until then.
  func holdBack() throws {
    let bound = wall + Limits.clockBound
    if clock.last.milliseconds > bound {
      clock = HybridClock()
      try rebuild()
    }
    for kind in LogKind.allCases {
      let own = LogID(device: context.author.device.id, incarnation: state.incarnation, kind: kind)
      guard let log = try LogTables.log(own, db), log.time.milliseconds > bound else { continue }
      try beginIncarnation()
    }
  }

  /// What this device writes from now on is another history.
  func beginIncarnation() throws {
    state.incarnation = Incarnation(using: &state.random)
    try Meta.set(.incarnation, Data(state.incarnation.bytes), db)
  }

  /// Looks again at rows of tables and columns that this version did not know.
  func adoptUnknown() throws {
    let unknown = try Row.fetchAll(
      db, sql: "SELECT DISTINCT log, sequence FROM node_unknown_rows ORDER BY log, sequence")
    try db.execute(sql: "DELETE FROM node_unknown_rows")
    for row in unknown { try materialiseAgain(log: row[0], sequence: row[1]) }
    try Meta.set(.adopts, nil, db)
  }

  /// Empties the tables and reads every log again: whose history it is, or how far it stands, has changed.
  func rebuild() throws {
    for table in context.tables {
      let rows = try Row.fetchCursor(db, sql: "SELECT _key FROM \"\(table.declaration.name)\"")
      while let row = try rows.next() { changed(table.declaration.name, try table.key(row)) }
      try db.execute(sql: "DELETE FROM \"\(table.declaration.name)\"")
    }
    for name in ["node_unknown_rows", "node_refusals", "node_quarantine"] {
      try db.execute(sql: "DELETE FROM \(name)")
    }
    outcome.refused = []
    outcome.quarantined = 0
    for log in try LogTables.all(db) {
      let segments = try LogTables.segments(of: log, from: log.base + 1, db)
      while let segment = try segments.next() {
        for (place, entry) in segment.entries.enumerated() where segment.first + UInt64(place) <= log.head.sequence {
          try materialise(entry, segment.first + UInt64(place), of: log)
        }
      }
    }
    isStale = false
  }

  private func materialiseAgain(log number: Int64, sequence: Int64) throws {
    guard let log = try LogTables.log(number: number, db),
      let entry = try LogTables.entry(UInt64(sequence), of: log, db)
    else { return }
    try materialise(entry, UInt64(sequence), of: log)
  }
}
