import ArgumentParser

#if COVERAGE
  import CFuzz
  import Glibc
#endif

/// The same targets under libFuzzer, which sees what code an input reaches. It takes its own options after `--`.
struct CoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cover", abstract: "Let libFuzzer look for new ways through one target's code.")

  @Argument var target: String
  @Argument(parsing: .captureForPassthrough) var options: [String] = []

  func run() throws {
    let target = try FuzzTargets.asked(target)
    #if COVERAGE
      try LibFuzzer.drive(target, options)
    #else
      throw ValidationError("This build does not count coverage: `make fuzz COVERAGE=1` makes one that does.")
    #endif
  }
}

#if COVERAGE
  enum LibFuzzer {
    /// libFuzzer's callback carries nothing, so what it calls stands here; it runs on one thread.
    nonisolated(unsafe) private static var machine: (any FuzzTarget)?

    static func drive(_ target: any FuzzTarget.Type, _ options: [String]) throws {
      machine = try target.init()
      let words = ["bullpen-fuzz"] + options.filter { $0 != "--" }
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      var count = Int32(words.count)
      let code = arguments.withUnsafeMutableBufferPointer { buffer in
        var start = buffer.baseAddress
        return LLVMFuzzerRunDriver(&count, &start) { bytes, count in
          let input = Array(UnsafeBufferPointer(start: bytes, count: count))
          do {
            _ = try LibFuzzer.machine?.run(input)
          } catch {
            // libFuzzer keeps the input of whatever ends the process.
            fatalError("\(error)")
          }
          return 0
        }
      }
      if code != 0 { throw ExitCode(code) }
    }
  }
#endif
