import ArgumentParser
import Foundation

struct ServiceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service", abstract: "Let the node start when you log in, or no longer.",
    discussion: "The service is yours alone: a unit of systemd's user session, which needs no administrator.",
    subcommands: [Enable.self, Disable.self, Status.self], defaultSubcommand: Status.self)

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start the node now and whenever you log in.")

    @OptionGroup var home: HomeOptions

    func run() async throws {
      try await carryOut(home.json) {
        let path = home.path
        guard path == HomeOptions.ofService else {
          throw Failure(
            .usage, "The service has the home \(HomeOptions.ofService), not \(path).",
            hint: "Leave --home, BULLPEN_HOME and XDG_DATA_HOME as they are, or start that home by `bullpen up`.")
        }
        let unit = UserUnit()
        // What was started by hand holds the home; it is left in peace.
        let byHand = (try? LocalAPI(home: path)) != nil ? try !unit.state().isActive : false
        let state = try unit.enable(now: !byHand)
        if home.json { return Output.json(try JSONEncoder().encode(state)) }
        Output.line(
          byHand
            ? "Bullpen will start when you log in. The node that runs now was started by hand and goes on until then."
            : "Bullpen runs, and will start whenever you log in. Its view: `bullpen open`.")
      }
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End the node, and start it no longer at login.")

    @OptionGroup var home: HomeOptions

    func run() async throws {
      try await carryOut(home.json) {
        let state = try UserUnit().disable(now: true)
        if home.json { return Output.json(try JSONEncoder().encode(state)) }
        Output.line("Bullpen no longer starts when you log in. What it holds stays; `bullpen up` starts it by hand.")
      }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show whether the node starts at login, and runs so.")

    @OptionGroup var home: HomeOptions

    func run() async throws {
      try await carryOut(home.json) {
        let state = try UserUnit().state()
        if home.json { return Output.json(try JSONEncoder().encode(state)) }
        Output.table(
          [
            ["at login", state.isEnabled ? "starts" : "does not start; `bullpen service enable` lets it"],
            ["now", state.isActive ? "runs as a service" : "does not run as a service (\(state.activity))"],
          ], empty: "")
      }
    }
  }
}

extension HomeOptions {
  /// The only folder in which the unit lets the node write.
  static var ofService: String {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()
    return URL(fileURLWithPath: home + "/.local/share/bullpen").standardizedFileURL.path
  }
}
