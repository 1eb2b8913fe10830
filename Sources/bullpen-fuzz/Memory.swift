import CFuzz
import Glibc

/// What a decoder takes from the machine. A length that a stranger claims must never be allocated.
enum Memory {
  /// Bytes that are handed out by the allocator now.
  static var live: Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd)
  }

  /// What a value may hold for each byte of its input, and beside them. A statement of three bytes becomes a value of
  /// several hundred; nothing becomes thousands of bytes for each of its own.
  static let factor = 200
  static let allowance = 16 * 1_024

  /// Whether this process does nothing else meanwhile; what is counted is all of its memory. Set before anything runs.
  nonisolated(unsafe) static var isAlone = false

  /// Runs a decoder and looks at what its value holds.
  static func held<Value>(from count: Int, _ decode: () throws -> Value) throws -> Value {
    guard isAlone else { return try decode() }
    let before = live
    let value = try decode()
    let grown = live - before
    try require(
      grown <= allowance + factor * count, "a value that came from \(count) bytes holds \(grown) bytes of memory")
    return value
  }

  /// From now on this process gets only so many bytes more, so that a giant allocation ends it.
  static func confine(to bytes: UInt64) {
    isAlone = true
    // A sanitizer keeps all of the address space for itself, and has a bound of its own for one allocation.
    guard dlsym(nil, "__asan_init") == nil, dlsym(nil, "__tsan_init") == nil else { return }
    var usage = rlimit()
    guard let pages = pages, getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &usage) == 0 else { return }
    usage.rlim_cur = rlim_t(pages * UInt64(sysconf(Int32(_SC_PAGESIZE))) + bytes)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &usage)
  }

  /// Pages of address space.
  private static var pages: UInt64? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    return UInt64(String(decoding: line.prefix { $0 != 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
}
