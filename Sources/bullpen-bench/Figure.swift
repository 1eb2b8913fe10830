import Foundation

/// One comparison, as a line of JSON on standard output.
struct Figure: Encodable {
  enum Kind: String, Encodable {
    /// A work that both did; less is better, and the share of the other's rate is what counts.
    case rate
    /// How long one thing takes, of which the other does a part or less.
    case latency
    case bytes
    case memory
  }

  var work: String
  var kind: Kind
  /// Seconds, or bytes.
  var ours: Double
  var against: String
  /// Nil where the other is measured by another program.
  var theirs: Double?

  func print() {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(self) else { return }
    FileHandle.standardOutput.write(line + Data("\n".utf8))
  }
}

/// Times of one kind.
struct Times {
  private(set) var values: [Double] = []

  mutating func add(_ seconds: Double) { values.append(seconds) }

  /// The time that a share of all do not exceed; 0 where there are none.
  func percentile(_ share: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
  }
}
