import BullpenCore
import BullpenNode
import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The local API and the view, for this node's own person, on this machine alone. `protocol/api.md` says what it
/// speaks.
public struct WebServer: Service, CustomStringConvertible {
  private let configuration: WebConfiguration
  private let logger: Logger
  let site: Site

  /// Throws `WebError`: `notLoopback` for an address that others could reach, `tokenFile` for one that cannot be
  /// read.
  public init(node: any NodeAPI, configuration: WebConfiguration, logger: Logger) throws {
    guard ["127.0.0.1", "::1"].contains(configuration.host) else {
      throw WebError(
        code: .notLoopback, message: "The view is served to this machine alone, so `\(configuration.host)` cannot be.",
        hint: "Use 127.0.0.1, or ::1.")
    }
    self.configuration = configuration
    self.logger = logger
    let port = BoundPort()
    let tokens = try TokenBook(path: configuration.tokenFile, sessions: configuration.sessions)
    let logouts = try LogoutBook(path: configuration.logoutFile, sessions: configuration.sessions)
    site = Site(
      node: node,
      door: Door(
        sessions: configuration.sessions, tokens: tokens, logouts: logouts,
        clock: configuration.clock, host: configuration.host, port: port),
      desk: LoginDesk(sessions: configuration.sessions, clock: configuration.clock),
      tokens: tokens, rates: Rates(), sockets: SocketCount(limit: WebBounds.sockets),
      metrics: WebMetrics(node.metrics), port: port,
      fontDirectory: configuration.fontDirectory,
      clock: configuration.clock, logs: configuration.logs, atLogin: configuration.atLogin, logger: logger)
  }

  public var description: String { "WebServer" }

  /// Serves until a graceful shutdown: requests under way are answered, and WebSockets are told that the node goes
  /// away. Throws `WebError` where it cannot listen.
  public func run() async throws {
    let table = Self.routes(site)
    let site = site
    let application = Application(
      responder: WebResponder(table, site),
      server: .httpAndWebSocket(
        admit: { head in site.sockets.hasRoom && (try? site.door.admitSocket(head)) != nil },
        serve: { channel, outbox, head, logger in
          let executor = LoopExecutor(channel.channel.eventLoop)
          // Since the handshake a token may have been taken back, and the last place too.
          guard let caller = try? site.door.admitSocket(head) else {
            return try await outbox.refuse(channel, .policyViolation, reason: "unauthorized")
          }
          guard let place = site.sockets.enter() else {
            return try await outbox.refuse(channel, .unknown(1013), reason: "unavailable")
          }
          defer { place.leave() }
          let socket = RoomSocket(site: site, caller: caller, head: head, outbox: outbox, logger: logger)
          try await withTaskExecutorPreference(executor) { try await socket.run(channel, on: executor) }
        }),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: Int(configuration.port)), serverName: nil,
        availableConnectionsDelegate: .maximum(WebBounds.connections, logger: logger)),
      onServerRunning: { channel in
        site.port.settle(.success(UInt16(channel.localAddress?.port ?? 0)))
      },
      eventLoopGroupProvider: .shared(site.node.loop),
      logger: logger)
    do {
      try await application.run()
      await site.cursors.close()
      site.port.settle(.failure(CancellationError()))
    } catch {
      let known = Self.known(error, configuration)
      site.port.settle(.failure(known))
      throw known
    }
  }

  /// The port, as soon as the server listens. Throws what kept it from that.
  public var boundPort: UInt16 {
    get async throws { try await site.port.wait() }
  }

  /// A login link for a browser, as soon as the server listens: it works once, for ten minutes.
  public func newLoginLink() async throws -> String {
    _ = try await site.port.wait()
    return site.desk.newLink(to: site.authority).url
  }

  static func routes(_ site: Site) -> RouteTable {
    let table = RouteTable(site)
    table.addLogin()
    table.addTokens()
    table.addSetup()
    table.addJoin()
    table.addLeaving()
    table.addRepair()
    table.addMembers()
    table.addSuccession()
    table.addRemovals()
    table.addPresence()
    table.addPresenceSettings()
    table.addAnalytics()
    table.addTeams()
    table.addRooms()
    table.addNotifications()
    table.addActivity()
    table.addInvites()
    table.addPeers()
    table.addDoctor()
    table.addStatus()
    table.addSecurity()
    table.addMetrics()
    table.addLogLevel()
    table.addAtLogin()
    table.addSocket()
    table.addAssets()
    return table
  }

  private static func known(_ error: any Error, _ configuration: WebConfiguration) -> any Error {
    guard let failure = error as? IOError else { return error }
    let place = "\(configuration.host):\(configuration.port)"
    if failure.errnoCode == EADDRINUSE {
      return WebError(
        code: .portTaken, message: "Another program listens on \(place).", hint: "Give another port with --web.")
    }
    return WebError(code: .cannotListen, message: "This machine does not let us listen on \(place).", hint: "")
  }
}
