import BullpenCore

/// What numbers from outside may be. Arithmetic on what a peer said must never overflow, and a database keeps
/// integers in 64 bits with a sign; so numbers are bounded where they are read, far beyond any that is meant.
enum WireRange {
  /// Numbers of log entries count from 1.
  static let sequences: ClosedRange<UInt64> = 1...Limits.logEntries
  /// A head may also stand before the first entry.
  static let heads: ClosedRange<UInt64> = 0...Limits.logEntries
  /// What counts the changes of somebody's presence, or of a cursor.
  static let counters: ClosedRange<UInt64> = 0...1 << 62
  /// Unix milliseconds: the 48 bits of a UUIDv7, and a lifetime on top of them.
  static let moments: ClosedRange<Int64> = 0...1 << 49
  /// Milliseconds that something took.
  static let spans: ClosedRange<Int64> = 0...1 << 49

  /// Whether so many entries from `first` on have numbers, to the last.
  static func holds(_ first: UInt64, count: Int) -> Bool {
    sequences.contains(first) && UInt64(count) <= sequences.upperBound - first + 1
  }
}
