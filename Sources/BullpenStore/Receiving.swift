import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

// Segments from peers. What is proved and continues a log is stored, whatever its rows say; what is believed of
// it is decided row by row.
extension Transaction {
  /// Takes segments in any order, for one may bring the credential or the numbers that another waits for.
  func receive(_ segments: ArrivedSegments) throws {
    var waiting: [(arrived: ArrivedSegment, reason: RejectionReason)] = []
    func take(_ arrived: ArrivedSegment, _ moved: inout Set<LogID>) throws {
      let log = arrived.segment.log
      switch try receive(arrived) {
      case nil: moved.insert(log)
      case let reason? where [.gap, .departed, .unknownDevice].contains(reason): waiting.append((arrived, reason))
      case let reason?: outcome.rejected.append(RejectedSegment(log: log, reason: reason))
      }
    }
    var moved: Set<LogID> = []
    var statements = outcome.statements.count
    for arrived in segments.inOrder { try take(arrived, &moved) }
    // Whatever waits is looked at again only where what it waits for may have come.
    while !waiting.isEmpty, !moved.isEmpty || outcome.statements.count > statements {
      let (logs, hasStatements, open) = (moved, outcome.statements.count > statements, waiting)
      (moved, statements, waiting) = ([], outcome.statements.count, [])
      for (arrived, reason) in open {
        if reason == .unknownDevice ? hasStatements : logs.contains(arrived.segment.log) {
          try take(arrived, &moved)
        } else {
          waiting.append((arrived, reason))
        }
      }
    }
    if isStale { try rebuild() }
    outcome.rejected += waiting.map { RejectedSegment(log: $0.arrived.segment.log, reason: $0.reason) }
    outcome.departed += waiting.filter { $0.reason == .departed }.compactMap { arrived, _ in
      (arrived.checked?.value).map { Departure(log: $0.log, first: $0.first, head: $0.head) }
    }.sorted { $0.first < $1.first }
  }

  /// Nil when the segment is stored, or was already.
  private func receive(_ arrived: ArrivedSegment) throws -> RejectionReason? {
    let segment = arrived.segment
    guard try membership(knowing: segment.log.device) != nil else { return .unknownDevice }
    guard !segment.entries.isEmpty, segment.first >= 1 else { return .unproved }
    let branches = try LogTables.branches(of: segment.log, db)
    if segment.first > (branches.map(\.head.sequence).max() ?? 0) + 1, !isPreceded(segment) { return .gap }
    if try branches.contains(where: { try isStored(segment, in: $0) }) { return nil }
    guard var fresh = arrived.checked?.value else { return .unproved }
    guard var ground = try ground(of: fresh, branches) else { return .departed }
    if case .entry(let log, let sequence) = ground {
      // Another branch may depart from what was before the beginning that is here.
      if try fresh.first < LogTables.beginning(of: log, db) { keepInMind(fresh) }
      if sequence == fresh.last { return nil }
      fresh = fresh.suffix(after: sequence)
    }
    var reason = fault(of: fresh.entries, after: try time(of: ground))
    if reason == .stamps, case .entry = ground, isPreceded(fresh.segment) {
      // What goes on with a stamp before the last stands on its own, for whoever has nothing before it takes it so.
      ground = .nothing
      reason = fault(of: fresh.entries, after: nil)
    }
    return try reason ?? store(fresh, on: ground, branches)
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

/// What the entries of a segment go on from.
private enum Ground {
  /// An entry of a branch that is here.
  case entry(of: LogRow, at: UInt64)
  /// An entry of a part that came before and was not kept.
  case part(CheckedSegment, at: UInt64)
  /// They need nothing: the first is the log's first, or shows that all before it is dead.
  case nothing
}

extension Transaction {
  /// Nil where what comes before is not here.
  private func ground(of segment: CheckedSegment, _ branches: [LogRow]) throws -> Ground? {
    if let meeting = try meeting(segment, branches) { return .entry(of: meeting.log, at: meeting.sequence) }
    if segment.first == 1 || isPreceded(segment.segment) { return .nothing }
    return part(before: segment).map { .part($0, at: segment.first - 1) }
  }

  /// The stamp of the entry that is gone on from.
  private func time(of ground: Ground) throws -> HybridTime? {
    switch ground {
    case .entry(let log, let sequence): try LogTables.time(at: sequence, of: log, db)
    case .part(let part, let sequence): part.time(at: sequence)
    case .nothing: nil
    }
  }

  /// Stores entries without a fault: on the branch that they prolong, else on one of their own.
  private func store(_ fresh: CheckedSegment, on ground: Ground, _ branches: [LogRow]) throws -> RejectionReason? {
    if case .entry(var log, let sequence) = ground, sequence == log.head.sequence,
      LogTables.isTip(log, among: branches)
    {
      return try append(fresh, to: &log, branches)
    }
    if isPast(fresh, branches) {
      keepInMind(fresh)
      return .past
    }
    if branches.isEmpty, try !hasRoom(for: fresh.log) { return .logs }
    guard var log = try branch(on: ground, for: fresh, branches) else { return .departed }
    let reason = try append(fresh, to: &log, branches)
    // One that a cut names may depart from it.
    if reason == .fork { keepInMind(fresh) }
    // What lives of a part counts now too.
    if reason == nil, case .part(let part, let sequence) = ground, !standsAlone(part, at: sequence) { isStale = true }
    return reason
  }

  /// A branch on a ground, which ends there; nil where what comes before a part is not here.
  private func branch(on ground: Ground, for fresh: CheckedSegment, _ branches: [LogRow]) throws -> LogRow? {
    switch ground {
    case .entry(let log, let sequence): return try LogTables.depart(from: log, at: sequence, db)
    case .part(let part, let sequence): return try branch(on: part, at: sequence, branches)
    case .nothing:
      guard let first = branches.first else {
        return try LogTables.make(fresh.log, device: number(of: fresh.log.device), db)
      }
      guard branches.count == 1, isPast(first.time), first.head < fresh.head else {
        return try LogTables.begin(beside: first, at: fresh.first, db)
      }
      // Whoever was away for so long has nothing that lives.
      try LogTables.remove(first, in: context.workspace, db)
      return first
    }
  }

  /// A branch on a part that was not kept, with as much of that as it needs.
  private func branch(
    on part: CheckedSegment, at last: UInt64, _ branches: [LogRow]
  ) throws -> LogRow? {
    guard let first = branches.first else { return nil }
    var (log, ground): (LogRow, CheckedSegment)
    if standsAlone(part, at: last) {
      log = try LogTables.begin(beside: first, at: last, db)
      ground = part.suffix(after: last - 1)
    } else {
      // What it shares with a branch that is here is not held twice.
      let meeting = try meeting(part, branches)
      let start = meeting?.sequence ?? part.first - 1
      guard start < last, meeting != nil || start == 0 else { return nil }
      ground = part.suffix(after: start)
      let time = try meeting.map { try LogTables.time(at: $0.sequence, of: $0.log, db) }
      guard fault(of: ground.entries.prefix(Int(last - start)), after: time) == nil else { return nil }
      log =
        try meeting.map { try LogTables.depart(from: $0.log, at: start, db) }
        ?? LogTables.begin(beside: first, at: 1, db)
    }
    try LogTables.append(ground.segment, head: ground.head, to: &log, db)
    guard last < ground.last else { return log }
    try LogTables.shorten(log, through: last, in: context.workspace, db)
    return try LogTables.depart(from: log, at: last, db)
  }

  /// Whether a branch may begin with this entry of a part, for all before it is dead.
  private func standsAlone(_ part: CheckedSegment, at sequence: UInt64) -> Bool {
    part.log.kind == .passing && isPast(part.time(at: sequence))
  }

  /// Appends what goes on with a branch, and believes of it what is to be believed.
  ///
  /// - Parameter before: the branches of the log as they were.
  private func append(
    _ fresh: CheckedSegment, to log: inout LogRow, _ before: [LogRow]
  ) throws -> RejectionReason? {
    // Only where there are branches does it matter to them how far another one reaches.
    let hasOthers = before.contains { $0.number != log.number }
    let standings = try hasOthers ? branchStandings(of: log.log) : [:]
    try LogTables.append(fresh.segment, head: fresh.head, to: &log, db)
    if hasOthers {
      forgetStanding()
      guard try makeRoom(for: log, standings) else { return .fork }
    }
    let hasAbsent = fresh.entries.contains { if case .absent = $0.payload { true } else { false } }
    if hasAbsent || isPreceded(fresh.segment) { try keepCertain() }
    advanced(try hasOthers ? LogTables.branches(of: log.log, db) : [log])
    outcome.stored += fresh.entries.count
    if log.log.device == context.author.device.id {
      let (from, to) = (fresh.time(at: fresh.first).milliseconds, fresh.time(at: fresh.last).milliseconds)
      outcome.regained = Regained(entries: fresh.entries.count, from: from, to: to) + outcome.regained
      // Whoever else has written in this device's name, or before its disk was set back, may have written more.
      if log.log.incarnation == state.incarnation { try beginIncarnation() }
    }
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

  /// Whether there may be one log more, of everybody's and of its member's: whoever begins history after history leaves
  /// room for the others.
  func hasRoom(for log: LogID) throws -> Bool {
    guard try LogTables.count(db) < Limits.logs else { return false }
    guard let membership = try membership(knowing: log.device), let member = membership.author(log.device) else {
      return true
    }
    return try LogTables.count(of: membership.devicesEver(of: member), db) < Limits.logsOfMember
  }

  /// What is missing in a log that was taken so may be missing in it as long as it is here.
  private func keepCertain() throws {
    if try Meta.integer(.certain, db).map({ $0 < certain }) ?? true { try Meta.set(.certain, certain, db) }
  }

  /// What is wrong with entries that follow one with this stamp.
  private func fault(of entries: some Sequence<Entry>, after before: HybridTime?) -> RejectionReason? {
    var time = before ?? .zero
    for entry in entries {
      guard entry.time > time else { return .stamps }
      time = entry.time
      if case .absent = entry.payload, entry.expiry == 0 || entry.expiry > certain { return .hole }
    }
    return nil
  }
}
