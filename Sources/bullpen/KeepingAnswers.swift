import BullpenCore
import BullpenNode
import Foundation
import Synchronization

/// What `bullpen verify` prints for programs.
struct VerificationAnswer: Encodable {
  struct Finding: Encodable {
    var part: String
    var name: String
    var entry: UInt64?
    var count: UInt64
    var text: String
  }
  struct Table: Encodable {
    var table: String
    var rows: UInt64
    var digest: String
    var digestFromLogs: String
  }

  var workspaceId: String
  var name: String?
  var isClean: Bool
  var statements: Int
  var logs: Int
  var entries: UInt64
  var tables: [Table]
  var findings: [Finding]

  init(_ found: WorkspaceVerification, _ workspace: Home.Kept) {
    workspaceId = "\(workspace.id)"
    name = workspace.name
    isClean = found.isClean
    statements = found.statements
    logs = found.logs
    entries = found.entries
    tables = found.tables.map {
      Table(table: $0.name, rows: $0.rows, digest: "\($0.digest)", digestFromLogs: "\($0.digestFromLogs)")
    }
    findings = found.findings.map {
      Finding(part: $0.part.rawValue, name: $0.name, entry: $0.entry, count: $0.count, text: $0.text)
    }
  }
}

/// What came of a repair, as the API says it too.
struct RepairAnswer: Codable {
  struct Waiting: Codable {
    var log: String
    var deviceId: String
    var entries: UInt64
    var known: UInt64
  }

  var workspaceId: String
  var aside: String?
  var entries: UInt64
  var statements: Int
  var missing: UInt64
  var rewritten: UInt64
  var waiting: [Waiting]
  var isNewIncarnation: Bool
  var knowsItself: Bool
  var peers: Int

  init(_ repair: WorkspaceRepair, _ workspace: Home.Kept) {
    workspaceId = "\(workspace.id)"
    aside = repair.aside
    entries = repair.entries
    statements = repair.statements
    missing = repair.missing
    rewritten = repair.rewritten
    waiting = repair.waiting.map {
      Waiting(log: $0.name, deviceId: "\($0.log.device)", entries: $0.entries, known: $0.known)
    }
    isNewIncarnation = repair.isNewIncarnation
    knowsItself = repair.knowsItself
    peers = repair.peers
  }

  func tell(_ workspace: Home.Kept) {
    Output.line(
      "\(workspace.words): rebuilt, with \(Output.many(entries, "entry", "entries")) of history and "
        + "\(Output.many(statements, "statement")).")
    if let aside { Output.line("The damaged file is kept as \(aside).") }
    for log in waiting {
      Output.line("Of \(log.log), \(log.entries) of \(Output.many(log.known, "entry is", "entries are")) here.")
    }
    if rewritten > 0 {
      Output.line(
        "\(Output.many(rewritten, "entry that this device wrote is", "entries that this device wrote are")) kept in a "
          + "history of their own: what stood before them cannot be read.")
    }
    if missing > 0 { Output.line("What is missing is asked of the others as soon as one of them is near.") }
    if !knowsItself {
      Output.line(
        "Nothing that was left says who is in this workspace. Let the node run (`bullpen up`) near a colleague's laptop: "
          + "everything comes back from there. `--peer HOST:PORT` names one that is not found by itself.")
    }
    if isNewIncarnation {
      Output.line("The end of what this device wrote may be missing, so it goes on in a new history of its own.")
    }
    Output.line("`bullpen verify` checks it all.")
  }
}

/// One line at a terminal that says how far something has come.
final class ProgressLine: Sendable {
  private let isShown: Bool
  private let last = Mutex<(moment: ContinuousClock.Instant, text: String)?>(nil)

  init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) == 1 }

  func show(_ progress: WorkspaceKeepingProgress) {
    guard isShown else { return }
    let text =
      switch progress {
      case .pages: "Looking through the file…"
      case .searched(let pages, let total): "Searching what can be read: \(Self.share(UInt64(pages), UInt64(total)))"
      case .statements: "Proving the statements…"
      case .entries(let done, let total): "Proving the history: \(Self.share(done, total))"
      case .table(let name): "Comparing the table \(name)…"
      }
    last.withLock { last in
      // A terminal is no faster to read.
      if let last, ContinuousClock.now - last.moment < .milliseconds(100) { return }
      FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
      last = (ContinuousClock.now, text)
    }
  }

  func end() {
    guard isShown, last.withLock({ $0 != nil }) else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
  }

  private static func share(_ done: UInt64, _ total: UInt64) -> String {
    total == 0 ? "\(done)" : "\(min(done * 100 / total, 100)) %"
  }
}
