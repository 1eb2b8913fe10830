import ArgumentParser
import BullpenCore
import BullpenNode
import Foundation
import ServiceLifecycle
import Synchronization

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run an office of three on this machine, with people who move, type and post.",
    discussion: """
      Three homes in a temporary folder, three nodes on loopback alone, and three links that all work in one browser.
      Nothing of it touches your own home or leaves this machine.
      """)

  func run() async throws {
    try await carryOut(false) {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-demo-\(getpid())").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let cast = [("ada", "Ada Quill"), ("bob", "Bob Underwood"), ("eve", "Eve Marsh")]
      let links = DemoLinks(of: cast.map(\.1))
      var nodes: [(person: String, running: RunningNode)] = []
      for (home, person) in cast {
        // Without mDNS, each is told where those before it are.
        let settings = Settings(
          interface: "lo", peers: nodes.map { "127.0.0.1:\($0.running.node.port)" }, discovery: "off",
          webHost: "127.0.0.1", webPort: 0, port: 0)
        let running = try await RunningNode(folder + "/" + home, settings) { link, _ in links.put(link, of: person) }
        nodes.append((person, running))
      }
      let office = nodes
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (_, running) in office { group.addTask { _ = try await running.run(outlivesKey: true) } }
        group.addTask { try await DemoOffice(office.map { ($0.person, $0.running.node) }).play() }
        try await group.next()
        group.cancelAll()
      }
    }
  }
}

/// The links to the three views, told together and in the order of the cast.
private final class DemoLinks: Sendable {
  private let cast: [String]
  private let links = Mutex<[String: String]>([:])

  init(of cast: [String]) { self.cast = cast }

  func put(_ link: String, of person: String) {
    let all = links.withLock {
      $0[person] = link
      return $0
    }
    guard all.count == cast.count else { return }
    Output.line("An office of three runs on this machine; nothing of it leaves it. One browser shows all three views:")
    Output.line("")
    let width = cast.map(\.count).max() ?? 0
    for name in cast {
      Output.line("  \(name.padding(toLength: width, withPad: " ", startingAt: 0))  \(all[name] ?? "")")
    }
    Output.line("")
    Output.line(
      "Each link works once and for ten minutes. They meet in the room “plan”. Ctrl-C ends it and removes it all.")
    fflush(nil)
  }
}

/// What the three people do all day. They use the node as the local API does.
struct DemoOffice {
  private let people: [(name: String, node: Node)]

  init(_ people: [(String, Node)]) { self.people = people }

  func play() async throws {
    guard let (founder, first) = people.first else { return }
    _ = try await first.startWorkspace(named: "Demo office", memberName: founder)
    let code = try await first.workspace(nil)
      .invite(role: .member, uses: people.count, lifetime: 3_600_000).code
    for (name, node) in people.dropFirst() { _ = try await node.join(code: code, memberName: name) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (place, person) in people.enumerated() {
        let workspace = try await person.node.workspace(nil)
        group.addTask { try await live(in: workspace, place) }
      }
      try await group.waitForAll()
    }
  }

  private func live(in workspace: any WorkspaceAPI, _ place: Int) async throws {
    let doings = ["watered the ferns", "fixed the printer, again", "brought cake", "moved the plan to Thursday"]
    guard let plan = RoomID("plan") else { return }
    _ = try await workspace.setPresenceSettings(PresenceSettingsChange(showsPage: true))
    let view = try await workspace.attach()
    try await view.join(plan, kind: .desktop)
    var turn = 0
    while !Task.isCancelled {
      turn += 1
      let angle = Double(turn) / 20 + Double(place) * 2
      let pointer = Self.pointer(x: 0.5 + 0.4 * cos(angle), y: 0.5 + 0.4 * sin(angle * 1.3))
      await view.moveCursor(in: plan, to: CursorPosition(line: UInt32(turn % 40), column: 3, pointer: pointer))
      if turn % 97 == 10 * place { await view.type(in: turn.isMultiple(of: 2) ? plan : nil) }
      if turn % 400 == 100 + 90 * place {
        _ = try? await workspace.post(
          kind: "note", text: doings[(turn / 400 + place) % doings.count], room: "plan", link: nil)
      }
      if turn % 900 == 450, place == 1, let colleague = try? await workspace.members().first(where: { !$0.isSelf }) {
        _ = try? await workspace.notify(
          [colleague.id], kind: "message", title: "Lunch?", body: "The place round the corner, at noon.", link: nil)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// A place on the view's shared sheet: 16 fields, A1 to D4, each an anchor.
  private static func pointer(x: Double, y: Double) -> CursorPosition.Pointer {
    let (column, row) = (min(Int(x * 4), 3), min(Int(y * 4), 3))
    let anchor = String(["A", "B", "C", "D"][column]) + "\(row + 1)"
    return CursorPosition.Pointer(
      anchor: anchor, x: UInt16((x * 4 - Double(column)) * 65_535), y: UInt16((y * 4 - Double(row)) * 65_535))
  }
}
