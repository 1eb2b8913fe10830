import BullpenCore

/// Segments that follow one another, under the signature at the end of the last.
struct SegmentRun {
  private let log: LogID
  private let first: UInt64
  private let previous: Digest
  private var entries: [Entry]
  private var signature: Signature
  /// What it costs of the credit window as one segment.
  private(set) var cost: Int

  init(_ segment: Segment) {
    log = segment.log
    first = segment.first
    previous = segment.previous
    entries = segment.entries
    signature = segment.signature
    cost = segment.cost
  }

  var last: UInt64 { first + UInt64(entries.count) - 1 }

  var segment: Segment {
    Segment(log: log, first: first, previous: previous, entries: entries, signature: signature)
  }

  /// Whether another goes on where this ends, and both are still one segment.
  func canTake(_ next: SegmentRun) -> Bool {
    next.log == log && next.first == first + UInt64(entries.count)
      && entries.count + next.entries.count <= Limits.segmentEntries && cost + next.growth <= Limits.segmentBytes
  }

  /// What another costs more when this goes on it.
  var growth: Int { cost - Segment.frameCost }

  mutating func take(_ next: SegmentRun) {
    entries += next.entries
    signature = next.signature
    cost += next.growth
  }
}
