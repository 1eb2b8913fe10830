import ArgumentParser
import BullpenNode
import Configuration
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

/// Which workspace a command is about, where the home's node is in several.
struct WorkspaceOptions: ParsableArguments {
  @OptionGroup var home: HomeOptions

  @Option(help: "Which workspace, by name or id, where the node is in several.")
  var workspace: String?

  var json: Bool { home.json }

  /// The running node, asked about the workspace that was named, or the only one.
  /// - Throws: `Failure`, where none fits or several do.
  func api() async throws -> LocalAPI {
    var api = try LocalAPI(home: home.path)
    let known = try await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
    let names = known.map { "“\($0.name)”" }.joined(separator: ", ")
    guard let wanted = workspace?.lowercased() else {
      guard known.count <= 1 else {
        throw Failure(
          .refused, "This node is in \(known.count) workspaces: \(names).", hint: "Say which one with --workspace NAME."
        )
      }
      return api
    }
    let exact = known.filter { $0.name.lowercased() == wanted || $0.id == wanted }
    let found =
      exact.isEmpty ? known.filter { $0.name.lowercased().hasPrefix(wanted) || $0.id.hasPrefix(wanted) } : exact
    guard found.count == 1 else {
      throw Failure(
        .refused,
        found.isEmpty
          ? "This node is in no workspace called “\(workspace ?? "")”."
          : "“\(workspace ?? "")” fits \(found.count) workspaces.",
        hint: known.isEmpty
          ? "It is in none yet: `bullpen init` starts one, `bullpen join CODE` joins one."
          : "`bullpen status` shows those there are, with their ids.")
    }
    api.workspace = found[0].id
    return api
  }
}

/// What `up` takes. The argument parser owns the flags; swift-configuration decides between them, the environment
/// and `config.yaml`.
struct UpOptions: ParsableArguments {
  @Option(help: "The only network interface to use, for sockets and mDNS.")
  var interface: String?

  @Option(help: ArgumentHelp("Another node's address; may be given again.", valueName: "host:port"))
  var peer: [String] = []

  @Option(help: "How to find others: auto, system, embedded or off.")
  var discovery: String?

  @Option(help: ArgumentHelp("Where the view is served, on this machine only.", valueName: "host:port"))
  var web: String?

  @Option(help: "The port for other nodes, TCP and UDP; 0 picks a free one.")
  var port: Int?

  @Option(help: ArgumentHelp("How much the log says: \(LogDial.names.joined(separator: ", ")).", valueName: "level"))
  var logLevel: String?
}

struct Settings {
  var interface: String?
  var peers: [String]
  var discovery: String
  var webHost: String
  var webPort: Int
  var port: Int
  /// Nil where nobody asked.
  var logLevel: Logger.Level?

  static let webPort = 4780

  /// - Throws: a sentence, for a file that cannot be read or a value that makes no sense.
  static func read(_ flags: UpOptions, home: String) async throws -> Settings {
    var given: [AbsoluteConfigKey: ConfigValue] = [:]
    if let interface = flags.interface { given["interface"] = ConfigValue(.string(interface), isSecret: false) }
    if !flags.peer.isEmpty { given["peer"] = ConfigValue(.stringArray(flags.peer), isSecret: false) }
    if let discovery = flags.discovery { given["discovery"] = ConfigValue(.string(discovery), isSecret: false) }
    if let web = flags.web { given["web"] = ConfigValue(.string(web), isSecret: false) }
    if let port = flags.port { given["port"] = ConfigValue(.int(port), isSecret: false) }
    if let level = flags.logLevel { given["log-level"] = ConfigValue(.string(level), isSecret: false) }
    let file: FileProvider<YAMLSnapshot>
    do {
      file = try await FileProvider<YAMLSnapshot>(filePath: .init(home + "/config.yaml"), allowMissing: true)
    } catch {
      throw Failure(.usage, "\(home)/config.yaml cannot be read: \(error).")
    }
    // Every name is read from the environment as BULLPEN_…: `home` alone would be $HOME.
    let reader = ConfigReader(providers: [
      InMemoryProvider(name: "flags", values: given),
      EnvironmentVariablesProvider().prefixKeys(with: "bullpen"),
      file,
    ])
    let (host, webPort) = try address(reader.string(forKey: "web") ?? "127.0.0.1:\(webPort)")
    let port = reader.int(forKey: "port") ?? NodeOptions.defaultPort
    guard (0...65_535).contains(port) else { throw Failure(.usage, "A port is a number from 0 to 65535, not \(port).") }
    let level = reader.string(forKey: "log-level")
    return Settings(
      interface: reader.string(forKey: "interface"), peers: reader.stringArray(forKey: "peer") ?? [],
      discovery: reader.string(forKey: "discovery") ?? "auto", webHost: host, webPort: webPort, port: port,
      logLevel: try level.map(Self.level))
  }

  static func level(_ name: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: name.lowercased()) else {
      throw Failure(
        .usage, "There is no log level “\(name)”.", hint: "It is one of \(LogDial.names.joined(separator: ", ")).")
    }
    return level
  }

  private static func address(_ text: String) throws -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw Failure(.usage, "--web takes an address and a port, such as 127.0.0.1:4780, not “\(text)”.") }
    let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    return (host, port)
  }
}
