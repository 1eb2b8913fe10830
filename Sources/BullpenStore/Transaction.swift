import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

/// What a store is opened with and never changes.
struct StoreContext: Sendable {
  let location: StoreLocation
  let author: Author
  let prover: any Prover
  let tables: [RowTable]
  let workspace: WorkspaceID

  func table(_ name: String) -> RowTable? { tables.first { $0.declaration.name == name } }
}

/// What a store keeps in memory. A transaction works on a copy, which takes the original's place when it has
/// committed.
struct StoreState: Sendable {
  var random: any RandomNumberGenerator & Sendable
  /// The history that this device writes.
  var incarnation: Incarnation
  var numbers: [DeviceID: Int64] = [:]
  var devices: [Int64: DeviceID] = [:]
  /// The set of statements.
  var proved: [StatementID: Verified<ProvedStatement>] = [:]
  /// Statements of devices that are nobody's so far as is known, the oldest first: not on disk.
  var waiting: [Verified<ProvedStatement>] = []
  /// By the bytes that were signed, so that a statement is proved once.
  var known: [SignedStatement: StatementID] = [:]
  var membership = Membership()
  /// How the room for statements is used, while nothing has changed since it was looked at.
  var book: StatementBook?
  /// What the membership would be had nobody ever been cut or demoted, while nothing has changed since.
  var uncut: Membership?
  /// Devices that are named by some statement and were found to be nobody's, while nothing has changed since.
  var nobodys: Set<DeviceID> = []
  /// Parts of branches that came last and are not kept, the oldest first: what goes on from them may be.
  var bygone: [CheckedSegment] = []
  /// Until when each member has used up the rebuilding that its surplus branches may cost, in Unix milliseconds.
  var displacements: [MemberID: Int64] = [:]
  /// Whether a log has no more branches than are kept. What is fed from a file was chosen already.
  var boundsBranches = true
  /// `PRAGMA synchronous` as it was last set.
  var isDurable: Bool?
}

/// One write transaction: what it has learned and changed so far. It lives as long as its closure.
final class Transaction {
  let db: Database
  let context: StoreContext
  /// Corrected Unix milliseconds.
  let wall: Int64
  /// Unix milliseconds that have come by whoever's clock: what was over by then may be missing from what others send.
  let certain: Int64
  var state: StoreState
  var clock: HybridClock
  var outcome = Application()
  /// Which entries wait for their time, where that was decided before; else the time decides.
  var holdsBack: ((LogID, UInt64, HybridTime) -> Bool)?
  /// Whether the tables show what the logs hold no more, or another part of it than they should: they are to be rebuilt.
  var isStale = false
  /// Of how many of the new statements the histories that they keep were compared with what is here.
  var compared = 0
  /// Of how many of the new statements it was asked whether one says whose those are that wait.
  var considered = 0
  /// The membership by all statements that are kept, where it was found on the way.
  var prepared: Membership?
  private var membershipIsStale = false
  /// Of the log whose entries are being read, as long as the membership stays as it is.
  private var standing: LogStanding?
  /// Of the change that was read last.
  var layout = ChangeLayout()
  private var writers: [ObjectIdentifier: RowWriter] = [:]
  private var lastWriter: RowWriter?

  /// - Parameter certain: nil where the time is agreed on.
  init(_ db: Database, _ context: StoreContext, _ state: StoreState, wall: Int64, certain: Int64?) throws {
    self.db = db
    self.context = context
    self.state = state
    self.wall = wall
    self.certain = certain ?? wall
    clock = HybridClock(last: HybridTime(raw: try Meta.integer(.clock, db) ?? 0))
  }

  /// Begins with the next of several messages, of which is told apart what comes of each.
  func begin() {
    outcome = Application()
    (compared, considered) = (0, 0)
  }

  /// Writes down what was only noted so far: at the end of each message, and before the commit.
  func finish() throws {
    try reconsider()
    try settleMembership()
    try compareHistories()
    outcome.statements.removeAll { state.proved[$0.value.id] == nil }
    try Meta.set(.clock, clock.last.raw, db)
  }

  // MARK: - Devices

  func number(of device: DeviceID) throws -> Int64 {
    if let number = state.numbers[device] { return number }
    try db.execute(sql: "INSERT INTO node_devices (device) VALUES (?)", arguments: [Data(device.bytes)])
    let number = db.lastInsertedRowID
    state.numbers[device] = number
    state.devices[number] = device
    return number
  }

  // MARK: - Membership

  func membership() throws -> Membership {
    try settleMembership()
    return state.membership
  }

  func standing(of log: LogRow) throws -> LogStanding {
    try settleMembership()
    if let standing, standing.number == log.number { return standing }
    let standing = LogStanding(log, on: try branchStanding(of: log, state.membership), state.membership)
    self.standing = standing
    return standing
  }

  /// How far branches count is decided anew.
  func forgetStanding() { standing = nil }

  /// The table whose name stands there; nil for one that this version does not know.
  func table(named bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> RowTable? {
    if let table = lastWriter?.table, table.isNamed(bytes, range) { return table }
    return context.table(String(decoding: bytes[range], as: UTF8.self))
  }

  /// What writes the rows of a table.
  func writer(of table: RowTable) throws -> RowWriter {
    if let lastWriter, lastWriter.table === table { return lastWriter }
    let writer = try writers[ObjectIdentifier(table)] ?? RowWriter(table, db)
    writers[ObjectIdentifier(table)] = writer
    lastWriter = writer
    return writer
  }

  /// Puts a statement into the set. It counts from the next look at the membership on.
  func insert(_ statement: Verified<ProvedStatement>) throws {
    let proved = statement.value
    try db.cachedStatement(sql: "INSERT INTO node_statements (id, body, signature) VALUES (?, ?, ?)")
      .execute(arguments: [Data(proved.id.bytes), Data(proved.signed.body), Data(proved.signed.signature.bytes)])
    state.remember(statement)
    changedBook()
    outcome.statements.append(statement)
  }

  /// Takes a statement out of the set, for others come first and there is no room for all. In its author's log it stays.
  func remove(_ id: StatementID) throws {
    guard let statement = state.proved.removeValue(forKey: id) else { return }
    try db.cachedStatement(sql: "DELETE FROM node_statements WHERE id = ?").execute(arguments: [Data(id.bytes)])
    state.known[statement.value.signed] = nil
    changedBook()
    outcome.dropped.append(id)
  }

  private func changedBook() {
    membershipIsStale = true
    prepared = nil
    state.book = nil
    state.uncut = nil
    state.nobodys = []
  }

  /// Evaluates anew, and where that changes whose history a stored log is, or how far it stands, builds the
  /// tables again from the logs.
  private func settleMembership() throws {
    guard membershipIsStale else { return }
    membershipIsStale = false
    let before = state.membership
    if let prepared { state.membership = prepared } else { state.evaluate(context) }
    prepared = nil
    standing = nil
    let after = state.membership
    let logs = try LogTables.all(db)
    let needsRebuild = try logs.contains { row in
      let log = row.log
      let (old, new) = (try branchStanding(of: row, before), try branchStanding(of: row, after))
      guard before.author(log.device) == after.author(log.device),
        before.keptHead(log, on: old) == after.keptHead(log, on: new),
        try !changesBelief(in: row, from: before, to: after)
      else { return true }
      // Roles come and go; only some rows ask for them, and few write those.
      let hasChanged = Role.allCases.contains { role in
        before.reach(of: log, as: role, on: old) != after.reach(of: log, as: role, on: new)
      }
      return try hasChanged && hasRowsByRole(row)
    }
    if needsRebuild {
      try rebuild()
    } else {
      for row in logs { try refuseVoided(in: row, from: before, to: after) }
    }
  }

  /// Whether a log's member has rows that only some roles may write, or the log holds such a row that was refused.
  private func hasRowsByRole(_ log: LogRow) throws -> Bool {
    let refused = "SELECT EXISTS (SELECT 1 FROM node_refusals WHERE log = ? AND reason = ?)"
    let arguments: StatementArguments = [log.number, RefusalReason.role.rawValue]
    if try Bool.fetchOne(db, sql: refused, arguments: arguments) == true { return true }
    guard let member = state.membership.author(log.log.device) else { return false }
    return try context.tables.contains { table in
      let rows = "SELECT 1 FROM \"\(table.declaration.name)\""
      switch table.declaration.writer {
      case .keyMember: return false
      case .admin, .owner:
        let held = "SELECT EXISTS (\(rows) WHERE substr(_key, 1, 16) = ?)"
        return try Bool.fetchOne(db, sql: held, arguments: [Data(member.bytes)]) == true
      // Any of them may hold what this member wrote.
      case .anyone: return try Bool.fetchOne(db, sql: "SELECT EXISTS (\(rows))") == true
      }
    }
  }

  // MARK: - Notes for the outcome

  func changed(_ table: String, _ key: RowKey) {
    if outcome.changedRows.last?.table == table {
      outcome.changedRows[outcome.changedRows.count - 1].keys.append(key)
    } else {
      outcome.changedRows.append((table, [key]))
    }
  }

  /// - Parameter branches: all of one log.
  func advanced(_ branches: [LogRow]) {
    guard let log = branches.first?.log else { return }
    outcome.advanced[log] = LogTables.tips(branches).map(\.head).sorted()
  }
}

extension StoreState {
  mutating func remember(_ statement: Verified<ProvedStatement>) {
    proved[statement.value.id] = statement
    known[statement.value.signed] = statement.value.id
  }

  mutating func evaluate(_ context: StoreContext) {
    let statements = proved.values.sorted { $0.value.id < $1.value.id }
    membership = Membership.evaluate(statements, in: context.workspace, prover: context.prover)
  }
}

/// Single values of the file.
enum Meta {
  enum Name: String {
    case workspace, device, incarnation, clock, certain, machine, file
    /// There while tables or columns are new to the file and rows that were kept for them were not looked at.
    case adopts
  }

  static func integer(_ name: Name, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db.cachedStatement(sql: selection), arguments: [name.rawValue])
  }
  static func text(_ name: Name, _ db: Database) throws -> String? {
    try String.fetchOne(db.cachedStatement(sql: selection), arguments: [name.rawValue])
  }
  static func bytes(_ name: Name, _ db: Database) throws -> Data? {
    try Data.fetchOne(db.cachedStatement(sql: selection), arguments: [name.rawValue])
  }
  static func set(_ name: Name, _ value: (any DatabaseValueConvertible)?, _ db: Database) throws {
    let sql =
      "INSERT INTO node_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    try db.cachedStatement(sql: sql).execute(arguments: [name.rawValue, value])
  }

  private static let selection = "SELECT value FROM node_meta WHERE name = ?"
}
