import ArgumentParser
import Foundation
import Glibc

struct Down: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "End the running node; the others hear its goodbye.")

  @OptionGroup var home: HomeOptions

  func run() async throws {
    try await carryOut(home.json) {
      let api = try LocalAPI(home: home.path)
      guard kill(api.running.pid, SIGTERM) == 0 else {
        throw Failure(.forbidden, "The node belongs to another user.")
      }
      // It says goodbye and finishes what it was writing.
      for _ in 0..<150 {
        if kill(api.running.pid, 0) != 0 { return Output.line(home.json ? "{}" : "Bullpen has ended.") }
        try await Task.sleep(for: .milliseconds(100))
      }
      throw Failure(.node, "The node has not ended within 15 seconds.", hint: "Its process id is \(api.running.pid).")
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
