import BullpenCore
import BullpenCrypto
import Foundation
import GRDB

// Segments from peers. What is proved and continues a log is stored, whatever its rows say; what is believed of
// it is decided row by row.
extension Transaction {
  /// Takes segments in any order, for one may bring the credential or the numbers that another waits for.
  func receive(_ segments: [Segment]) throws {
    var waiting = segments.map { (segment: $0, reason: RejectionReason.gap) }
    var hasProgress = true
    while hasProgress, !waiting.isEmpty {
      hasProgress = false
      var still: [(segment: Segment, reason: RejectionReason)] = []
      for (segment, _) in waiting {
        switch try receive(segment) {
        case nil: hasProgress = true
        case .gap?: still.append((segment, .gap))
        case .unknownDevice?: still.append((segment, .unknownDevice))
        case let reason?: outcome.rejected.append(RejectedSegment(log: segment.log, reason: reason))
        }
      }
      waiting = still
    }
    outcome.rejected += waiting.map { RejectedSegment(log: $0.segment.log, reason: $0.reason) }
  }

  /// Nil when the segment is stored, or was already.
  private func receive(_ segment: Segment) throws -> RejectionReason? {
    guard try membership().author(segment.log.device) != nil else { return .unknownDevice }
    guard let last = segment.entries.last, segment.first >= 1 else { return .unproved }
    let known = try LogTables.log(segment.log, db)
    let head = known?.head ?? .start
    if segment.first > head.sequence + 1 { return .gap }
    if let known, try isStored(segment, in: known) { return nil }
    guard let checked = Chain.check(segment, in: context.workspace)?.value else { return .unproved }
    if let known, try !continues(checked, known) { return try noteFork(known, at: segment.last) }
    if segment.last <= head.sequence { return nil }

    let fresh =
      segment.first <= head.sequence ? segment.suffix(from: head.sequence + 1, previous: head.digest) : segment
    var time = known?.time ?? .zero
    for entry in fresh.entries {
      guard entry.time > time else { return .stamps }
      time = entry.time
      if case .absent = entry.payload, entry.expiry == 0 || entry.expiry > wall { return .hole }
    }
    assert(last.time == time)
    guard try known != nil || LogTables.count(db) < Limits.logs else { return .logs }
    var log = try known ?? LogTables.make(segment.log, device: number(of: segment.log.device), db)
    try LogTables.append(fresh, head: checked.head, to: &log, db)
    advanced(log)
    outcome.stored += fresh.entries.count
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

  /// Whether a segment that overlaps with what we hold says the same, or begins where our log ends.
  private func continues(_ checked: CheckedSegment, _ log: LogRow) throws -> Bool {
    let segment = checked.segment
    let meeting = min(segment.last, log.head.sequence)
    let ours = try LogTables.digest(at: meeting, of: log, in: context.workspace, db)
    let theirs = meeting < segment.first ? segment.previous : checked.digests[Int(meeting - segment.first)]
    return ours == theirs
  }

  /// Both histories are signed by their author. Ours stands; the other is counted, and the device named.
  func noteFork(_ log: LogRow, at sequence: UInt64) throws -> RejectionReason {
    try db.execute(
      sql: """
        INSERT INTO node_forks (log, sequence, count, wall) VALUES (?, ?, 1, ?)
        ON CONFLICT (log) DO UPDATE SET count = count + 1, wall = excluded.wall
        """, arguments: [log.number, Int64(sequence), wall])
    return .fork
  }
}
