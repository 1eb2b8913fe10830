import Foundation

/// Reads a home's log, whether its node runs or not, and follows it over the change of files.
public struct LogReader {
  private let path: String
  private var handle: FileHandle?
  private var rest: [UInt8] = []

  public init(home: String) { self.init(path: LogFile.path(in: home)) }

  init(path: String) { self.path = path }

  /// The last lines, oldest first; then `next` goes on from there.
  public mutating func last(_ count: Int) -> [String] {
    var lines: [String] = []
    if let earlier = FileManager.default.contents(atPath: LogFile.earlier(path)) { lines += take(earlier) }
    handle = FileHandle(forReadingAtPath: path)
    lines += take(read())
    return lines.suffix(count)
  }

  /// Lines that were written since; none where nothing was.
  public mutating func next() -> [String] {
    var lines = take(read())
    // The file that we hold may be the earlier one by now: what is left in it comes first, as was read above.
    if let handle, Self.identity(of: handle) == Self.identity(at: path) { return lines }
    guard let newer = FileHandle(forReadingAtPath: path) else { return lines }
    lines += take(read())
    handle = newer
    return lines + take(read())
  }

  private func read() -> Data { (try? handle?.readToEnd()) ?? Data() }

  /// Whole lines; what has no end yet waits.
  private mutating func take(_ data: Data) -> [String] {
    rest += data
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
      .map { String(decoding: $0, as: UTF8.self) }
    rest.removeSubrange(...end)
    return lines
  }

  private static func identity(of handle: FileHandle) -> UInt64? {
    var status = stat()
    return fstat(handle.fileDescriptor, &status) == 0 ? UInt64(status.st_ino) : nil
  }

  private static func identity(at path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
  }
}
