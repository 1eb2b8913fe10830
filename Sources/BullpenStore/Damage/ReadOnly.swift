import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// A connection that leaves a file as it is.
struct ReadOnly {
  let queue: DatabaseQueue

  /// SQLite needs room for an index beside a file with a WAL. Where the folder gives none, as on a disk that is full or
  /// mounted to be read only, a copy in the system's folder for such things is read.
  static func database(_ path: String) throws -> ReadOnly {
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // A file is not looked at before the first question.
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
      return ReadOnly(queue: queue)
    } catch let trouble as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_FULL, .SQLITE_IOERR].contains(trouble.resultCode)
      && access(path, R_OK) == 0
    {
      do {
        return try copied(path, configuration)
      } catch  where !(error is DatabaseError) {
        throw trouble
      }
    }
  }

  private static func copied(_ path: String, _ configuration: GRDB.Configuration) throws -> ReadOnly {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appendingPathComponent("bullpen-\(UUID().uuidString)").path
    try files.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: NSNumber(value: 0o700)])
    // What is open is still there for who has it open.
    defer { try? files.removeItem(atPath: folder) }
    let copy = folder + "/copy"
    try files.copyItem(atPath: path, toPath: copy)
    if files.fileExists(atPath: path + "-wal") { try files.copyItem(atPath: path + "-wal", toPath: copy + "-wal") }
    let queue = try DatabaseQueue(path: copy)
    _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
    return ReadOnly(queue: queue)
  }
}

extension Store {
  /// What a workspace is called, as far as its file can be read; nil where it cannot.
  public static func name(of path: String, prover: any Prover) -> String? {
    guard FileManager.default.fileExists(atPath: path), let source = try? ReadOnly.database(path) else { return nil }
    defer { try? source.queue.close() }
    return try? source.queue.read { db in
      let table = RowTable(Tables.workspaceSettings)
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT \(table.columnList) FROM workspace_settings WHERE _deleted = 0 AND substr(_key, 17) = ?",
        arguments: [Data(nameSetting.utf8)])
      let newest = rows.filter { $0.blob(3) != nil }.compactMap { row -> (HybridTime, String)? in
        guard let stored = try? table.decode(row), let time = stored.clocks.columns[0]?.time,
          case .clear(.text(let text))? = stored.cells[0].flatMap({ CellContent(bytes: $0) })
        else { return nil }
        return (time, text)
      }.max { $0.0 < $1.0 }
      if let newest { return newest.1 }
      for row in try Row.fetchAll(db, sql: "SELECT body, signature FROM node_statements") {
        guard let body = row.blob(0), let signature = row.blob(1).flatMap({ Signature(bytes: $0) }),
          case .genesis(let genesis)? = prover.prove(SignedStatement(body: body, signature: signature))?
            .value.statement.claim
        else { continue }
        return genesis.name
      }
      return nil
    }
  }
}
