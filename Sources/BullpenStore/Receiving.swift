import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

// Segments from peers. What is proved and continues a log is stored, whatever its rows say; what is believed of
// it is decided row by row.
extension Transaction {
  /// Takes segments in any order, for one may bring the credential or the numbers that another waits for.
  func receive(_ segments: [Segment]) throws {
    var waiting: [(segment: Segment, reason: RejectionReason)] = []
    func take(_ segment: Segment, _ moved: inout Set<LogID>) throws {
      switch try receive(segment) {
      case nil: moved.insert(segment.log)
      case let reason? where [.gap, .departed, .unknownDevice].contains(reason): waiting.append((segment, reason))
      case let reason?: outcome.rejected.append(RejectedSegment(log: segment.log, reason: reason))
      }
    }
    var moved: Set<LogID> = []
    var statements = outcome.statements.count
    // In the order of their numbers none waits for another of its log.
    for segment in segments.sorted(by: { $0.first < $1.first }) { try take(segment, &moved) }
    // Whatever waits is looked at again only where what it waits for may have come: each look may cost a signature.
    while !waiting.isEmpty, !moved.isEmpty || outcome.statements.count > statements {
      let (logs, hasStatements, open) = (moved, outcome.statements.count > statements, waiting)
      (moved, statements, waiting) = ([], outcome.statements.count, [])
      for (segment, reason) in open {
        if reason == .unknownDevice ? hasStatements : logs.contains(segment.log) {
          try take(segment, &moved)
        } else {
          waiting.append((segment, reason))
        }
      }
    }
    outcome.rejected += waiting.map { RejectedSegment(log: $0.segment.log, reason: $0.reason) }
    outcome.departed += waiting.filter { $0.reason == .departed }.compactMap { segment, _ in
      segment.digest(at: segment.last, in: context.workspace).map {
        Departure(log: segment.log, first: segment.first, head: Head(sequence: segment.last, digest: $0))
      }
    }.sorted { $0.first < $1.first }
  }

  /// Nil when the segment is stored, or was already.
  private func receive(_ segment: Segment) throws -> RejectionReason? {
    guard try membership().author(segment.log.device) != nil else { return .unknownDevice }
    guard !segment.entries.isEmpty, segment.first >= 1 else { return .unproved }
    let branches = try LogTables.branches(of: segment.log, db)
    if segment.first > (branches.map(\.head.sequence).max() ?? 0) + 1 { return try leap(segment, branches) }
    if try branches.contains(where: { try isStored(segment, in: $0) || isForgotten(segment, in: $0) }) { return nil }
    guard let checked = Chain.check(segment, in: context.workspace)?.value else { return .unproved }
    let meeting = try meeting(checked, branches)
    if meeting == nil, !branches.isEmpty { return .departed }
    let met = meeting?.sequence ?? 0
    if met == segment.last { return nil }

    let fresh =
      met < segment.first
      ? segment : segment.suffix(from: met + 1, previous: checked.digests[Int(met - segment.first)])
    if let reason = fault(of: fresh.entries, after: try meeting.map { try LogTables.time(at: met, of: $0.log, db) }) {
      return reason
    }
    var log: LogRow
    if let meeting {
      let isEnd = met == meeting.log.head.sequence
      guard isEnd || branches.count < Limits.branches else {
        try noteFork(branches[0], at: met + 1)
        return .fork
      }
      log = try isEnd ? meeting.log : LogTables.depart(from: meeting.log, at: met, db)
    } else {
      guard try hasRoom(for: segment.log) else { return .logs }
      log = try LogTables.make(segment.log, device: number(of: segment.log.device), db)
    }
    return try store(fresh, head: checked.head, in: &log, others: branches.filter { $0.number != log.number })
  }

  /// Takes a passing log from a later entry on, where all before it is dead.
  private func leap(_ segment: Segment, _ branches: [LogRow]) throws -> RejectionReason? {
    guard branches.count <= 1, isPreceded(segment) else { return .gap }
    guard let checked = Chain.check(segment, in: context.workspace)?.value else { return .unproved }
    if let reason = fault(of: segment.entries, after: branches.first?.time) { return reason }
    guard try !branches.isEmpty || hasRoom(for: segment.log) else { return .logs }
    var log =
      try branches.first ?? LogTables.make(segment.log, device: number(of: segment.log.device), db)
    try LogTables.drop(from: log, through: segment.first - 1, db)
    try LogTables.forgetNotes(of: log, before: segment.first, db)
    return try store(segment, head: checked.head, in: &log, others: [])
  }

  /// Whether there may be one log more, of everybody's and of its member's: whoever begins history after history leaves
  /// room for the others.
  private func hasRoom(for log: LogID) throws -> Bool {
    guard try LogTables.count(db) < Limits.logs else { return false }
    let membership = try membership()
    guard let member = membership.author(log.device) else { return true }
    return try LogTables.count(of: membership.devicesEver(of: member), db) < Limits.logsOfMember
  }

  /// What is wrong with entries that follow one with this stamp.
  private func fault(of entries: [Entry], after before: HybridTime?) -> RejectionReason? {
    var time = before ?? .zero
    for entry in entries {
      guard entry.time > time else { return .stamps }
      time = entry.time
      if case .absent = entry.payload, entry.expiry == 0 || entry.expiry > wall { return .hole }
    }
    return nil
  }

  /// Appends what goes on with a branch, and believes of it what is to be believed.
  private func store(
    _ fresh: Segment, head: Head, in log: inout LogRow, others: [LogRow]
  ) throws -> RejectionReason? {
    // Only where there are branches does it matter to them how far another one reaches.
    let standings = try others.isEmpty ? [:] : branchStandings(of: log.log)
    try LogTables.append(fresh, head: head, to: &log, db)
    advanced(log, others: others.map(\.head))
    outcome.stored += fresh.entries.count
    // Whoever else has written in this device's name, or before its disk was set back, may have written more.
    if log.log.device == context.author.device.id, log.log.incarnation == state.incarnation { try beginIncarnation() }
    if !others.isEmpty {
      forgetStanding()
      let now = try branchStandings(of: log.log)
      if others.contains(where: { standings[$0.number] != now[$0.number] }) {
        try rebuild()
        return nil
      }
    }
    for (place, entry) in fresh.entries.enumerated() {
      try materialise(entry, fresh.first + UInt64(place), of: log)
    }
    return nil
  }

  /// Whether the very segment is in the log: then nothing needs to be proved again.
  private func isStored(_ segment: Segment, in log: LogRow) throws -> Bool {
    guard segment.last <= log.head.sequence,
      let stored = try LogTables.segments(of: log, from: segment.first, db).next()
    else { return false }
    return stored.first == segment.first && stored.last == segment.last && stored.signature == segment.signature
      && stored.previous == segment.previous
  }
}
