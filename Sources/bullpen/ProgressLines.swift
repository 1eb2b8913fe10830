import Foundation
import Glibc

/// What happens, a line each on standard error, where that is a terminal.
final class ProgressLines {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var isOpen = false

  /// - Parameter replaces: whether the line takes the place of the one before, if that did too.
  func show(_ text: String, replaces: Bool) {
    guard isTerminal else { return }
    if isOpen, !replaces { end() }
    write((isOpen ? "\r\u{1B}[K" : "") + text + (replaces ? "" : "\n"))
    isOpen = replaces
  }

  /// Leaves an open line as it is.
  func end() {
    if isOpen { write("\n") }
    isOpen = false
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
