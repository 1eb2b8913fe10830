import BullpenCore

/// What a changed program does to its peers.
enum Lie: Equatable {
  /// It announces what it holds, and sends nothing of it.
  case withholding
  /// It claims so many entries more of every log than there are; at 0, a branch that nobody ever wrote.
  case boasting(UInt64)

  /// It claims that nothing is left of what it sends.
  case hollowing
  /// What it sends, nobody has signed.
  case garbling
  /// It goes on though it is out, and heeds no word of that.
  case defying
  /// It sends again what was sent before, by itself and by others.
  case replaying

  /// What it says in place of the truth.
  func told(_ message: PeerMessage) -> PeerMessage {
    switch (self, message) {
    case (.boasting(let more), .have(let have)):
      .have(Have(digest: have.digest, heads: have.heads.map { boast($0, more) }))
    case (.boasting(let more), .announce(let heads)): .announce(boast(heads, more))
    case (.boasting(let more), .acknowledge(let acknowledgement)):
      .acknowledge(Acknowledgement(heads: boast(acknowledgement.heads, more), credit: acknowledgement.credit))
    case (.hollowing, .segments(let batch)): .segments(SegmentBatch(segments: batch.segments.map(\.hollow)))
    case (.garbling, .segments(let batch)): .segments(SegmentBatch(segments: batch.segments.map(\.unproved)))
    default: message
    }
  }

  private func boast(_ heads: [LogHead], _ more: UInt64) -> [LogHead] {
    heads.map { told in
      let (sequence, digest) = (told.head.sequence, told.head.digest)
      let other = more > 0 ? digest : Digest(bytes: digest.bytes.map { ~$0 })!  // as many bytes
      return LogHead(log: told.log, head: Head(sequence: sequence + more, digest: other))
    }
  }
}

extension SimulatedNode {
  /// The program is what it was: another process. What the lies of the last have its peers believe ends with it.
  func becomeHonest() {
    guard lie != nil, !isAsleep else { return }
    // Nothing else of it can be mended by those who took it out.
    if lie == .defying, !simulation.staying.contains(where: { $0 === self }) { return }
    lie = nil
    guard run != nil else { return }
    stop()
    start()
  }
}
