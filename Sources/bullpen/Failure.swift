import ArgumentParser
import BullpenNode
import BullpenWeb
import Foundation

/// Why a command ends without having done its work: an exit code for programs, a sentence for people.
struct Failure: Error, CustomStringConvertible {
  enum Code: Int32 {
    case refused = 1
    /// `doctor` has found something.
    case ill = 2
    case usage = 64
    case damaged = 65
    case notRunning = 69
    case node = 70
    case unreachable = 75
    case forbidden = 77
  }

  var code: Code
  var message: String
  var hint: String
  /// More for people, such as each address that was tried; one or more lines each.
  var details: [String] = []
  /// The node's problem document, for programs.
  var document: Data?

  init(_ code: Code, _ message: String, hint: String = "") {
    self.code = code
    self.message = message
    self.hint = hint
  }

  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as NodeError: self.init(Self.code(error.code.rawValue), error.message, hint: error.hint)
    case let error as WebError: self.init(.usage, error.message, hint: error.hint)
    default: self.init(.node, "\(error)")
    }
  }

  /// From the API's word for a problem.
  static func code(_ problem: String) -> Code {
    switch problem {
    case "forbidden", "unauthorized", "invite_refused", "removed": .forbidden
    case "unreachable", "unavailable", "too_many", "busy": .unreachable
    case "storage", "internal", "disk_full", "disk_read_only": .node
    case "damaged": .damaged
    case "home_in_use", "home_unsafe": .node
    default: .refused
    }
  }

  var description: String {
    let tried = details.isEmpty ? [] : ["", "Tried:"] + details
    return ([message] + (hint.isEmpty ? [] : [hint]) + tried).joined(separator: "\n")
  }
}

/// Runs a command's work and ends the process as `Failure` says.
func carryOut(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let exit as ExitCode {
    throw exit
  } catch {
    let failure = Failure(error)
    FileHandle.standardError.write(Data("bullpen: \(failure)\n".utf8))
    throw ExitCode(failure.code.rawValue)
  }
}
