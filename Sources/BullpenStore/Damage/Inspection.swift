import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

extension Store {
  /// Compares a database with its own logs, as both are at one moment, whether or not a node has it open and writes:
  /// SQLite's pages; every statement; every log, entry by entry, by its chain and signatures; and every table with what
  /// the logs add up to, which is built anew elsewhere.
  ///
  /// - Parameters:
  ///   - wall: Unix milliseconds.
  ///   - progress: called now and then, on this thread.
  /// - Throws: `StoreError` where it cannot be looked into. Damage is no error but what is found.
  public static func verify(
    _ path: String, prover: any Prover, wall: Int64, tables: [TableDeclaration] = Tables.all,
    progress: @escaping (KeepingProgress) -> Void = { _ in }
  ) throws -> Verification {
    guard FileManager.default.fileExists(atPath: path) else {
      return nothing("There is no database \(path).")
    }
    guard Replacement(waitingFor: path) == nil else {
      return nothing("A repair of the database \(path) was broken off at its end. The next start finishes it.")
    }
    do {
      return try StoreError.explaining(path) {
        let source = try ReadOnly.database(path)
        defer { try? source.queue.close() }
        return try source.queue.read { db in
          var inspection = Inspection(db, path, prover: prover, wall: wall, tables: tables, progress: progress)
          return try inspection.run()
        }
      }
    } catch let error as StoreError where error.code == .damaged {
      return nothing(error.message)
    }
  }
}

extension Store {
  private static func nothing(_ text: String) -> Verification {
    var verification = Verification()
    verification.findings = [Verification.Finding(part: .file, count: 1, text: text)]
    return verification
  }
}

/// One look at one moment of a database.
struct Inspection {
  let db: Database
  let path: String
  private let prover: any Prover
  private let tables: [TableDeclaration]
  let progress: (KeepingProgress) -> Void
  var wall: Int64
  /// Unix milliseconds that have come for certain by what the file says: what was over by then may be missing.
  private(set) var certain: Int64?
  var report = Verification()
  var names: [MemberID: String] = [:]
  /// Logs of which something was found already.
  var broken: Set<LogID> = []
  /// Branches that are dead, of logs that go on elsewhere, by their numbers.
  var past: Set<Int64> = []

  init(
    _ db: Database, _ path: String, prover: any Prover, wall: Int64, tables: [TableDeclaration],
    progress: @escaping (KeepingProgress) -> Void
  ) {
    self.db = db
    self.path = path
    self.prover = prover
    self.wall = wall
    self.tables = tables
    self.progress = progress
  }

  mutating func run() throws -> Verification {
    progress(.pages)
    try checkPages()
    guard try db.tableExists("node_meta"),
      let workspace = try Meta.bytes(.workspace, db).flatMap({ WorkspaceID(bytes: $0) })
    else {
      found(.file, 1, "It holds no workspace.")
      return report
    }
    report.workspace = workspace
    try checkVersion()
    // By this machine's clock of today, or by that of the last write where today's is behind it.
    wall = max(wall, HybridTime(raw: try Meta.integer(.clock, db) ?? 0).milliseconds)
    certain = try Meta.integer(.certain, db)

    progress(.statements)
    let scratch = try Scratch.store(workspace, prover: prover, tables: tables)
    defer { try? scratch.close() }
    let stated = try checkStatements(workspace, scratch)
    try checkLogs(scratch)
    try checkOwnEnd()
    try checkSet(stated, scratch)
    try checkTables(scratch)
    try checkRefusals(scratch)
    return report
  }

  mutating func found(
    _ part: Verification.Finding.Part, _ count: UInt64, _ text: String, name: String = "", entry: UInt64? = nil
  ) {
    report.findings.append(Verification.Finding(part: part, name: name, entry: entry, count: count, text: text))
  }

  // MARK: - The file

  private mutating func checkPages() throws {
    let words = try String.fetchAll(db, sql: "PRAGMA integrity_check(100)").filter { $0 != "ok" }
    guard let first = words.first else { return }
    let line = first.split(separator: "\n").last.map(String.init) ?? first
    found(.file, UInt64(words.count), "Pages of the file are broken: \(line)")
  }

  private func checkVersion() throws {
    if try Schema.isNewer(db, than: tables) {
      throw StoreError(
        .newer, "The database \(path) was written by a newer version of Bullpen.", hint: "Verify it with that version.")
    }
    if try Schema.isOlder(db, than: tables) {
      throw StoreError(
        .invalid, "The database \(path) was written by an older version of Bullpen.",
        hint: "Start this version's node once, which brings it up to date.")
    }
  }

  // MARK: - Statements

  private mutating func checkStatements(_ workspace: WorkspaceID, _ scratch: Store) throws -> Set<StatementID> {
    var proved: [Verified<ProvedStatement>] = []
    var broken: UInt64 = 0
    let rows = try Row.fetchCursor(db, sql: "SELECT id, body, signature FROM node_statements")
    while let row = try rows.next() {
      guard let body = row.blob(1), let signature = row.blob(2).flatMap({ Signature(bytes: $0) }),
        let statement = prover.prove(SignedStatement(body: body, signature: signature)),
        row.blob(0) == statement.value.id.bytes
      else {
        broken += 1
        continue
      }
      proved.append(statement)
    }
    report.statements = proved.count
    if broken > 0 { found(.statements, broken, Self.count(broken, "statement is", "statements are") + " not proved.") }
    _ = try scratch.admit(proved, wall: wall)
    let named = try? Row.fetchAll(db, sql: "SELECT _key, display_name FROM members WHERE display_name IS NOT NULL")
    for row in named ?? [] {
      if let member = row.blob(0).flatMap({ MemberID(bytes: $0) }), let name = String.fromDatabaseValue(row[1]) {
        names[member] = name
      }
    }
    return Set(proved.map(\.value.id))
  }

  /// Whether every statement that stands in a log is in the set too.
  private mutating func checkSet(_ stated: Set<StatementID>, _ scratch: Store) throws {
    report.device = try Meta.bytes(.device, db).flatMap { DeviceID(bytes: $0) }
    let membership = scratch.membership()
    let member = report.device.flatMap { membership.author($0) }
    report.memberKey = member.flatMap { membership.memberKey(of: $0) }
    if member == nil {
      found(.statements, 1, "No statement that is here says whose this device is.")
    }
    let lacking = scratch.statements().count { !stated.contains($0.value.id) }
    guard lacking > 0 else { return }
    found(
      .statements, UInt64(lacking),
      Self.count(UInt64(lacking), "statement stands", "statements stand") + " in a log and not among the statements.")
  }

  // MARK: - Tables

  private mutating func checkTables(_ scratch: Store) throws {
    for table in scratch.context.tables {
      let name = table.declaration.name
      progress(.table(name))
      do {
        let comparison = try scratch.read { try RowComparison(table, db, logs: $0, wall: wall) }
        report.tables.append(
          Verification.Table(
            name: name, rows: comparison.rows, digest: comparison.digest, digestFromLogs: comparison.digestFromLogs))
        if let words = comparison.words {
          found(.table, comparison.count, "Rows of the table \(name) differ from the logs: \(words).", name: name)
        }
      } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_ERROR].contains(error.resultCode) {
        found(.table, 1, "The table \(name) cannot be read: \(error.message ?? "it is broken").", name: name)
      }
    }
  }

  private mutating func checkRefusals(_ scratch: Store) throws {
    // Of what is dead it is not asked any more whether it is believed; what was refused while it lived may still be noted.
    func refusals(_ db: Database) throws -> Set<String> {
      let logs = try Dictionary(uniqueKeysWithValues: LogTables.all(db).map { ($0.number, $0) })
      let rows = try Row.fetchCursor(db, sql: "SELECT log, sequence, row, reason FROM node_refusals")
      var found: Set<String> = []
      while let row = try rows.next() {
        guard let log = row.integer(0).flatMap({ logs[$0] }) else { continue }
        let sequence = row.integer(1) ?? 0
        let entry = try UInt64(exactly: sequence).flatMap { try LogTables.entry($0, of: log, db) }
        if let expiry = entry?.expiry, expiry != 0, expiry <= wall { continue }
        found.insert(
          "\(log.log.bytes) \(log.head) \(sequence) \(row.integer(2) ?? 0) \(String.fromDatabaseValue(row[3]) ?? "")")
      }
      return found
    }
    // Of a log that is broken, what follows is found already.
    guard broken.isEmpty else { return }
    let (kept, built) = (try refusals(db), try scratch.read(refusals))
    let count = kept.symmetricDifference(built).count
    guard count > 0 else { return }
    found(
      .refusals, UInt64(count),
      Self.count(UInt64(count), "change is", "changes are") + " believed where the statements say no, or the reverse.")
  }

  private static func count(_ count: UInt64, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
  }
}
