import BullpenNode
import Testing

@testable import BullpenWeb

@Suite("What a program is told of a refusal")
struct ProblemTests {
  @Test("where to try again helps, it is told when", arguments: [(NodeError.Code.busy, 503), (.tooMany, 429)])
  func again(code: NodeError.Code, status: Int) {
    let problem = Problem(NodeError(code, "Too much at once.", hint: "Try again in a second."))
    #expect(problem.status.code == status && problem.fields[.retryAfter] == "1")
    #expect(
      (problem.code, problem.detail, problem.hint) == (code.rawValue, "Too much at once.", "Try again in a second."))
  }

  @Test("a full disk is no fault of the program's, and has no moment at which it is over")
  func full() {
    let problem = Problem(NodeError(.diskFull, "The disk is full."))
    #expect(problem.status.code == 507 && problem.fields[.retryAfter] == nil)
  }
}
