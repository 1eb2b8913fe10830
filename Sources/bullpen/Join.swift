import ArgumentParser
import Foundation

struct Join: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join a workspace with an invite: the second door.",
    discussion: """
      The node must be running (`bullpen up`). The code may be wrapped over lines, stand in quotes, or be the link \
      bullpen:CODE. Where nobody lets you in, each address that was tried is told, and what to do.
      """)

  @OptionGroup var home: HomeOptions
  @Argument(help: "The invite.") var code: [String]
  @Option(help: "Your name, as others see it. Default: your login name.") var name: String?

  func run() async throws {
    try await carryOut(home.json) {
      let api = try LocalAPI(home: home.path)
      let name = name ?? NSFullUserName().nonEmpty ?? NSUserName()
      let body: [String: JSONValue] = ["code": .text(code.joined(separator: " ")), "member_name": .text(name)]
      if home.json { return Output.json(try await api.raw("POST", "/workspaces/join", body: body, patience: 60)) }
      let screen = ProgressLines()
      let data = try await api.events("POST", "/workspaces/join", body: body) { name, data in
        guard name == "progress", let step = try? JSONDecoder.api.decode(JoinProgressAnswer.self, from: data) else {
          return screen.end()
        }
        screen.show(step.text, replaces: step.phase == "fetching")
      }
      let joined = try JSONDecoder.api.decode(JoinedAnswer.self, from: data)
      Output.line("You are in “\(joined.name)”. `bullpen who` shows who is here; `bullpen open` shows the view.")
      if let notice = joined.notice { Output.line(notice) }
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
