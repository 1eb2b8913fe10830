import ArgumentParser
import BullpenNode
import Foundation
import Logging

/// Which home a command is about; every subcommand has it.
struct HomeOptions: ParsableArguments {
  @Option(help: "The folder of keys and databases. Default: $XDG_DATA_HOME/bullpen.")
  var home: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  /// Flags first, then the environment, then the default. The configuration file cannot say, for it lies there.
  var path: String {
    let environment = ProcessInfo.processInfo.environment
    let chosen = home ?? environment["BULLPEN_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? Self.standard(environment)
    let expanded = NSString(string: chosen).expandingTildeInPath
    return URL(fileURLWithPath: expanded).standardizedFileURL.path
  }

  private static func standard(_ environment: [String: String]) -> String {
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return data + "/bullpen" }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/bullpen"
  }
}

/// What `up` takes. The argument parser owns the flags; swift-configuration decides between them, the environment
/// and `config.yaml`.
struct UpOptions: ParsableArguments {
  @Option(help: "The only network interface to use, for sockets and mDNS. Default: all.")
  var interface: String?

  @Option(help: ArgumentHelp("Another node's address; may be given again.", valueName: "host:port"))
  var peer: [String] = []

  @Option(help: "How to find others: auto, system (Avahi's daemon), embedded or off. Default: auto.")
  var discovery: String?

  @Option(
    help: ArgumentHelp(
      "Where the view is served, on this machine only. Default: 127.0.0.1:4780.", valueName: "host:port"))
  var web: String?

  @Option(
    help: "The port for other nodes, TCP and UDP; 0 picks a free one. Default: 4781, or the one it had last.")
  var port: Int?

  @Option(
    help: ArgumentHelp(
      "How much the log says: \(LogDial.names.joined(separator: ", ")). Default: info.", valueName: "level"))
  var logLevel: String?

  /// Whether anything was asked for by a flag.
  var isAny: Bool {
    interface != nil || !peer.isEmpty || discovery != nil || web != nil || port != nil || logLevel != nil
  }
}
