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

    /// For programs, where no node has said a word of its own.
    fileprivate var word: String {
      switch self {
      case .refused: "refused"
      case .ill: "ill"
      case .usage: "usage"
      case .damaged: "damaged"
      case .notRunning: "not_running"
      case .node: "failed"
      case .unreachable: "unreachable"
      case .forbidden: "forbidden"
      }
    }
  }

  var code: Code
  /// What is the matter, as a problem document says it (`protocol/api.md`).
  var word: String
  var message: String
  var hint: String
  /// More for people, such as each address that was tried; one or more lines each.
  var details: [String] = []
  /// The node's problem document, where it has made one.
  var document: Data?

  /// - Parameter word: for programs; nil for that of the code.
  init(_ code: Code, _ message: String, hint: String = "", word: String? = nil) {
    self.code = code
    self.word = word ?? code.word
    self.message = message
    self.hint = hint
  }

  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as NodeError:
      let word = error.code.rawValue
      self.init(Self.code(word), error.message, hint: error.hint, word: word)
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

  /// What a program reads: the node's document, or one of the same form without an HTTP status.
  func problem() throws -> Data {
    struct Document: Encodable {
      let type: String
      let code: String
      let detail: String
      let hint: String
    }
    if let document { return document }
    return try Output.encode(Document(type: "urn:bullpen:problem:\(word)", code: word, detail: message, hint: hint))
  }
}

/// Runs a command's work and ends the process as `Failure` says.
///
/// - Parameter isForProgram: whether standard output is read by a program, which is given the problem there. The sentence
///   goes to standard error all the same.
func carryOut(_ isForProgram: Bool, _ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let exit as ExitCode {
    throw exit
  } catch {
    let failure = Failure(error)
    if isForProgram { Output.json(try failure.problem()) }
    FileHandle.standardError.write(Data("bullpen: \(failure)\n".utf8))
    throw ExitCode(failure.code.rawValue)
  }
}
