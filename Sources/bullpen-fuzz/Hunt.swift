import BullpenCore
import BullpenCrypto
import Foundation

/// Runs targets in processes of their own, and keeps what ends one of them: shrunk, in a file, with the line that
/// repeats it.
struct Hunt {
  let seed: UInt64
  let seconds: Double
  let executions: Int
  /// Where failing inputs go.
  let output: String
  /// Inputs that failed once, by the name of their target: they come first.
  let found: String?
  /// This program.
  let program: String

  /// How often a failing input is tried again to make it smaller, and for how many seconds.
  static let tries = 400
  static let patience = 60.0

  struct Outcome: Sendable {
    var line: String
    var isGood: Bool
  }

  func run(_ target: String) throws -> Outcome {
    let record = FileManager.default.temporaryDirectory.appending(path: "bullpen-fuzz-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: record) }
    var words = [
      "work", target, "--seed", String(seed), "--seconds", String(seconds), "--executions", String(executions),
    ]
    words += ["--record", record]
    if let found { words += ["--found", found] }
    let (code, said) = try start(words)
    guard code != 0 else { return Outcome(line: said.trimmingCharacters(in: .whitespacesAndNewlines), isGood: true) }

    let input = (try? Recorder(record).input) ?? []
    let end = Date(timeIntervalSinceNow: Self.patience)
    let least = Shrinker.shrink(input, tries: Self.tries) { candidate in
      Date() < end && (try? fails(target, candidate, record + ".input")) ?? false
    }
    try? FileManager.default.removeItem(atPath: record + ".input")
    let folder = "\(output)/\(target)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = "\(folder)/\(Blake2b.digest(least).short).hex"
    try HexFile.write(least, to: file)
    let cause = said.split(separator: "\n").prefix(12).joined(separator: "\n  ")
    return Outcome(
      line: """
        \(target): FAILED with code \(code), by \(input.count) bytes, shrunk to \(least.count)
          \(cause)
          again: \(program) replay \(target) \(file)
        """, isGood: false)
  }

  private func fails(_ target: String, _ input: [UInt8], _ path: String) throws -> Bool {
    try HexFile.write(input, to: path)
    return try start(["replay", target, path]).code != 0
  }

  private func start(_ words: [String]) throws -> (code: Int32, said: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = words
    // A picture of the stack costs seconds each time.
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let code = process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    return (code, String(decoding: said, as: UTF8.self))
  }
}

/// Bytes as lines of hexadecimal digits, so that an input can be read, and kept beside code.
enum HexFile {
  static func write(_ bytes: [UInt8], to path: String) throws {
    let text = Hex.encode(bytes)
    var lines = ""
    for (place, letter) in text.enumerated() {
      if place > 0, place % 100 == 0 { lines.append("\n") }
      lines.append(letter)
    }
    try Data((lines + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }

  static func read(_ path: String) throws -> [UInt8] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let bytes = Hex.decode(text.filter { !$0.isWhitespace }) else {
      throw Finding("\(path) does not hold hexadecimal digits.")
    }
    return bytes
  }

  static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  /// What a folder keeps for a target, in order of name.
  static func all(in folder: String?, of target: String) throws -> [[UInt8]] {
    guard let folder else { return [] }
    let path = "\(folder)/\(target)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return try names.sorted().filter { $0.hasSuffix(".hex") }.map { try read("\(path)/\($0)") }
  }
}
