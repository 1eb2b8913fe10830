import ArgumentParser
import Foundation

struct Security: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show changes that are kept and not believed: who wrote them, what they are, when, and why.",
    discussion: """
      They are passed on, so that all agree on what is refused, and are shown to nobody. One that waits, because the clock \
      of its author was ahead, shows when its time has come; who wrote it, or an admin, may void it before.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Option(help: "How many that were refused, 1 to 100.") var limit = 30
  @Option(help: ArgumentHelp("Void a change that waits, for all and for good.", valueName: "id")) var void: String?

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      if let void {
        let waiting = try await api.ask("GET", "/security?limit=1", as: SecurityAnswer.self).waiting
        _ = try await api.raw("POST", "/security/waiting/\(try id(beginning: void, in: waiting))/void")
      }
      let data = try await api.raw("GET", "/security?limit=\(limit)")
      if office.json { return Output.json(data) }
      let answer = try JSONDecoder.api.decode(SecurityAnswer.self, from: data)
      Output.table(
        (answer.waiting + answer.items).map { one in
          [one.kind, one.id.map { String($0.prefix(8)) } ?? "", one.stampedAt.map { Output.ago($0) } ?? "", one.detail]
        }, empty: "Every change that came keeps the rules of the workspace.")
      for hint in Set(answer.waiting.compactMap(\.hint)).sorted() { Output.line(hint) }
    }
  }

  /// An id as it was printed, or more of it.
  private func id(beginning text: String, in waiting: [SecurityAnswer.Entry]) throws -> String {
    let found = Set(waiting.compactMap(\.id).filter { $0.hasPrefix(text.lowercased()) })
    guard text.count >= 8, found.count == 1, let id = found.first else {
      throw Failure(
        .refused, "No one change that waits for its time has the id “\(text)”.",
        hint: "`bullpen security` lists what waits, with eight digits of each id; --json has the whole.")
    }
    return id
  }
}

struct SecurityAnswer: Decodable {
  struct Entry: Decodable {
    var kind: String
    var id: String?
    var stampedAt: Int64?
    var detail: String
    var hint: String?
  }
  var waiting: [Entry]
  var items: [Entry]
}
