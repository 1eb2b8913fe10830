import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// Where a workspace's database lives.
public enum StoreLocation: Hashable, Sendable {
  case file(String)
  /// Gone with the process: what the simulator runs on.
  case memory

  var name: String {
    switch self {
    case .file(let path): path
    case .memory: "in memory"
    }
  }
}

extension StoreLocation {
  func lock() throws -> DatabaseLock? {
    guard case .file(let path) = self else { return nil }
    return try DatabaseLock(path)
  }
}

/// Who writes here: the device's key signs the logs, the member's secret opens what is sealed to the member.
public struct Author: Sendable {
  public let device: DeviceKey
  public let secret: MemberSecret

  public init(device: DeviceKey, secret: MemberSecret) {
    self.device = device
    self.secret = secret
  }
}

/// What the database lives on. A copy on another machine, or a file restored in another place, must not go on
/// writing the logs of the original: two histories under one number would be a fork.
public struct Surroundings: Hashable, Sendable {
  /// The machine's id, as the system has it; any text.
  public let machine: String

  public init(machine: String) { self.machine = machine }
}

/// Inode of the database's file; nil in memory. Its disk's number may be another after every boot. A copy that came to have
/// the number of a file that is gone is no danger by itself: whether it is an older one, `HeadMark` says.
struct FileIdentity: Hashable, Sendable {
  let text: String

  init?(_ location: StoreLocation) {
    guard case .file(let path) = location else { return nil }
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    text = "\(status.st_ino)"
  }
}

enum Connection {
  /// Opens SQLite. A new file is for its owner's eyes only, and so are the WAL and index that SQLite puts
  /// beside it, for they take their mode from it.
  static func open(_ location: StoreLocation) throws -> any DatabaseWriter {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 3
    switch location {
    case .memory:
      return try DatabaseQueue(configuration: configuration)
    case .file(let path):
      if !FileManager.default.fileExists(atPath: path) {
        let isMade = FileManager.default.createFile(
          atPath: path, contents: nil, attributes: [.posixPermissions: NSNumber(value: 0o600)])
        guard isMade else {
          throw StoreError(
            .readOnly, "The database \(path) cannot be made.",
            hint: "Check that its directory exists and may be written.")
        }
      }
      return try DatabasePool(path: path, configuration: configuration)
    }
  }

  /// Copies the database to `….before-upgrade`, whole or not at all; an earlier copy gives way. The copy is for its
  /// owner's eyes only, as the database is.
  static func copyAside(_ writer: any DatabaseWriter, _ path: String) throws {
    let (copy, draft) = (path + ".before-upgrade", path + ".before-upgrade.new")
    let files = FileManager.default
    for leftover in [draft, draft + "-wal", draft + "-shm"] where files.fileExists(atPath: leftover) {
      try files.removeItem(atPath: leftover)
    }
    let isMade = files.createFile(
      atPath: draft, contents: nil, attributes: [.posixPermissions: NSNumber(value: 0o600)])
    guard isMade else {
      throw StoreError(
        .readOnly, "The database \(path) cannot be copied before it is upgraded.",
        hint: "Check that its directory may be written; nothing was changed.")
    }
    let queue = try DatabaseQueue(path: draft)
    try writer.backup(to: queue)
    try queue.close()
    guard rename(draft, copy) == 0 else {
      throw StoreError(.readOnly, "The copy \(copy) cannot be put in its place.", hint: "Nothing was changed.")
    }
  }
}
