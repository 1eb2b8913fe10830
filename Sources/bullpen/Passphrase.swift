import BullpenNode
import Foundation
import Glibc

/// Asks for the passphrase of a backup, at the terminal, where it is not shown, or in a file.
enum Passphrase {
  /// For a new backup: asked for twice, for nobody can tell later what was meant.
  static func new(_ file: String?) throws -> String {
    if let file {
      let text = try read(file)
      try Home.checkPassphrase(text)
      return text
    }
    let text = try ask("Passphrase for the backup: ")
    try Home.checkPassphrase(text)
    guard try ask("Once more: ") == text else {
      throw Failure(.refused, "The two are not the same, so nothing was written.", hint: "Try again.")
    }
    return text
  }

  static func known(_ file: String?) throws -> String {
    if let file { return try read(file) }
    return try ask("Passphrase of the backup: ")
  }

  /// The first line.
  private static func read(_ file: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: 4_096) ?? Data()
    else {
      throw Failure(.refused, "The passphrase's file \(file) cannot be read, so nothing was done.")
    }
    let line = data.prefix { $0 != UInt8(ascii: "\n") }
    guard let text = String(bytes: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, encoding: .utf8) else {
      throw Failure(.refused, "The first line of \(file) is no UTF-8 text.")
    }
    return text
  }

  private static func ask(_ question: String) throws -> String {
    // Without a terminal, getpass would read the standard input and show it.
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else {
      throw Failure(
        .usage, "Nobody is at a terminal to be asked for the passphrase, so nothing was done.",
        hint: "Give it in the first line of a file: --passphrase-file FILE.")
    }
    close(terminal)
    guard let answer = getpass(question) else {
      throw Failure(.refused, "No passphrase was given, so nothing was done.")
    }
    return String(cString: answer)
  }
}
