import ArgumentParser
import BullpenNode
import BullpenWeb
import Foundation
import Glibc
import Logging
import Metrics
import ServiceLifecycle

struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start this machine's node and print a link to its view.",
    discussion: """
      It runs until it is stopped (Ctrl-C, `bullpen down`). Where it runs already, a link to its view is printed.

      What is a flag here can stand in config.yaml in the home too, by the same name: `port: 4781`, `peer: [bob.local]`;
      or in the environment, as BULLPEN_PORT. Flags come first, then the environment.
      """)

  @OptionGroup var home: HomeOptions
  @OptionGroup var options: UpOptions
  @Flag(help: "Open the view in a browser, where there is a display.")
  var open = false
  @Argument(help: "An invite, the code or the link bullpen:CODE, that the view asks about first.")
  var invite: String?

  func run() async throws {
    try await carryOut(home.json) {
      guard invite.map({ WayIn.isInvite($0) }) ?? true else {
        throw Failure(
          .usage, "“\(invite ?? "")” is no invite: one begins with bullpen1, or bullpen:bullpen1 as a link.",
          hint: "What else `bullpen up` takes begins with two hyphens: `bullpen up --help`.")
      }
      Descriptors.allowAll()
      let path = home.path
      let settings = try await Settings.read(options, home: path)
      let supervisor = Supervisor()
      do {
        let metrics = MetricsBoard()
        MetricsSystem.bootstrap(metrics)
        let running = try await RunningNode(
          path, settings, metrics: metrics, supervisor: supervisor, announce: announce)
        var beginsAnew = try await running.run()
        while beginsAnew {
          // Whoever has the view open stays there.
          let next = try await RunningNode(path, settings, metrics: metrics, supervisor: supervisor) { _, _ in }
          beginsAnew = try await next.run()
        }
      } catch let error as NodeError where error.code == .homeInUse && supervisor == nil {
        // A supervisor waits for a node of its own, and hears the error.
        try await join(path, error)
      }
    }
  }

  /// Another node has the home: it is asked for a link. It may have been started in this moment.
  private func join(_ path: String, _ error: NodeError) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while Home.isTaken(path), ContinuousClock.now < deadline {
      guard let api = try? LocalAPI(home: path),
        let data = try? await api.raw("POST", "/login-links", patience: 5),
        let link = try? JSONDecoder.api.decode(LoginLinkAnswer.self, from: data)
      else {
        try await Task.sleep(for: .milliseconds(200))
        continue
      }
      if home.json { return Output.json(data) }
      let url = WayIn.link(link.url, with: invite)
      Output.line("Bullpen is already running. Its view: \(url)")
      let known = try? await api.ask("GET", "/workspaces", as: List<WorkspaceAnswer>.self).items
      for shut in (known ?? []).compactMap(ShutWorkspace.init) { Output.error(shut.sentence) }
      if options.isAny { Output.line("It goes on as it was started; `bullpen down` first, and these flags count.") }
      if open { Browser.open(url) }
      return
    }
    throw error
  }

  private func announce(_ link: String, _ unusual: RunningNode.Unusual) {
    for sentence in unusual.shut { Output.error(sentence) }
    if home.json, Supervisor() == nil {
      // What `bullpen open --json` answers, and what is unusual.
      struct Announcement: Encodable {
        let url: String
        let notes: [String]
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      if let data = try? encoder.encode(Announcement(url: link, notes: unusual.ports + unusual.shut)) {
        Output.json(data)
      }
      fflush(nil)
      return
    }
    for note in unusual.ports { Output.line(note) }
    defer { fflush(nil) }
    // A supervisor keeps what is printed in a log that others may read; a link lets in whoever has it.
    guard Supervisor() == nil else { return }
    let link = WayIn.link(link, with: invite)
    Output.line("Your view, once and for ten minutes: \(link)")
    for line in WayIn.bySSH(to: link) { Output.line(line) }
    Output.line("Another link: bullpen open")
    if isatty(STDOUT_FILENO) == 1 {
      let isOfService = home.path == HomeOptions.ofService
      for line in WayIn.whileOpen(isOfService ? try? UserUnit().state() : nil) { Output.line(line) }
    }
    if open { Browser.open(link) }
  }
}

/// A node with its view, as `up` and `demo` run it.
struct RunningNode {
  /// What is not as the person may expect it, in sentences.
  struct Unusual {
    var ports: [String] = []
    /// Workspaces that could not be opened, and why.
    var shut: [String] = []
  }

  let node: Node
  private let web: WebServer
  private let logger: Logger
  private let settings: Settings
  private let unusual: Unusual
  private let supervisor: Supervisor?
  private let announce: @Sendable (String, Unusual) -> Void

  init(
    _ path: String, _ settings: Settings, metrics: MetricsBoard = MetricsBoard(), supervisor: Supervisor? = nil,
    announce: @escaping @Sendable (String, Unusual) -> Void
  ) async throws {
    let logs = LogDial(settings.logLevel)
    let logger = Logger(node: logs, file: LogFile(home: path))
    guard var options = NodeOptions(settings, home: path) else {
      throw Failure(.usage, "--discovery is one of auto, system, embedded and off, not “\(settings.discovery)”.")
    }
    let before = Self.kept(path)
    // A wish that is not the usual port is somebody's own, and comes before what was had last.
    if settings.port == NodeOptions.defaultPort { options.keptPort = before?.port ?? 0 }
    let keptWeb = before.flatMap { URL(string: $0.web)?.port } ?? 0
    do {
      node = try await Node(options, logger: logger, metrics: metrics)
    } catch let error as NodeError where error.code == .invalid {
      // What was asked for cannot be had: an interface that there is not.
      throw Failure(.usage, error.message, hint: error.hint)
    }
    let isUsual = settings.webPort == Settings.webPort
    let wishes = isUsual && keptWeb != 0 ? [keptWeb, settings.webPort] : [settings.webPort, keptWeb]
    let port = (settings.webPort == 0 ? [] : wishes).first { $0 != 0 && Self.isFree($0, settings.webHost) } ?? 0
    let sessions = SessionKeys(
      secret: try node.home.webSecret(), randomBytes: Home.randomBytes, keyedDigest: Home.keyedDigest)
    try node.home.write(sessions.commandToken + "\n", to: "token")
    web = try WebServer(
      node: node,
      configuration: WebConfiguration(
        host: settings.webHost, port: UInt16(port), tokenFile: path + "/tokens.json", sessions: sessions,
        logs: logs, atLogin: .service(UserUnit(), home: path)),
      logger: logger)
    var unusual = Unusual()
    if node.port != settings.port, settings.port != 0 {
      let isKept = settings.port == NodeOptions.defaultPort && node.port == before?.port
      unusual.ports.append(
        "Other nodes reach this one at port \(node.port)" + Self.reason(settings.port, isKept: isKept))
    }
    if port != settings.webPort, settings.webPort != 0 {
      let isKept = isUsual && port == keptWeb
      unusual.ports.append("The view is at port \(port)" + Self.reason(settings.webPort, isKept: isKept))
    }
    unusual.shut = await node.workspaces.compactMap(ShutWorkspace.init).map(\.sentence)
    self.unusual = unusual
    self.settings = settings
    self.logger = logger
    self.supervisor = supervisor
    self.announce = announce
  }

  /// Serves until SIGTERM or SIGINT, then says goodbye.
  ///
  /// - Parameter outlivesKey: goes on though its last workspace was left, and its key erased with it.
  /// - Returns: whether another is to run in its place, for it has no key any more.
  func run(outlivesKey: Bool = false) async throws -> Bool {
    let announcing = Task {
      let port = try await web.boundPort
      let host = settings.webHost.contains(":") ? "[\(settings.webHost)]" : settings.webHost
      let running = LocalAPI.Running(web: "http://\(host):\(port)", pid: getpid(), port: node.port)
      let text = String(decoding: try JSONEncoder().encode(running), as: UTF8.self) + "\n"
      var unusual = unusual
      var isWritten = false
      do {
        try node.home.write(text, to: "node.json")
        isWritten = true
      } catch {
        let failure = Failure(error)
        unusual.ports.append("\(failure.message) Until there is room, other commands may not find this node.")
      }
      supervisor?.tell(.ready("The view is at \(running.web)."))
      announce(try await web.newLoginLink(), unusual)
      while !isWritten {
        try await Task.sleep(for: .seconds(3))
        isWritten = (try? node.home.write(text, to: "node.json")) != nil
      }
    }
    // The node comes first: services end in reverse order, and the view goes before what it shows.
    let ending = Ending(of: outlivesKey ? nil : node, supervisor)
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: node), .init(service: web),
        .init(service: ending, successTerminationBehavior: .gracefullyShutdownGroup),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // A terminal that is closed ends what runs in it, with a goodbye.
    if !Self.outlivesTerminal { configuration.gracefulShutdownSignals.append(.sighup) }
    let group = ServiceGroup(configuration: configuration)
    defer { announcing.cancel() }
    try await group.run()
    return ending.beginsAnew
  }

  /// Whether nohup, or whoever else started this process, asked that a closed terminal is no end.
  private static var outlivesTerminal: Bool {
    var asked = sigaction()
    sigaction(SIGHUP, nil, &asked)
    return asked.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
  }

  private static func reason(_ wish: Int, isKept: Bool) -> String {
    isKept ? ", as last time, not \(wish)." : ": \(wish) is taken by another program."
  }

  /// Where this node was last time: bookmarks, logins, peers and invites go on working there.
  private static func kept(_ home: String) -> LocalAPI.Running? {
    FileManager.default.contents(atPath: home + "/node.json")
      .flatMap { try? JSONDecoder().decode(LocalAPI.Running.self, from: $0) }
  }

  private static func isFree(_ port: Int, _ host: String) -> Bool {
    guard port != 0 else { return true }
    let isIPv6 = host.contains(":")
    let probe = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard probe >= 0 else { return true }
    defer { close(probe) }
    var on: Int32 = 1
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = in_port_t(port).bigEndian
      address.sin6_addr = in6addr_loopback
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
        }
      }
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

extension NodeOptions {
  /// Nil for a way of discovery that there is not.
  fileprivate init?(_ settings: Settings, home: String) {
    guard let options = NodeOptions(discovery: settings.discovery, home: home) else { return nil }
    self = options
    interface = settings.interface
    peers = settings.peers
    port = settings.port
    asksDesktop = true
  }
}
