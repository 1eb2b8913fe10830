import BullpenCore
import BullpenCrypto
import BullpenWire
import Foundation
import GRDB

// Logs, entry by entry: what is proved, and where the first that is not stands.
extension Inspection {
  mutating func checkLogs(_ scratch: Store) throws {
    var logs: [LogRow] = []
    let hasBranches = try db.tableExists("node_branches")
    let branches = hasBranches ? try Int64.fetchAll(db, sql: "SELECT -id FROM node_branches ORDER BY id") : []
    // A branch comes after what it departs from.
    for number in try Int64.fetchAll(db, sql: "SELECT id FROM node_logs ORDER BY id") + branches {
      do {
        guard let log = try LogTables.log(number: number, db) else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        logs.append(log)
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
        found(.log, 1, "The place of a log cannot be read.", name: "log \(number)")
      }
    }
    report.logs = logs.count
    let held = try held(of: logs)
    let total = logs.reduce(0) { $0 + $1.head.sequence - min($1.base, $1.head.sequence) }
    var waiting = logs
    var hasProgress = true
    // A log may wait for the statement in another that makes its device a member's.
    while hasProgress, !waiting.isEmpty {
      var still: [LogRow] = []
      for log in waiting where try !check(log, scratch, held, of: total) { still.append(log) }
      hasProgress = still.count < waiting.count
      waiting = still
    }
    for log in waiting {
      broken(log, at: 1, scratch, "is of a device of which no statement says that it is a member's")
    }
    let tips = Dictionary(grouping: logs, by: \.log).mapValues(LogTables.tips)
    try drop(scratch, held, beyond: tips.filter { log, tips in logs.count { $0.log == log } > tips.count })
    for log in tips.values.joined() where !broken.contains(log.log) && !past.contains(log.number) {
      let built = try scratch.read { try LogTables.branches(of: log.log, $0) }
      if !built.contains(where: { $0.head == log.head && $0.time == log.time }) {
        let reached = built.map(\.head.sequence).max() ?? 0
        broken(log, at: min(reached, log.head.sequence) + 1, scratch, "does not end where the file says that it ends")
      }
    }
  }

  /// Takes away what segments hold beyond the end of a branch that others only depart from.
  private func drop(_ scratch: Store, _ held: Set<Place>, beyond tips: [LogID: [LogRow]]) throws {
    guard !tips.isEmpty else { return }
    try change(scratch, held) { transaction in
      for (log, tips) in tips {
        let heads = Set(tips.map(\.head))
        for surplus in LogTables.tips(try LogTables.branches(of: log, transaction.db))
        where !heads.contains(surplus.head) {
          try LogTables.remove(surplus, in: transaction.context.workspace, transaction.db)
          transaction.isStale = true
        }
      }
      if transaction.isStale { try transaction.rebuild() }
    }
  }

  /// An entry that waits until its time has come.
  private struct Place: Hashable {
    let log: LogID
    let sequence: UInt64
    /// Unix milliseconds. At the same number another branch may have an entry of another time.
    let time: Int64
  }

  private func held(of logs: [LogRow]) throws -> Set<Place> {
    let logs = Dictionary(uniqueKeysWithValues: logs.map { ($0.number, $0.log) })
    let rows = try Row.fetchAll(db, sql: "SELECT log, sequence, time FROM node_quarantine")
    return Set(
      rows.compactMap { row in
        guard let log = row.integer(0).flatMap({ logs[$0] }), let sequence = row.integer(1), let time = row.integer(2)
        else { return nil }
        return Place(log: log, sequence: UInt64(bitPattern: sequence), time: time)
      })
  }

  /// Whatever a transaction reads again, of whichever log, what the file holds back is held back there.
  private func change<T>(
    _ scratch: Store, _ held: Set<Place>, _ work: (Transaction) throws -> T
  ) throws -> T {
    try scratch.transact(wall: wall, certain: certain, isDurable: false) { transaction in
      transaction.holdsBack = { held.contains(Place(log: $0, sequence: $1, time: $2.milliseconds)) }
      return try work(transaction)
    }
  }

  /// Feeds a log to the code that judges what peers send.
  ///
  /// - Returns: false where its device is nobody's so far.
  private mutating func check(_ log: LogRow, _ scratch: Store, _ held: Set<Place>, of total: UInt64) throws -> Bool {
    let sql = "SELECT first, last, bytes FROM node_segments WHERE log = ? ORDER BY first"
    let rows = try Row.fetchCursor(db, sql: sql, arguments: [log.number])
    var isAtEnd = false
    while !isAtEnd {
      var batch: [Segment] = []
      var size = 0
      var unreadable: UInt64?
      while size < Self.batchBytes, unreadable == nil {
        guard let row = try rows.next() else {
          isAtEnd = true
          break
        }
        let first = UInt64(bitPattern: row.integer(0) ?? 1)
        guard let segment = row.blob(2).flatMap(SegmentCodec.decode), segment.log == log.log, segment.first == first,
          Int64(segment.last) == row.integer(1)
        else {
          unreadable = first
          break
        }
        batch.append(segment)
        size += segment.cost
      }
      if let failure = try feed(batch, log, scratch, held) {
        if failure.reason == .unknownDevice { return false }
        // What is missing is what comes before.
        let reached = try scratch.read { try LogTables.log(log.log, $0)?.head.sequence ?? 0 }
        broken(log, at: failure.reason == .gap ? reached + 1 : failure.first, scratch, failure.reason.words)
        return true
      }
      report.entries += batch.reduce(0) { $0 + UInt64($1.entries.count) }
      progress(.entries(report.entries, of: total))
      if let unreadable {
        broken(log, at: unreadable, scratch, "cannot be read")
        return true
      }
    }
    return true
  }

  private static let batchBytes = 1_024 * 1_024

  private mutating func feed(
    _ batch: [Segment], _ log: LogRow, _ scratch: Store, _ held: Set<Place>
  ) throws -> (first: UInt64, reason: RejectionReason)? {
    var isPast = false
    defer { if isPast { past.insert(log.number) } }
    return try change(scratch, held) { transaction in
      for segment in batch {
        try transaction.receive(ArrivedSegments([segment], in: transaction.context.workspace))
        guard let rejected = transaction.outcome.rejected.last else { continue }
        guard rejected.reason == .past else { return (segment.first, rejected.reason) }
        isPast = true
      }
      return nil
    }
  }

  private mutating func broken(_ log: LogRow, at first: UInt64, _ scratch: Store, _ what: String) {
    broken.insert(log.log)
    let count = log.head.sequence >= first ? log.head.sequence - first + 1 : 1
    let words = log.log.words(names, scratch.membership())
    let behind = count == 2 ? "the one that follows" : "the \(count - 1) that follow"
    let what = count == 1 ? what : "\(what), and with it \(behind)"
    found(.log, count, "Entry \(first) of \(words) \(what).", name: words, entry: first)
  }

  /// Whether the database is behind what its device has told that it wrote.
  mutating func checkOwnEnd() throws {
    guard let told = HeadMark.read(path), let device = try Meta.bytes(.device, db).flatMap({ DeviceID(bytes: $0) })
    else {
      return
    }
    for (kind, sequence) in [(LogKind.lasting, told.lasting), (.passing, told.passing)] {
      let log = LogID(device: device, incarnation: told.incarnation, kind: kind)
      let reached = try LogTables.log(log, db)?.head.sequence ?? 0
      guard reached < sequence, !broken.contains(log) else { continue }
      found(
        .log, sequence - reached,
        "The end of what this device wrote is missing: it has told of entry \(sequence), and the file ends at \(reached).",
        name: log.words(names, Membership()), entry: reached + 1)
    }
  }
}

extension LogID {
  /// "Ada Quill's lasting log (device 7d1a4a6c)"
  func words(_ names: [MemberID: String], _ membership: Membership) -> String {
    let device = "\(device)".prefix(8)
    let kind = kind == .lasting ? "lasting" : "passing"
    guard let name = membership.author(self.device).flatMap({ names[$0] }) else {
      return "the \(kind) log of device \(device)"
    }
    return "\(name)'s \(kind) log (device \(device))"
  }
}

extension RejectionReason {
  fileprivate var words: String {
    switch self {
    case .unknownDevice: "is of a device of which no statement says that it is a member's"
    case .unproved: "is not proved by its author's signature"
    case .gap: "is missing"
    case .departed: "contradicts the entry before it"
    case .fork: "is of one branch more than a log may have"
    case .hole: "has lost its content before its time"
    case .stamps: "is stamped earlier than the one before it"
    case .past: "is dead, and of a history that its log did not go on with"
    case .logs: "is of one log more than a workspace may have"
    }
  }
}
