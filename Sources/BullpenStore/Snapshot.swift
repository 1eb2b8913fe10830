import BullpenCore
import Foundation
import GRDB

// Copies of a workspace's database that go elsewhere. A copy is behind its own logs as soon as the original writes on,
// so it must never write them on itself: it is made to begin a new incarnation wherever it is opened.
extension Store {
  /// Copies a database as it is at one moment, whether or not a node has it open and writes. The copy is one file, for
  /// its owner's eyes only, and knows neither a machine nor an incarnation.
  ///
  /// - Parameter copy: a path at which there is nothing.
  /// - Returns: false for a file that holds no workspace: a joining that has not come to its end.
  public static func snapshot(of path: String, to copy: String) throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError(.missing, "There is no database \(path).")
    }
    guard
      FileManager.default.createFile(
        atPath: copy, contents: nil, attributes: [.posixPermissions: NSNumber(value: 0o600)])
    else {
      throw StoreError(.readOnly, "The database cannot be copied to \(copy).", hint: "Check the folder's permissions.")
    }
    let target = try queue(copy)
    return try StoreError.explaining(path) {
      let source = try ReadOnly.database(path).queue
      guard try source.read({ try $0.tableExists("node_meta") && Meta.bytes(.workspace, $0) != nil }) else {
        return false
      }
      try source.backup(to: target)
      try target.writeWithoutTransaction { db in
        // No WAL beside it: what is in the file is all there is.
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        try db.inTransaction {
          try forgetPlace(db)
          return .commit
        }
      }
      try target.close()
      try source.close()
      return true
    }
  }

  /// Judges a copy before it takes a database's place: whole, of this workspace, of this device; and makes sure of its
  /// new incarnation, whoever made it.
  ///
  /// - Throws: `StoreError` with `damaged` or `wrongDevice`.
  public static func adopt(_ path: String, device: DeviceID, workspace: WorkspaceID) throws {
    try StoreError.explaining(path) {
      let queue = try queue(path)
      try queue.writeWithoutTransaction { db in
        guard try String.fetchOne(db, sql: "PRAGMA quick_check(1)") == "ok", try db.tableExists("node_meta"),
          try Meta.bytes(.workspace, db) == Data(workspace.bytes)
        else { throw StoreError(.damaged, "A database in it is damaged, or is not of the workspace that it says.") }
        guard try Meta.bytes(.device, db) == Data(device.bytes) else {
          throw StoreError(.wrongDevice, "A database in it belongs to another device than its key.")
        }
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        try db.inTransaction {
          try forgetPlace(db)
          return .commit
        }
      }
      try queue.close()
    }
  }

  /// `open` takes a file that knows no place for one that was moved, and begins a new incarnation.
  private static func forgetPlace(_ db: Database) throws {
    for name in [Meta.Name.machine, .file, .incarnation] { try Meta.set(name, nil, db) }
  }

  /// A connection that leaves the file's own settings alone.
  private static func queue(_ path: String) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(5)
    return try StoreError.explaining(path) { try DatabaseQueue(path: path, configuration: configuration) }
  }
}
