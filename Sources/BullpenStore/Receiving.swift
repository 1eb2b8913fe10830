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
    if isStale { try rebuild() }
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
    if segment.first > (branches.map(\.head.sequence).max() ?? 0) + 1, !isPreceded(segment) { return .gap }
    if try branches.contains(where: { try isStored(segment, in: $0) }) { return nil }
    guard let checked = Chain.check(segment, in: context.workspace)?.value else { return .unproved }
    if let meeting = try meeting(checked, branches) {
      // Another branch may depart from what was before the beginning that is here.
      if try segment.first < LogTables.beginning(of: meeting.log, db) { _ = keepInMind(segment) }
      if meeting.sequence == segment.last { return nil }
      let fresh =
        meeting.sequence < segment.first
        ? segment
        : segment.suffix(
          from: meeting.sequence + 1, previous: checked.digests[Int(meeting.sequence - segment.first)])
      let reason = try fault(
        of: fresh.entries, after: LogTables.time(at: meeting.sequence, of: meeting.log, db))
      if reason == nil { return try goOn(fresh, checked.head, from: meeting, branches) }
      // What goes on with a stamp before the last stands on its own, for whoever has nothing before it takes it so.
      return reason == .stamps && isPreceded(fresh) ? try begin(fresh, checked.head, branches) : reason
    }
    if segment.first == 1 || isPreceded(segment) { return try begin(segment, checked.head, branches) }
    if let part = part(before: segment) { return try goOn(segment, checked.head, onPart: part, branches) }
    return .departed
  }

  /// Stores what comes after an entry that is here.
  private func goOn(
    _ fresh: Segment, _ head: Head, from meeting: (log: LogRow, sequence: UInt64), _ branches: [LogRow]
  ) throws -> RejectionReason? {
    var log = meeting.log
    if meeting.sequence == log.head.sequence, LogTables.isTip(log, among: branches) {
      return try store(fresh, head: head, in: &log, branches)
    }
    if isPast(fresh, head, branches) { return keepInMind(fresh) }
    log = try LogTables.depart(from: log, at: meeting.sequence, db)
    let reason = try store(fresh, head: head, in: &log, branches)
    // One that a cut names may depart from it.
    if reason == .fork { _ = keepInMind(fresh) }
    return reason
  }

  /// Stores what needs nothing before it: from the first entry on, or from one which shows that all before it is dead.
  private func begin(_ segment: Segment, _ head: Head, _ branches: [LogRow]) throws -> RejectionReason? {
    if let reason = fault(of: segment.entries, after: nil) { return reason }
    guard let first = branches.first else {
      guard try hasRoom(for: segment.log) else { return .logs }
      var log = try LogTables.make(segment.log, device: number(of: segment.log.device), db)
      return try store(segment, head: head, in: &log, [])
    }
    if isPast(segment, head, branches) { return keepInMind(segment) }
    var log = first
    if branches.count == 1, isPast(first.time), first.head < head {
      // Whoever was away for so long has nothing that lives.
      try LogTables.remove(first, in: context.workspace, db)
    } else {
      log = try LogTables.begin(beside: first, at: segment.first, db)
    }
    return try store(segment, head: head, in: &log, branches)
  }

  /// Stores what goes on from a part of a branch that came before and was not kept, with as much of that as it needs.
  private func goOn(
    _ segment: Segment, _ head: Head, onPart part: Segment, _ branches: [LogRow]
  ) throws -> RejectionReason? {
    let last = segment.first - 1
    let before = part.entries[Int(last - part.first)]
    if let reason = fault(of: segment.entries, after: before.time) { return reason }
    if isPast(segment, head, branches) { return keepInMind(segment) }
    var (log, ground): (LogRow, Segment)
    let isAlone = segment.log.kind == .passing && isPast(before.time)
    if isAlone, let first = branches.first, let previous = part.digest(at: last - 1, in: context.workspace) {
      log = try LogTables.begin(beside: first, at: last, db)
      ground = part.suffix(from: last, previous: previous)
    } else {
      guard let checked = Chain.check(part, in: context.workspace)?.value else { return .departed }
      let meeting = try meeting(checked, branches)
      // What it shares with a branch that is here is not held twice.
      let start = meeting?.sequence ?? part.first - 1
      guard start < last, meeting != nil || start == 0 else { return .departed }
      let own = Array(part.entries[Int(start + 1 - part.first)...Int(last - part.first)])
      let time = try meeting.map { try LogTables.time(at: $0.sequence, of: $0.log, db) }
      guard let first = branches.first, fault(of: own, after: time) == nil else { return .departed }
      ground =
        start < part.first
        ? part : part.suffix(from: start + 1, previous: checked.digests[Int(start - part.first)])
      log =
        try meeting.map { try LogTables.depart(from: $0.log, at: start, db) }
        ?? LogTables.begin(beside: first, at: 1, db)
    }
    guard let end = ground.digest(at: ground.last, in: context.workspace) else { return .departed }
    try LogTables.append(ground, head: Head(sequence: ground.last, digest: end), to: &log, db)
    if last < ground.last {
      try LogTables.shorten(log, through: last, in: context.workspace, db)
      log = try LogTables.depart(from: log, at: last, db)
    }
    if let reason = try store(segment, head: head, in: &log, branches) { return reason }
    // What lives of the part counts now too.
    if !isAlone { isStale = true }
    return nil
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
  ///
  /// - Parameter before: the branches of the log as they were.
  private func store(
    _ fresh: Segment, head: Head, in log: inout LogRow, _ before: [LogRow]
  ) throws -> RejectionReason? {
    // Only where there are branches does it matter to them how far another one reaches.
    let hasOthers = before.contains { $0.number != log.number }
    let standings = try hasOthers ? branchStandings(of: log.log) : [:]
    try LogTables.append(fresh, head: head, to: &log, db)
    if hasOthers {
      forgetStanding()
      guard try makeRoom(for: log, standings) else { return .fork }
    }
    advanced(try hasOthers ? LogTables.branches(of: log.log, db) : [log])
    outcome.stored += fresh.entries.count
    // Whoever else has written in this device's name, or before its disk was set back, may have written more.
    if log.log.device == context.author.device.id, log.log.incarnation == state.incarnation { try beginIncarnation() }
    if hasOthers {
      let now = try branchStandings(of: log.log)
      if before.contains(where: { now[$0.number] != nil && standings[$0.number] != now[$0.number] }) { isStale = true }
    }
    if isStale { return nil }
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
