import Foundation
import Glibc

/// What the system says of this process.
struct ProcessReading: Sendable {
  var residentBytes: Int
  var processorSeconds: Double
  /// Unix seconds.
  var started: Double
  var descriptors: Int

  /// - Parameter wall: Unix milliseconds.
  static func now(wall: Int64) -> ProcessReading {
    // proc(5): the second number of statm counts resident pages.
    let pages = text("/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    return ProcessReading(
      residentBytes: pages * Int(sysconf(Int32(_SC_PAGESIZE))),
      processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      started: Double(wall) / 1_000 - age, descriptors: descriptors)
  }

  /// Seconds since the process began. The 22nd field of stat is its start in ticks since boot; the name in
  /// parentheses before it may hold anything.
  private static var age: Double {
    let stat = text("/proc/self/stat")
    guard let end = stat.lastIndex(of: ")") else { return 0 }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let ticks = Double(fields[19]) else { return 0 }
    var boot = timespec()
    clock_gettime(CLOCK_BOOTTIME, &boot)
    return Double(boot.tv_sec) + Double(boot.tv_nsec) / 1e9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
}
