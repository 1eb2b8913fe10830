import ArgumentParser
import BullpenNode
import Foundation
import Glibc

struct Down: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "End the running node; the others hear its goodbye.")

  @OptionGroup var home: HomeOptions

  func run() async throws {
    try await carryOut(home.json) {
      let api = try LocalAPI(home: home.path)
      // Where the disk is full, what the node wrote of itself is of the one before.
      let pid = Home.holder(of: home.path) ?? api.running.pid
      guard kill(pid, SIGTERM) == 0 else {
        throw errno == EPERM
          ? Failure(.forbidden, "The node belongs to another user.")
          : Failure(.node, "The node of \(home.path) is there, but not as process \(pid).", hint: "End it by hand.")
      }
      // It says goodbye and finishes what it was writing.
      var rounds = 0
      for _ in 0..<150 {
        // Whoever started it may not have looked yet that it has ended; then it has let go of its home.
        rounds = Home.isTaken(home.path) ? 0 : rounds + 1
        if kill(pid, 0) != 0 || rounds > 10 { return Output.line(home.json ? "{}" : "Bullpen has ended.") }
        try await Task.sleep(for: .milliseconds(100))
      }
      throw Failure(.node, "The node has not ended within 15 seconds.", hint: "Its process id is \(pid).")
    }
  }
}

struct Open: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print a new link to the view, and open it.")

  @OptionGroup var home: HomeOptions

  func run() async throws {
    try await carryOut(home.json) {
      let api = try LocalAPI(home: home.path)
      let data = try await api.raw("POST", "/login-links")
      let link = try JSONDecoder.api.decode(LoginLinkAnswer.self, from: data)
      if home.json { return Output.json(data) }
      Output.line(link.url)
      for line in WayIn.bySSH(to: link.url) { Output.line(line) }
      Browser.open(link.url)
    }
  }
}
