import BullpenCore
import Foundation

/// What each interface has sent and heard since it came up, as the kernel counts (proc(5), /proc/net/dev).
public enum LinkCounters {
  public struct Count: Hashable, Sendable {
    public var heard: Symptoms.Traffic
    public var sent: Symptoms.Traffic
  }

  /// By the interface's name; empty where the kernel does not say.
  public static func read() -> [String: Count] {
    parse((try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? "")
  }

  /// A line is "name: " and sixteen numbers: bytes and packets come first of eight that were heard, and of eight sent.
  static func parse(_ text: String) -> [String: Count] {
    var counts: [String: Count] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.lastIndex(of: ":") else { continue }
      let name = line[..<colon].trimmingCharacters(in: .whitespaces)
      let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { UInt64($0) }
      guard numbers.count >= 16 else { continue }
      counts[name] = Count(
        heard: Symptoms.Traffic(packets: numbers[1], bytes: numbers[0]),
        sent: Symptoms.Traffic(packets: numbers[9], bytes: numbers[8]))
    }
    return counts
  }
}
