import BullpenCore
import BullpenCrypto
import BullpenWire
import GRDB

/// What this device wrote behind a place that cannot be read any more. Its chain leads through that place, so nobody would
/// take it where it was; perhaps nobody else has it. It is written once more into a history of its own: the same rows with
/// the same times, so that it says what it said, and agrees with the first where a peer has that.
extension Rebuilding {
  /// - Returns: how many entries that was.
  func rewrite(_ salvage: Salvage) throws -> UInt64 {
    let heads = try store.heads()
    var left: [LogKind: [Int64: Entry]] = [:]
    for log in try salvage.logs().map(\.log) where log.device == store.device {
      let reached = heads[log].sequence
      try salvage.segments(of: log) { batch in
        for segment in batch where segment.last > reached && Chain.check(segment, in: store.workspace) != nil {
          for (number, entry) in zip(segment.first..., segment.entries) where number > reached {
            if case .present = entry.payload { left[log.kind, default: [:]][entry.time.raw] = entry }
          }
        }
        return true
      }
    }
    var count: UInt64 = 0
    for (kind, entries) in left {
      let inOrder = entries.sorted { $0.key < $1.key }.map(\.value)
      for start in stride(from: 0, to: inOrder.count, by: 1_000) {
        count += try store.transact(wall: wall, certain: certain, isDurable: false) { transaction in
          try transaction.rewrite(inOrder[start..<min(start + 1_000, inOrder.count)], kind)
        }
      }
    }
    return count
  }
}

extension Transaction {
  /// Writes what this device wrote before, in ascending order of time.
  fileprivate func rewrite(_ entries: ArraySlice<Entry>, _ kind: LogKind) throws -> UInt64 {
    let device = context.author.device
    let id = LogID(device: device.id, incarnation: state.incarnation, kind: kind)
    var count: UInt64 = 0
    for entry in entries {
      // A statement says itself where in its log it stands; all that were found are in the set.
      guard case .present(let payload) = entry.payload, let change = ChangeCodec.decode(payload),
        !change.rows.contains(where: { $0.table == Tables.statements.name })
      else { continue }
      var log = try LogTables.log(id, db) ?? LogTables.make(id, device: number(of: device.id), db)
      let sequence = log.head.sequence + 1
      let digest = Chain.digest(context.workspace, id, sequence, previous: log.head.digest, entry)
      let segment = Segment(
        log: id, first: sequence, previous: log.head.digest, entries: [entry],
        signature: Chain.sign(digest, by: device))
      try LogTables.append(segment, head: Head(sequence: sequence, digest: digest), to: &log, db)
      advanced([log])
      try materialise(entry, sequence, of: log)
      count += 1
    }
    return count
  }
}
