import Foundation
import Glibc

/// A process that is spoken to by line. It hears every signal, also where the thread that starts it hears none.
final class Program {
  private let process: pid_t
  private let input: Int32
  private let output: UnsafeMutablePointer<FILE>
  private var isOver = false

  convenience init(_ path: String, _ arguments: String...) throws { try self.init(path, arguments) }

  init(_ path: String, _ arguments: [String]) throws {
    var (toIt, fromIt): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&toIt) == 0, pipe(&fromIt) == 0, let output = fdopen(fromIt[0], "r") else {
      throw PrivateBus.Failure(description: "no pipe")
    }
    for end in toIt + fromIt { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, toIt[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromIt[1], STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = ([path] + arguments).map { strdup($0) }
    var started = pid_t()
    let code = posix_spawn(&started, path, &actions, &attributes, words + [nil], environ)
    words.forEach { free($0) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    close(toIt[0])
    close(fromIt[1])
    guard code == 0 else { throw PrivateBus.Failure(description: "\(path): \(String(cString: strerror(code)))") }
    (process, input, self.output) = (started, toIt[1], output)
  }

  func write(_ text: String) { _ = text.withCString { Glibc.write(input, $0, strlen($0)) } }

  /// The next line that it says, without its end; nil when it has ended.
  func line() -> String? {
    var text = [CChar](repeating: 0, count: 1_024)
    guard fgets(&text, Int32(text.count), output) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .trimmingCharacters(in: .newlines)
  }

  func signal(_ number: Int32) { kill(process, number) }

  func end() {
    guard !isOver else { return }
    isOver = true
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    close(input)
    fclose(output)
  }
}

/// Runs a test that waits for the world on a thread of its own, so that it keeps no other test from running.
func story(_ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    Thread { continuation.resume(with: Result(catching: body)) }.start()
  }
}
