import ArgumentParser
import BullpenCore
import BullpenNode
import Foundation

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Find out why a colleague, or anybody, is not seen.",
    discussion: """
      Looks at this machine's network, listens for the node's own announcement, and tries each known address of whoever \
      is not connected, once; no network is searched. Says what is wrong and what to do, in less than ten seconds. Exit \
      code 0 where nothing is wrong, 2 where something is, 69 where no node runs.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Whom you do not see, by name or id. Default: everybody.") var person: String?

  func run() async throws {
    try await carryOut(office.json) {
      let data: Data
      var names: [String: String] = [:]
      do {
        let api = try await office.api()
        var body: [String: JSONValue] = [:]
        if let person { body["user_id"] = .text(try await api.member(person, former: true)) }
        names = try await api.people(former: true).mapValues(\.name)
        data = try await examine(api, body)
      } catch let failure as Failure {
        guard let verdict = Self.verdict(failure) else { throw failure }
        let answer = DoctorAnswer(verdict, MachineNetwork.interfaces())
        if office.json { try Output.encoded(answer) } else { tell(answer, [:]) }
        throw ExitCode((failure.code == .notRunning ? failure.code : .ill).rawValue)
      }
      let answer = try JSONDecoder.api.decode(DoctorAnswer.self, from: data)
      if office.json { Output.json(data) } else { tell(answer, names) }
      if !answer.isWell { throw ExitCode(Failure.Code.ill.rawValue) }
    }
  }

  private func examine(_ api: LocalAPI, _ body: [String: JSONValue]) async throws -> Data {
    if office.json { return try await api.raw("POST", "/doctor", body: body, patience: 30) }
    let screen = ProgressLines()
    defer { screen.end() }
    return try await api.events("POST", "/doctor", body: body, minutes: 1) { name, data in
      guard name == "progress", let step = try? JSONDecoder.api.decode(JoinProgressAnswer.self, from: data) else {
        return
      }
      screen.show(step.text, replaces: false)
    }
  }

  /// What keeps the node from answering, where that is why nobody is seen.
  static func verdict(_ failure: Failure) -> Verdict? {
    if failure.code == .notRunning {
      return Verdict(.notRunning, .fault, failure.message, hint: failure.hint)
    }
    guard failure.word == "removed" else { return nil }
    return Verdict(.removed, .fault, failure.message, hint: failure.hint)
  }

  private func tell(_ answer: DoctorAnswer, _ names: [String: String]) {
    answer.lines.forEach(Output.line)
    let (interfaces, addresses) = (answer.interfaceRows, answer.addressRows(names))
    if !interfaces.isEmpty {
      Output.line("")
      Output.table(interfaces, empty: "")
    }
    if !addresses.isEmpty {
      Output.line("")
      Output.table(addresses, empty: "")
    }
  }
}
