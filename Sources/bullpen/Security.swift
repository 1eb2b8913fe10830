import ArgumentParser
import Foundation

struct Security: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show changes that are kept and not believed: who wrote them, what they are, when, and why.",
    discussion: "They are passed on, so that all agree on what is refused, and are shown to nobody.")

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "How many that were refused, 1 to 100.") var limit = 30

  func run() async throws {
    try await carryOut {
      let data = try await office.api().raw("GET", "/security?limit=\(limit)")
      if office.json { return Output.json(data) }
      let answer = try JSONDecoder.api.decode(SecurityAnswer.self, from: data)
      Output.table(
        (answer.waiting + answer.items).map { one in
          [one.kind, one.stampedAt.map { Output.ago($0) } ?? "", one.detail]
        }, empty: "Every change that came keeps the rules of the workspace.")
    }
  }
}

struct SecurityAnswer: Decodable {
  struct Entry: Decodable {
    var kind: String
    var stampedAt: Int64?
    var detail: String
  }
  var waiting: [Entry]
  var items: [Entry]
}
