import Foundation
import Testing

@testable import bullpen

@Suite("How a node is to run")
struct SettingsTests {
  /// A home with a file of settings, or none.
  private func home(_ yaml: String?) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/bullpen-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if let yaml { try Data(yaml.utf8).write(to: URL(filePath: path + "/config.yaml")) }
    return path
  }

  private func read(
    _ flags: [String] = [], _ environment: [String: String] = [:], file yaml: String? = nil
  ) async throws -> Settings {
    let home = try home(yaml)
    defer { try? FileManager.default.removeItem(atPath: home) }
    return try await Settings.read(UpOptions.parse(flags), home: home, environment: environment)
  }

  @Test("a flag comes before the environment, that before the file, and that before what is usual")
  func order() async throws {
    let file = "port: 1\nweb: 127.0.0.1:2\ndiscovery: embedded\nlog-level: debug\n"
    let settings = try await read(["--port", "7"], ["BULLPEN_PORT": "8", "BULLPEN_WEB": "127.0.0.1:9"], file: file)
    #expect((settings.port, settings.webPort, settings.discovery, settings.logLevel) == (7, 9, "embedded", .debug))
    let usual = try await read()
    #expect((usual.port, usual.webHost, usual.webPort) == (4781, "127.0.0.1", 4780))
    #expect((usual.discovery, usual.interface, usual.peers, usual.logLevel) == ("auto", nil, [], nil))
  }

  @Test("what is set to nothing asks for nothing", arguments: ["", "\n", "# port: 1\n", "---\n"])
  func nothing(file: String) async throws {
    let settings = try await read([], ["BULLPEN_WEB": "", "BULLPEN_PEER": ""], file: file)
    #expect((settings.webPort, settings.peers) == (4780, []))
  }

  @Test("peers are a list in the file, and divided by commas in the environment")
  func peers() async throws {
    #expect(try await read(file: "peer: [bob.local, '192.0.2.7:4781']").peers == ["bob.local", "192.0.2.7:4781"])
    #expect(try await read(file: "peer: bob.local").peers == ["bob.local"])
    #expect(try await read([], ["BULLPEN_PEER": "bob.local, [fe80::1%eth0]:4781"]).peers.count == 2)
    #expect(try await read(["--peer", "[::1]", "--peer", "fe80::1"]).peers == ["[::1]", "fe80::1"])
  }

  @Test(
    "what makes no sense is said, with its words",
    arguments: [
      ([], ["BULLPEN_PORT": "47x1"], nil, "47x1"), ([], [:], "port: often", "often"), ([], [:], "port: [1, 2]", "port"),
      ([], [:], "prot: 4781", "prot"), ([], [:], "- port", "list of settings"),
      ([], [:], "port: {a: b}", "config.yaml"),
      ([], [:], "port: \"4781", "config.yaml"), (["--peer", "bob:99999"], [:], nil, "bob:99999"),
      (["--peer", "http://bob"], [:], nil, "http://bob"), (["--peer", "[::1"], [:], nil, "[::1"),
      (["--discovery", "magic"], [:], nil, "magic"), (["--web", "4780"], [:], nil, "4780"),
      (["--port", "65536"], [:], nil, "65536"), (["--log-level", "loud"], [:], nil, "loud"),
    ] as [([String], [String: String], String?, String)])
  func nonsense(flags: [String], environment: [String: String], file: String?, words: String) async throws {
    let failure = await #expect(throws: Failure.self) { _ = try await read(flags, environment, file: file) }
    #expect(failure?.code == .usage)
    #expect(failure?.message.contains(words) == true)
  }
}
