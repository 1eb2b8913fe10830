import Foundation
import Glibc

/// A person's word for what cannot be undone. Programs give it beforehand, with --yes.
enum Confirmation {
  /// Asks at the terminal.
  ///
  /// - Parameters:
  ///   - deed: what --yes says, such as "remove them".
  ///   - isForProgram: whether a program reads what is printed: it is asked nothing.
  ///   - no: what is said to another answer than yes.
  ///   - ask: puts the question; whether the answer is yes.
  /// - Throws: `Failure`, unless it was given.
  static func need(_ deed: String, isForProgram: Bool, no: String = "Nothing was done.", _ ask: () -> Bool) throws {
    guard !isForProgram, isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        .usage, "Nobody is at this terminal to be asked, so nothing was done.", hint: "Say --yes to \(deed).",
        word: "unconfirmed")
    }
    guard ask() else { throw Failure(.refused, no, word: "unconfirmed") }
  }

  /// A question that y answers.
  static func isYes(_ question: String) -> Bool {
    FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
    return ["y", "yes"].contains(readLine()?.lowercased().trimmingCharacters(in: .whitespaces) ?? "")
  }
}
