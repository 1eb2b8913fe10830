import ArgumentParser
import BullpenNode

/// The command. Each subcommand is one file; what they share stands in `Settings`, `LocalAPI` and `Output`.
@main
struct Bullpen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bullpen",
    abstract: "The room you share without a server.",
    discussion: """
      Start with `bullpen up`: it starts this machine's node and prints a link to its view. From there, or with
      `bullpen init`, start a workspace; or join one with `bullpen join CODE`.

      Settings come from flags, then from the environment (BULLPEN_HOME, BULLPEN_INTERFACE, BULLPEN_PEER,
      BULLPEN_DISCOVERY, BULLPEN_WEB, BULLPEN_PORT, BULLPEN_LOG_LEVEL), then from config.yaml in the home.

      Exit codes: 0 done; 1 the node said no; 2 `doctor` found something wrong; 64 the command was not understood; 65 a database is
      damaged; 69 no node is running, or for `service` no systemd user session; 70 the node or the disk failed;
      75 nobody who could answer was reached, try again; 77 not allowed, or the wrong passphrase. With --json, a problem \
      document on standard output says what is the matter, as the API's do (RFC 9457).
      """,
    version: "bullpen \(Release.version)",
    subcommands: [
      Up.self, Down.self, Open.self, Init.self, InviteCommand.self, Join.self, Leave.self, Who.self, Rooms.self,
      Members.self, VisibilityCommand.self, AnalyticsCommand.self, TeamsCommand.self, RoleCommand.self,
      SuccessorCommand.self, TakeOver.self,
      Remove.self, Rename.self, RenameWorkspace.self, Peers.self, DoctorCommand.self, StatusCommand.self, Logs.self,
      LogLevel.self, Security.self, Notify.self, Share.self, Inbox.self, LogCommand.self, ActivityCommand.self,
      Backup.self,
      Restore.self,
      Verify.self, RepairCommand.self,
      ServiceCommand.self, Demo.self,
    ])

  static func main() async {
    do {
      let command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch {
      // Nobody has looked at the flags yet when they are not understood.
      if exitCode(for: error) == .validationFailure, CommandLine.arguments.contains("--json") {
        let hint = "`bullpen help` lists the commands, and `--help` after one says what it takes."
        (try? Failure(.usage, message(for: error), hint: hint).problem()).map(Output.json)
      }
      exit(withError: error)
    }
  }
}
