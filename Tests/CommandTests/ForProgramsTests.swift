import BullpenNode
import Foundation
import Testing

@testable import bullpen

/// What a program needs that reads a command's output.
@Suite("Commands for programs")
struct ForProgramsTests {
  private struct Problem: Decodable {
    var type: String
    var code: String
    var detail: String
    var hint: String
  }

  private func problem(_ failure: Failure) throws -> Problem {
    try JSONDecoder.api.decode(Problem.self, from: failure.problem())
  }

  @Test("whoever is not asked is told how to say yes: a problem document, and the code of what was not understood")
  func unconfirmed() throws {
    let failure = try #require(throws: Failure.self) {
      try Confirmation.need("remove Bob", isForProgram: true) { true }
    }
    #expect(failure.code == .usage)
    let said = try problem(failure)
    #expect(said.type == "urn:bullpen:problem:unconfirmed" && said.code == "unconfirmed")
    #expect(said.detail.contains("nothing was done") && said.hint == "Say --yes to remove Bob.")
  }

  @Test("a problem of the node's is handed on as it came, one of the command's own has the same form")
  func documents() throws {
    let own = Failure(NodeError(.damaged, "It is damaged.", hint: "Repair it."))
    let said = try problem(own)
    #expect(own.code == .damaged && said.code == "damaged")
    #expect(said.detail == "It is damaged." && said.hint == "Repair it.")
    #expect(try problem(Failure(.notRunning, "No node runs.")).code == "not_running")
    var nodes = Failure(.forbidden, "No.", word: "removed")
    nodes.document = Data(#"{"code":"removed"}"#.utf8)
    #expect(try nodes.problem() == nodes.document)
  }

  @Test("the status ends with the code of the gravest trouble, and with none where all is well")
  func status() {
    func shut(_ code: String) -> Failure.Code { WorkspaceAnswer.Trouble(code: code, detail: "", hint: "").exitCode }
    func disk(_ state: String) -> Failure.Code? { StatusAnswer.Storage(state: state, detail: "", hint: "").exitCode }
    #expect(shut("damaged") == .damaged && shut("storage") == .node && shut("home_unsafe") == .node)
    #expect(shut("disk_read_only") == .node && shut("unavailable") == .unreachable)
    #expect(disk("ok") == nil && disk("damaged") == .damaged && disk("full") == .node && disk("read_only") == .node)
    #expect(StatusCommand.gravest([]) == nil)
    #expect(StatusCommand.gravest([.unreachable, .node, .damaged]) == .damaged)
  }

  @Test("one is told as one")
  func many() {
    #expect(Output.many(1, "entry", "entries") == "1 entry" && Output.many(0, "entry", "entries") == "0 entries")
    #expect(Output.many(1, "row") == "1 row" && Output.many(2, "row") == "2 rows")
  }
}
