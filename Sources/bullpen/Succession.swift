import ArgumentParser
import Foundation

struct SuccessorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "successor", abstract: "Name who may take the owner's place when the owner is gone for good.",
    discussion: """
      The owner may. Whoever is named decides alone when that is, with `bullpen take-over`; the former owner is an \
      admin then. Only the owner can remove who is named. Without a name it says who is.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Argument(help: "Whom: a name or an id.") var who: String?
  @Flag(help: "Nobody any more.") var nobody = false

  func validate() throws {
    guard who == nil || !nobody else { throw ValidationError("Name somebody, or say --nobody.") }
  }

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let named = try await api.people().values.filter(\.isSuccessor).sorted { $0.userId < $1.userId }
      if let who {
        let data = try await api.raw("PUT", "/members/\(try await api.member(who))/successor")
        if office.json { return Output.json(data) }
        let member = try JSONDecoder.api.decode(MemberAnswer.self, from: data)
        return Output.line("\(member.shown) can take the owner's place from now on.")
      }
      guard nobody else {
        if office.json { return Output.json(try JSONEncoder().encode(named.map(\.userId))) }
        return Output.line(Self.words(named.map(\.shown)))
      }
      // One is enough: it takes back every naming.
      if let one = named.first { _ = try await api.raw("DELETE", "/members/\(one.userId)/successor") }
      office.json ? Output.json(Data("[]".utf8)) : Output.line(Self.words([]))
    }
  }

  private static func words(_ named: [String]) -> String {
    guard !named.isEmpty else { return "Nobody is named to take the owner's place." }
    return "\(named.joined(separator: " and ")) can take the owner's place."
  }
}

struct TakeOver: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "take-over", abstract: "Become the owner, where the owner has named you. It says first what changes.",
    discussion: """
      For an owner who is gone for good: a laptop that was lost, somebody who left. It asks before it does so; --yes \
      answers. It is not undone, unless you name the former owner in turn and they take over.
      """)

  @OptionGroup var office: WorkspaceOptions
  @Flag(help: "Do it without asking.") var yes = false

  func run() async throws {
    try await carryOut(office.json) {
      let api = try await office.api()
      let people = try await api.people()
      let takeover = try await api.ask("GET", "/takeover", as: TakeoverAnswer.self)
      if !yes || !office.json {
        for line in Self.words(takeover, people) { Output.error(line) }
      }
      if !yes {
        try Confirmation.need("take over", isForProgram: office.json) { Confirmation.isYes("Take over?") }
      }
      let data = try await api.raw("POST", "/takeover")
      office.json ? Output.json(data) : Output.line("You are the owner now.")
    }
  }

  private static func words(_ takeover: TakeoverAnswer, _ people: [String: MemberAnswer]) -> [String] {
    func names(_ ids: [String]) -> String { ids.map { people[$0]?.shown ?? $0 }.joined(separator: ", ") }
    let owner = names([takeover.ownerId])
    var lines = [
      "You would be the owner, and \(owner) an admin, whom you can remove. This is not undone.",
      "What \(owner) did as the owner stands as far as it was heard here: "
        + "\(Output.many(takeover.keptChanges, "entry", "entries")), last \(Output.ago(takeover.lastHeard)). "
        + "What came after counts as an admin's.",
    ]
    if !takeover.alsoRemoved.isEmpty { lines.append("They go, for they rest on it: \(names(takeover.alsoRemoved)).") }
    if !takeover.alsoDemoted.isEmpty {
      lines.append("They lose their role by it: \(names(takeover.alsoDemoted)).")
    }
    return lines + ["If the laptop was lost, remove it afterwards: `bullpen remove` takes a device, too."]
  }
}
