import BullpenCore

/// What came of comparing a database with the logs that it holds.
public struct Verification: Hashable, Sendable {
  /// Something that is not as it must be.
  public struct Finding: Hashable, Sendable {
    public enum Part: String, Sendable, CaseIterable {
      /// SQLite's own pages and indexes.
      case file
      case statements
      case log
      case table
      /// What is kept and not believed.
      case refusals
      /// The device's or the member's, which lie beside the database.
      case key
      /// What the node that runs has open.
      case node
    }
    public var part: Part
    /// The table, or the log in words; empty for the others.
    public var name = ""
    /// The first entry of a log that it is about.
    public var entry: UInt64?
    /// How many entries, rows or statements.
    public var count: UInt64
    /// What is so, in a sentence; where no repair helps, also what to do.
    public var text: String

    public init(part: Part, name: String = "", entry: UInt64? = nil, count: UInt64, text: String) {
      self.part = part
      self.name = name
      self.entry = entry
      self.count = count
      self.text = text
    }
  }

  public struct Table: Hashable, Sendable {
    public var name: String
    public var rows: UInt64
    /// Over the carried form, as of the moment of the comparison.
    public var digest: Digest
    /// The same of the table that the logs add up to.
    public var digestFromLogs: Digest
  }

  /// Nil where not even that can be read.
  public var workspace: WorkspaceID?
  /// Whose database it says it is; nil where that cannot be read.
  public var device: DeviceID?
  /// With which that device's person joined; nil where no statement says so.
  public var memberKey: MemberKey?
  public var statements = 0
  public var logs = 0
  public var entries: UInt64 = 0
  public var tables: [Table] = []
  public var findings: [Finding] = []

  public var isClean: Bool { findings.isEmpty }
  /// Whether something is wrong that can be rebuilt. A key cannot, and while the node has other files open than those that
  /// are there, what these hold says nothing.
  public var isRepairable: Bool {
    findings.contains { $0.part != .key } && !findings.contains { $0.part == .node }
  }
  public var rows: UInt64 { tables.reduce(0) { $0 + $1.rows } }

  init() {}
}

/// How far a verification or a repair has come.
public enum KeepingProgress: Hashable, Sendable {
  case pages
  /// Pages of a damaged file that were looked through, and how many it has.
  case searched(pages: Int, of: Int)
  case statements
  /// Entries that were proved, and how many there are.
  case entries(UInt64, of: UInt64)
  case table(String)
}
