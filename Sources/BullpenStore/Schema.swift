import BullpenCore
import Foundation
import GRDB

/// The tables of the file. Those that replicate are made from their declarations, one SQL table each:
///
///     _key       BLOB     the row's key
///     _created   INTEGER  Unix milliseconds from the key, where it holds a time; indexed
///     _deleted   INTEGER  1 for a tombstone, whose other columns are empty
///     _audience  BLOB     the ids of the members whom the row names, ascending, 16 bytes each
///     _clocks    BLOB     `RowClocks`
///     …                   one per declared column: clear values as SQLite has them, sealed ones as carried
///
/// `node_schema` lists every declared table and column that the file holds, so that a program that is older
/// than the file notices. Before a file is changed by a program that is newer than it, it is copied aside
/// (`Connection.copyAside`), so that whoever goes back to the older program has what that one can read.
enum Schema {
  /// - Returns: whether tables or columns are new to the file.
  static func prepare(_ db: Database, tables: [TableDeclaration], place: String) throws -> Bool {
    try bookkeeping(db)
    let known = try known(db)
    let declared = declared(tables)
    guard known.isSubset(of: declared.union(occasional)) else {
      throw StoreError(
        .newer, "The database \(place) was written by a newer version of Bullpen.",
        hint: "Install that version again." + wayBack(place))
    }
    for table in tables { try make(table, known: known, in: db) }
    let fresh = declared.subtracting(known).sorted()
    for part in fresh {
      try db.execute(sql: "INSERT INTO node_schema (part) VALUES (?)", arguments: [part])
    }
    return !fresh.isEmpty
  }

  /// What was put aside before a newer program changed the file, and how to go on with it; empty where nothing was.
  private static func wayBack(_ place: String) -> String {
    let aside = "\(place).before-upgrade"
    guard FileManager.default.fileExists(atPath: aside) else { return "" }
    return
      " Or go on with what was there before it, which lacks what came later: with the node stopped, move \(place), "
      + "\(place)-wal and \(place)-shm away, and rename \(aside) to \(place)."
  }

  /// Whether `prepare` would change a file that an older program has made.
  static func isOlder(_ db: Database, than tables: [TableDeclaration]) throws -> Bool {
    guard try db.tableExists("node_schema") else { return false }
    return try known(db).subtracting(occasional).isStrictSubset(of: declared(tables))
  }

  /// Whether a program that is newer than this one has made the file.
  static func isNewer(_ db: Database, than tables: [TableDeclaration]) throws -> Bool {
    guard try db.tableExists("node_schema") else { return false }
    return try !known(db).isSubset(of: declared(tables).union(occasional))
  }

  private static func known(_ db: Database) throws -> Set<String> {
    Set(try String.fetchAll(db, sql: "SELECT part FROM node_schema"))
  }

  private static func declared(_ tables: [TableDeclaration]) -> Set<String> {
    Set(versions + tables.flatMap { table in table.columns.map { "\(table.name).\($0.name)" } })
  }

  /// Grows when the tables of `bookkeeping`, or what stands in them, change in a way that older programs must not
  /// write; each is a name that those do not know, and what this program reads is here for good.
  private static let versions = ["bookkeeping 1"]

  /// The same, of what few files hold: those without it are for older programs too.
  private static let occasional: Set = [branches]
  /// A log has several branches.
  private static let branches = "bookkeeping 2"

  /// Keeps programs from a file that know of one history of each log and would take that for all.
  static func noteBranches(_ db: Database) throws {
    try db.execute(sql: "INSERT OR IGNORE INTO node_schema (part) VALUES (?)", arguments: [branches])
  }

  private static func make(_ table: TableDeclaration, known: Set<String>, in db: Database) throws {
    let fresh = table.columns.filter { !known.contains("\(table.name).\($0.name)") }
    if fresh.count == table.columns.count {
      let columns = table.columns.map { ", \"\($0.name)\" \(sqlType($0))" }.joined()
      try db.execute(
        sql: """
          CREATE TABLE "\(table.name)" (
            _key BLOB PRIMARY KEY NOT NULL, _created INTEGER, _deleted INTEGER NOT NULL, _audience BLOB,
            _clocks BLOB NOT NULL\(columns)
          ) STRICT, WITHOUT ROWID
          """)
      if table.key.hasRowID {
        try db.execute(sql: "CREATE INDEX \"\(table.name)_created\" ON \"\(table.name)\" (_created)")
      }
    } else {
      for column in fresh {
        try db.execute(sql: "ALTER TABLE \"\(table.name)\" ADD COLUMN \"\(column.name)\" \(sqlType(column))")
      }
    }
  }

  private static func sqlType(_ column: ColumnDeclaration) -> String {
    if column.protection == .sealed { return "BLOB" }
    return switch column.type {
    case .integer: "INTEGER"
    case .real: "REAL"
    case .text: "TEXT"
    case .bytes: "BLOB"
    }
  }

  private static func bookkeeping(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS node_schema (part TEXT PRIMARY KEY NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS node_meta (name TEXT PRIMARY KEY NOT NULL, value ANY) STRICT;
        CREATE TABLE IF NOT EXISTS node_devices (
          id INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE IF NOT EXISTS node_logs (
          id INTEGER PRIMARY KEY, device INTEGER NOT NULL, incarnation BLOB NOT NULL, kind INTEGER NOT NULL,
          sequence INTEGER NOT NULL, digest BLOB NOT NULL, time INTEGER NOT NULL,
          UNIQUE (device, incarnation, kind)
        ) STRICT;
        CREATE TABLE IF NOT EXISTS node_branches (
          id INTEGER PRIMARY KEY, log INTEGER NOT NULL, parent INTEGER NOT NULL, base INTEGER NOT NULL,
          sequence INTEGER NOT NULL, digest BLOB NOT NULL, time INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS node_branches_log ON node_branches (log);
        CREATE TABLE IF NOT EXISTS node_segments (
          log INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, expiry INTEGER,
          bytes BLOB NOT NULL, PRIMARY KEY (log, first)
        ) STRICT;
        CREATE INDEX IF NOT EXISTS node_segments_expiry ON node_segments (expiry) WHERE expiry IS NOT NULL;
        CREATE TABLE IF NOT EXISTS node_unknown_rows (
          log INTEGER NOT NULL, sequence INTEGER NOT NULL, row INTEGER NOT NULL, name TEXT NOT NULL,
          PRIMARY KEY (log, sequence, row)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_quarantine (
          log INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (log, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_refusals (
          log INTEGER NOT NULL, sequence INTEGER NOT NULL, row INTEGER NOT NULL, reason TEXT NOT NULL,
          wall INTEGER NOT NULL, PRIMARY KEY (log, sequence, row)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_forks (
          log INTEGER NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL, count INTEGER NOT NULL,
          wall INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS node_statements (
          id BLOB PRIMARY KEY NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_peers (
          device BLOB NOT NULL, address BLOB NOT NULL, scope INTEGER NOT NULL, port INTEGER NOT NULL,
          success INTEGER NOT NULL, PRIMARY KEY (device, address, scope, port)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_notes (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS node_sightings (
          device BLOB PRIMARY KEY NOT NULL, since INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """)
    // A program that does not know them leaves them as they are.
    let known = Set(try db.columns(in: "node_sightings").map(\.name))
    for (column, type) in [("page", "TEXT"), ("activity", "INTEGER"), ("hearsay", "INTEGER")]
    where !known.contains(column) {
      try db.execute(sql: "ALTER TABLE node_sightings ADD COLUMN \(column) \(type)")
    }
  }
}

extension KeyShape {
  /// Whether the key holds a row id, and with it a time.
  var hasRowID: Bool {
    switch self {
    case .own, .mark, .grant: true
    case .perMember, .named: false
    }
  }
}
