import Dispatch
import Foundation

/// This program once more, as a process of its own: it says a line, and ends when its input does.
final class Child {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())

  struct Silent: Error, CustomStringConvertible {
    let description = "A node that was started for the measurement ended without a word."
  }

  init(_ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  /// The first line that it says.
  func line() throws -> String {
    var bytes = Data()
    while true {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Silent() }
      bytes += more
      if bytes.last == UInt8(ascii: "\n") { return String(decoding: bytes.dropLast(), as: UTF8.self) }
    }
  }

  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// In the child: returns when the parent has let go of it, or is gone.
  static func inputEnds() async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        _ = try? FileHandle.standardInput.readToEnd()
        continuation.resume()
      }
    }
  }
}
