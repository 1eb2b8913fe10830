import BullpenCore
import BullpenSimulator

/// Passes everything on. What a planted bug does otherwise, it overrides.
class PassingDisk: Disk {
  let disk: any Disk
  init(_ disk: any Disk) { self.disk = disk }

  func heads() throws -> Heads { try disk.heads() }
  func commit(_ draft: Draft, wall: Int64) throws -> CommitOutcome { try disk.commit(draft, wall: wall) }
  func state(_ claim: Statement.Claim, wall: Int64) throws -> CommitOutcome { try disk.state(claim, wall: wall) }
  func apply(_ segments: [Segment], from peer: DeviceID, wall: Int64, certain: Int64) throws -> ApplyOutcome {
    try disk.apply(segments, from: peer, wall: wall, certain: certain)
  }
  func admit(_ statements: [Verified<ProvedStatement>], wall: Int64) throws -> ApplyOutcome {
    try disk.admit(statements, wall: wall)
  }
  func releaseQuarantine(wall: Int64, isAgreed: Bool) throws -> ApplyOutcome {
    try disk.releaseQuarantine(wall: wall, isAgreed: isAgreed)
  }
  func forget(wall: Int64) throws -> Int { try disk.forget(wall: wall) }
  func keepKeys(wall: Int64) throws -> ApplyOutcome { try disk.keepKeys(wall: wall) }
  func segments(_ range: LogRange, maxBytes: Int) throws -> [Segment] {
    try disk.segments(range, maxBytes: maxBytes)
  }
  func find(_ heads: [LogHead]) throws -> (lacking: [LogHead], held: [LogHead]) { try disk.find(heads) }
  func digests(wall: Int64) throws -> [(table: String, digest: Digest)] { try disk.digests(wall: wall) }
  func notification(_ key: RowKey, for reader: MemberID, wall: Int64) throws -> (title: String?, body: String?)? {
    try disk.notification(key, for: reader, wall: wall)
  }
  func confidences(wall: Int64) throws -> [Confidence] { try disk.confidences(wall: wall) }
  func displayNames() throws -> [MemberID: String] { try disk.displayNames() }
  func activities(wall: Int64) throws -> [(key: RowKey, text: String)] { try disk.activities(wall: wall) }
}
