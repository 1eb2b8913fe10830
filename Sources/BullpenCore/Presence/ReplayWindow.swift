/// Which sequence numbers of one direction have been seen: the sliding window of RFC 6479, a ring of words in
/// which moving on clears whole words instead of shifting bits.
///
///     word   0        1        …        16
///          +--------+--------+--------+--------+
///          | 64     | 64     |        | 64     |   number n: word (n / 64) mod 17, bit n mod 64
///          +--------+--------+--------+--------+
///
/// One word more than the window needs: the newest may be only begun.
public struct ReplayWindow: Hashable, Sendable {
  /// Numbers this far below the newest, or further, are too old to tell apart from replays.
  public static let width: UInt64 = 1_024
  private static let count: UInt64 = width / 64 + 1

  private var words = [UInt64](repeating: 0, count: Int(count))
  /// The greatest number that was accepted; 0 before the first.
  public private(set) var newest: UInt64 = 0

  public init() {}

  /// Marks a number as seen. Call it for verified datagrams only: an unverified number must not move the window.
  /// - Returns: false when the number was seen before, is too old, or is 0, which no sender uses.
  public mutating func accept(_ number: UInt64) -> Bool {
    guard number > 0 else { return false }
    let block = number / 64
    if number > newest {
      let last = newest / 64
      // However far it jumps, there are only so many words to clear.
      for step in 0..<min(block - last, Self.count) { words[Int((block - step) % Self.count)] = 0 }
      newest = number
    } else if newest - number >= Self.width {
      return false
    }
    let word = Int(block % Self.count)
    let bit: UInt64 = 1 << (number % 64)
    guard words[word] & bit == 0 else { return false }
    words[word] |= bit
    return true
  }
}
