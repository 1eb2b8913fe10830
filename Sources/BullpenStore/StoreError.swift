import Foundation
import GRDB

/// Why the store did not do what was asked: a code for programs, what it was about, and what the person can do
/// next. Whatever the code, nothing was changed.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// There is no database at that place.
    case missing
    /// There is one already.
    case exists
    /// Somebody else has it locked.
    case busy
    /// The file is not a database, or its pages are broken.
    case damaged
    /// The file or its directory cannot be written.
    case readOnly = "read_only"
    case full
    /// A newer version of Bullpen has written the file.
    case newer
    /// The database belongs to another device.
    case wrongDevice = "wrong_device"
    /// This device is not, or no longer, a member.
    case notMember = "not_member"
    /// The member may not write this row.
    case forbidden
    /// A value, key or page mark is not what the declaration asks for.
    case invalid
    case tooLarge = "too_large"
    /// Lasting and passing rows in one draft.
    case mixed
    /// The machine's clock ran ahead of what was written before, or lies.
    case clock
    /// Reading or writing failed for another reason.
    case failed
  }

  public let code: Code
  public let message: String
  /// Empty when there is nothing to do.
  public let hint: String

  public init(_ code: Code, _ message: String, hint: String = "") {
    self.code = code
    self.message = message
    self.hint = hint
  }

  public var description: String { hint.isEmpty ? message : "\(message) \(hint)" }
}

extension StoreError {
  /// What SQLite's result code means to a person.
  init(_ error: DatabaseError, at place: String) {
    let reason = error.message ?? "result code \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_FORMAT: self = .damaged(place, reason)
    case _ where Self.isFull(error, place): self = .full(place)
    // SQLite calls it a failing disk where the system has made it one that is only read, as it does to one that fails.
    case .SQLITE_IOERR where Soundness.isReadOnly(place), .SQLITE_CANTOPEN where Soundness.isReadOnly(place),
      .SQLITE_READONLY where Soundness.isReadOnly(place):
      self = .unwritable(place, EROFS)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(
        .readOnly, "The database \(place) cannot be written: \(reason).",
        hint: "Check the owner and permissions of the file and its folder, and whether the disk is mounted to be read "
          + "only: the system does that to a disk that fails.")
    case .SQLITE_CANTOPEN:
      self.init(
        .readOnly, "The database \(place) cannot be opened: \(reason).",
        hint: "Check that its directory exists and may be written.")
    case .SQLITE_IOERR:
      self.init(
        .failed, "The disk that holds \(place) does not read or write as it should: \(reason).",
        hint:
          "Nothing was changed. Look into the system's log (`journalctl -k`). Where the disk fails, copy the home's folder to "
          + "another one and start the node there, with --home: it goes on in a history of its own.")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(.busy, "The database \(place) is in use.", hint: "Stop the other program that has it open.")
    default:
      self.init(.failed, "The database \(place) failed: \(reason).", hint: "Try again; nothing was changed.")
    }
  }

  /// A file cannot be opened for writing, by the system's word for why.
  static func unwritable(_ path: String, _ code: Int32) -> StoreError {
    switch code {
    case ENOSPC, EDQUOT: full(path)
    case EROFS:
      StoreError(
        .readOnly, "The file \(path) cannot be written: its disk is mounted to be read only.",
        hint: "Mount it so that it is not read only. The system does this to a disk that fails: look into its log "
          + "(`journalctl -k`).")
    default:
      StoreError(
        .readOnly, "The file \(path) cannot be made: \(String(cString: strerror(code))).",
        hint: "Check that its folder exists and may be written.")
    }
  }

  static func full(_ place: String) -> StoreError {
    StoreError(
      .full, "The disk that holds \(place) is full, so nothing was written.",
      hint: "Free some space and try again; nothing that was there is lost.")
  }

  /// Where no block is left, SQLite cannot make its WAL's index either, and calls that a failing disk.
  private static func isFull(_ error: DatabaseError, _ place: String) -> Bool {
    if error.resultCode == .SQLITE_FULL { return true }
    guard error.resultCode == .SQLITE_IOERR || error.resultCode == .SQLITE_CANTOPEN else { return false }
    return Soundness.room(place).map { $0 < 16 * 1_024 } ?? false
  }

  /// Runs database work and says in our words what went wrong.
  static func explaining<T>(_ place: String, _ work: () throws -> T) throws -> T {
    do {
      return try work()
    } catch let error as DatabaseError {
      throw StoreError(error, at: place)
    }
  }
}
