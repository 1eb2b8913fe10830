import BullpenNode
import Configuration
import Foundation
import Logging
import Yams

/// How a node is to run, decided between flags, the environment and `config.yaml`.
struct Settings {
  var interface: String?
  var peers: [String]
  /// `auto`, `system`, `embedded` or `off`.
  var discovery: String
  var webHost: String
  var webPort: Int
  var port: Int
  /// Nil where nobody asked.
  var logLevel: Logger.Level?

  static let webPort = 4780

  /// - Throws: a sentence, for a file that cannot be read, a setting that there is not and a value that makes no
  ///   sense. Nothing that somebody wrote is passed over in silence.
  static func read(
    _ flags: UpOptions, home: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws -> Settings {
    var given: [AbsoluteConfigKey: ConfigValue] = [:]
    func give(_ key: AbsoluteConfigKey, _ text: String?) {
      if let text { given[key] = ConfigValue(.string(text), isSecret: false) }
    }
    give("interface", flags.interface)
    if !flags.peer.isEmpty { given["peer"] = ConfigValue(.stringArray(flags.peer), isSecret: false) }
    give("discovery", flags.discovery)
    give("web", flags.web)
    give("port", flags.port.map(String.init))
    give("log-level", flags.logLevel)
    // A variable that is set to nothing asks for nothing. Every name is read as BULLPEN_…: `home` alone would be
    // $HOME.
    let variables = environment.filter { !$0.value.isEmpty }
    var providers: [any ConfigProvider] = [
      InMemoryProvider(name: "flags", values: given),
      EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "bullpen"),
    ]
    if let file = try await file(home) { providers.append(file) }
    return try Settings(SettingsReader(ConfigReader(providers: providers)))
  }

  private init(_ reader: SettingsReader) throws {
    interface = try reader.text("interface")
    peers = try reader.list("peer").map(Self.peer)
    discovery = try reader.text("discovery") ?? "auto"
    guard NodeOptions(discovery: discovery, home: "") != nil else {
      throw Failure(.usage, "Discovery is one of auto, system, embedded and off, not “\(discovery)”.")
    }
    (webHost, webPort) = try Self.address(reader.text("web") ?? "127.0.0.1:\(Self.webPort)")
    port = try Self.port(reader.text("port") ?? String(NodeOptions.defaultPort))
    logLevel = try reader.text("log-level").map(Self.level)
  }

  init(
    interface: String?, peers: [String], discovery: String, webHost: String, webPort: Int, port: Int,
    logLevel: Logger.Level? = nil
  ) {
    self.interface = interface
    self.peers = peers
    self.discovery = discovery
    self.webHost = webHost
    self.webPort = webPort
    self.port = port
    self.logLevel = logLevel
  }

  // MARK: - The file

  private static let names: Set<String> = ["interface", "peer", "discovery", "web", "port", "log-level"]

  /// Nil where there is none, or nothing in it.
  private static func file(_ home: String) async throws -> FileProvider<YAMLSnapshot>? {
    let path = home + "/config.yaml"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      guard let root = try Yams.compose(yaml: String(contentsOfFile: path, encoding: .utf8)) else { return nil }
      if root.scalar?.string.isEmpty == true { return nil }
      guard let settings = root.mapping else {
        throw Failure(.usage, "\(path) is not a list of settings.", hint: "A line is NAME: VALUE, such as port: 4781.")
      }
      for key in settings.keys where !names.contains(key.string ?? "") {
        throw Failure(
          .usage, "\(path) has “\(key.string ?? "?")”, and there is no such setting.",
          hint: "There are \(names.sorted().joined(separator: ", ")).")
      }
      for (key, value) in settings where value.mapping != nil {
        throw Failure(.usage, "\(path): the setting \(key.string ?? "?") has a value, not settings of its own.")
      }
      return try await FileProvider<YAMLSnapshot>(filePath: .init(path))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.usage, "\(path) cannot be read: \(error).")
    }
  }

  // MARK: - Values

  static func level(_ name: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: name.lowercased()) else {
      throw Failure(
        .usage, "There is no log level “\(name)”.", hint: "It is one of \(LogDial.names.joined(separator: ", ")).")
    }
    return level
  }

  private static func port(_ text: String) throws -> Int {
    guard let port = Int(text), (0...65_535).contains(port) else {
      throw Failure(.usage, "A port is a number from 0 to 65535, not “\(text)”.")
    }
    return port
  }

  private static func address(_ text: String) throws -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { throw Failure(.usage, "The view's place is an address and a port, such as 127.0.0.1:4780, not “\(text)”.") }
    let host = text[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    return (host, port)
  }

  private static func peer(_ text: String) throws -> String {
    guard NodeAddress.isWellFormed(text) else {
      throw Failure(
        .usage,
        "A peer is an address or a name, with a port where it is not \(NodeOptions.defaultPort), not “\(text)”.",
        hint: "Such as 192.168.1.20:4781, [fe80::1%eth0]:4781 or bobs-laptop.local.")
    }
    return text
  }
}

/// Reads settings as people write them. The library passes over a value of another kind than it was asked for.
private struct SettingsReader {
  private let reader: ConfigReader

  init(_ reader: ConfigReader) { self.reader = reader }

  func text(_ key: ConfigKey) throws -> String? {
    if let text = reader.string(forKey: key) { return text.trimmingCharacters(in: .whitespaces) }
    guard reader.stringArray(forKey: key) == nil else {
      throw Failure(.usage, "The setting \(key) has one value, not a list.")
    }
    return nil
  }

  /// One value is a list of one.
  func list(_ key: ConfigKey) -> [String] {
    let values = reader.stringArray(forKey: key) ?? reader.string(forKey: key).map { [$0] } ?? []
    return values.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
