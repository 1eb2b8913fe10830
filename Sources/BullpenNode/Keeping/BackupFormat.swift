import BullpenCore

/// A backup: all that a home needs to come back on another disk, in one file (`protocol/backup.md`).
///
///     magic        15   "bullpen backup\n"
///     version       1   1
///     protection    1   0 plain, 1 sealed
///
///     plain:   contents; digest 32, BLAKE2b-256 of everything before it
///     sealed:  memory 4, passes 4, salt 16, stream header 24: what the passphrase's key and the stream are made with
///              an empty message, bound to everything before it: it opens with the right passphrase
///              contents in messages of 64 KiB, 17 bytes longer when sealed; the last is marked, and may be shorter
///
/// Contents are entries of name length 2, name, length 8, bytes; and 2 zeros at the end. Numbers are big-endian.
enum BackupFormat {
  static let magic = Array("bullpen backup\n".utf8)
  static let version: UInt8 = 1
  /// Bytes of one message.
  static let message = 65_536
  static let digestBytes = 32
  static let end: [UInt8] = [0, 0]

  enum Protection: UInt8 {
    case plain = 0
    case sealed = 1
  }

  static func opening(_ protection: Protection) -> [UInt8] { magic + [version, protection.rawValue] }

  static func entry(_ part: BackupPart, length: UInt64) -> [UInt8] {
    let name = Array(part.name.utf8)
    return [UInt8(name.count >> 8), UInt8(name.count & 0xff)] + name + bigEndian(length, 8)
  }

  static func bigEndian(_ value: UInt64, _ bytes: Int) -> [UInt8] {
    (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// A file of a home that a backup may hold. There are no others, so no name in a backup leads anywhere else.
package enum BackupPart: Hashable {
  /// When, by which release and of which device the backup was made. It comes first and is no file of the home.
  case about
  case deviceKey, webKey, tokens, settings
  case memberKey(WorkspaceID)
  case database(WorkspaceID)

  private static let files: [String: BackupPart] = [
    "about.json": .about, "device.key": .deviceKey, "web.key": .webKey, "tokens.json": .tokens,
    "config.yaml": .settings,
  ]

  /// Nil for what no home has.
  init?(name: String) {
    if let file = Self.files[name] {
      self = file
      return
    }
    let path = name.split(separator: "/", omittingEmptySubsequences: false)
    guard path.count == 3, path[0] == "workspaces", let workspace = WorkspaceID(String(path[1])) else { return nil }
    switch path[2] {
    case "member.key": self = .memberKey(workspace)
    case "bullpen.sqlite": self = .database(workspace)
    default: return nil
    }
    // One spelling of each id.
    guard self.name == name else { return nil }
  }

  /// Relative to the home.
  package var name: String {
    switch self {
    case .memberKey(let workspace): "workspaces/\(workspace)/member.key"
    case .database(let workspace): "workspaces/\(workspace)/bullpen.sqlite"
    default: Self.files.first { $0.value == self }?.key ?? ""
    }
  }

  /// Bytes that it may have.
  package var lengths: ClosedRange<UInt64> {
    switch self {
    case .deviceKey, .webKey, .memberKey: 32...32
    case .about, .tokens, .settings: 0...UInt64(Limits.backupSmallFile)
    case .database: 1...Limits.backupDatabase
    }
  }
}

/// What a backup is, for the person who made it or comes back by it.
public struct BackupSummary: Hashable, Sendable {
  public var device: DeviceID
  /// Unix milliseconds.
  public var made: Int64
  public var workspaces: Int
  /// Of the file.
  public var bytes: Int64
  public var isSealed: Bool
  /// The file system of the backup keeps no permissions: whoever has the disk, or is on this machine, can read it.
  public var isExposed = false
}
