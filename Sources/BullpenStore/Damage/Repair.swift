import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

/// What came of rebuilding a database.
public struct Repair: Hashable, Sendable {
  public struct Log: Hashable, Sendable {
    public var log: LogID
    /// In words.
    public var name: String
    /// Entries that are here.
    public var entries: UInt64
    /// How far it was seen to reach before.
    public var known: UInt64

    public init(_ log: LogID, name: String, entries: UInt64, known: UInt64) {
      self.log = log
      self.name = name
      self.entries = entries
      self.known = known
    }
  }

  /// Where the damaged file is now; nil where there was none.
  public var aside: String?
  public var statements = 0
  public var entries: UInt64 = 0
  /// How many of this device's own entries, behind a place that could not be read, are kept in a history of their own.
  public var rewritten: UInt64 = 0
  /// Logs of which something was there and is not: it is asked of peers.
  public var waiting: [Log] = []
  /// Whether this device goes on in a new incarnation, for the end of its own history may be missing.
  public var isNewIncarnation = false
  /// Whether the statements that are left say whose this device is; else they are asked of peers too.
  public var knowsItself = false
  /// Addresses of peers that were remembered.
  public var peers = 0

  public init() {}

  public var missing: UInt64 { waiting.reduce(0) { $0 + $1.known - $1.entries } }
}

extension Store {
  /// Rebuilds a workspace's database from what can be read of the old one, which is put aside. The old one stays in its
  /// place until the new one is whole.
  ///
  /// Logs are taken as far as their chains and signatures hold without a gap. What follows a gap is not: it is missing,
  /// and peers are asked for it as for anything that is missing; of this device's own history, of which there may be no
  /// other copy, it is written once more. Where the end of this device's own history may be
  /// among it, a new incarnation begins, so that no number is signed twice.
  ///
  /// - Parameters:
  ///   - wall: Unix milliseconds.
  ///   - progress: called now and then, on this thread.
  public static func repair(
    _ path: String, author: Author, workspace: WorkspaceID, surroundings: Surroundings, prover: any Prover, wall: Int64,
    tables: [TableDeclaration] = Tables.all, progress: (KeepingProgress) -> Void = { _ in }
  ) throws -> Repair {
    let lock = try StoreLocation.file(path).lock()
    defer { withExtendedLifetime(lock) {} }
    return try StoreError.explaining(path) {
      _ = try Replacement(waitingFor: path)?.put()
      let before = OldFile(path, author: author, workspace: workspace)
      if before.isOther {
        throw StoreError(
          .wrongDevice, "The database \(path) belongs to another device or workspace, so it is left alone.",
          hint: "Each home has its own key and its own database; do not mix them.")
      }
      var salvage = try Salvage(prover: prover)
      defer { try? salvage.close() }
      try salvage.search(path, progress: progress)
      let draft = Replacement.draft(path)
      Replacement.sweep(draft)
      do {
        var rebuilding = try Rebuilding(
          draft, author: author, workspace: workspace, prover: prover, wall: wall,
          certain: before.certain ?? salvage.certain, tables: tables)
        try rebuilding.fill(salvage, before, progress: progress)
        var report = try rebuilding.finish(before, surroundings, told: HeadMark.read(path))
        report.aside = try Replacement(of: path, by: draft, wall: wall).put()
        return report
      } catch {
        Replacement.sweep(draft)
        throw error
      }
    }
  }
}

/// What the damaged file says of itself, as far as it can be asked. It is a hint, never a proof.
struct OldFile {
  private(set) var incarnation: Incarnation?
  private(set) var clock: Int64 = 0
  private(set) var certain: Int64?
  /// Nil where they could not all be read.
  private(set) var heads: Heads?
  private(set) var isOther = false

  init(_ path: String, author: Author, workspace: WorkspaceID) {
    guard let source = try? ReadOnly.database(path) else { return }
    defer { try? source.queue.close() }
    try? source.queue.read { db in
      if let found = try Meta.bytes(.workspace, db).flatMap({ WorkspaceID(bytes: $0) }) { isOther = found != workspace }
      if let found = try Meta.bytes(.device, db).flatMap({ DeviceID(bytes: $0) }) {
        isOther = isOther || found != author.device.id
      }
      incarnation = try Meta.bytes(.incarnation, db).flatMap { Incarnation(bytes: $0) }
      clock = try Meta.integer(.clock, db) ?? 0
      certain = try Meta.integer(.certain, db)
      heads = try LogTables.heads(db)
    }
  }
}
