import BullpenCore
import BullpenNode
import Logging
import NIOCore
import NIOWebSocket
import Synchronization

/// One open WebSocket: a view, or a program. It listens to the client, to the node and to the clock, and one
/// outbox keeps what they say in order.
struct RoomSocket: Sendable {
  let site: Site
  let caller: Caller
  let head: Door.Head
  let logger: Logger

  func run(_ channel: SocketChannel) async throws {
    let raw = channel.channel
    let outbox = Outbox(tooSlow: {
      // The farewell may never fit: a client that takes nothing is left after a moment.
      raw.eventLoop.scheduleTask(in: .milliseconds(WebBounds.farewell)) { raw.close(promise: nil) }
    })
    defer { outbox.finish() }
    try await channel.executeThenClose { inbound, outbound in
      let speaker: Task<Void, any Error> = Task {
        while let frame = await outbox.next() { try await outbound.write(frame) }
      }
      defer { speaker.cancel() }
      do {
        let workspace = try await workspace()
        let live = try await workspace.attach()
        await attend(inbound, workspace, live, outbox)
        await live.detach()
      } catch {
        let problem = Problem(any: error)
        outbox.send(JSON.encode(Envelope(type: "error", id: nil, data: FaultBody(problem))))
        outbox.close(.policyViolation, reason: problem.code)
      }
      outbox.close(.normalClosure)
      // What waits goes out, as long as the client takes it.
      let patience = raw.eventLoop.scheduleTask(in: .milliseconds(WebBounds.farewell)) { speaker.cancel() }
      _ = await speaker.result
      patience.cancel()
    }
  }

  private func workspace() async throws -> any WorkspaceAPI {
    let query = head.path.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    let named = query.split(separator: "&").first { $0.hasPrefix("workspace=") }.map { $0.dropFirst("workspace=".count) }
    guard let text = named ?? head.fields[.workspace].map({ $0[...] }) else {
      return try await site.node.workspace(nil)
    }
    guard let id = WorkspaceID(text) else {
      throw Problem.malformed("`workspace` is not a workspace's id.", hint: "It has 64 hexadecimal digits.")
    }
    return try await site.node.workspace(id)
  }

  /// Until the client leaves, breaks a rule or falls silent.
  private func attend(
    _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ workspace: any WorkspaceAPI, _ live: any LiveAPI,
    _ outbox: Outbox
  ) async {
    let names = NameBook(workspace)
    let session = SocketSession(
      workspace: workspace, live: live, outbox: outbox, names: names,
      mayWrite: caller.refusal(of: .write) == nil)
    let told = SocketNews(workspace: workspace, outbox: outbox, names: names)
    let heard = LastHeard()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await told.follow(live.publications) }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(1))
          await session.typingEnds(at: Monotonic.milliseconds)
          let silence = heard.silence
          if silence > WebBounds.socketSilence { return }
          if silence > WebBounds.socketPing, silence % 5_000 < 1_000 { outbox.ping() }
        }
      }
      group.addTask {
        var assembly = MessageAssembly()
        do {
          for try await frame in inbound {
            heard.now()
            switch assembly.receive(frame) {
            case .nothing: break
            case .text(let text): await session.receive(text)
            case .ping(let data): outbox.pong(data)
            case .close(let data):
              outbox.close(Self.answer(to: data))
              return
            case .fault(let code, let reason):
              outbox.close(code, reason: reason)
              return
            }
          }
        } catch {
          // The connection broke, or a frame that NIO refused has been answered with its close code already.
          logger.trace("A WebSocket ended.", metadata: ["error": "\(error)"])
        }
      }
      // Whoever is done first ends it for all: the node stopped, the client left, or it is silent.
      await group.next()
      outbox.close(.goingAway)
      group.cancelAll()
    }
  }

  /// The code that the client gave, or none.
  private static func answer(to data: ByteBuffer) -> WebSocketErrorCode {
    var data = data
    return data.readWebSocketErrorCode() ?? .normalClosure
  }
}

/// When the client was last heard.
private final class LastHeard: Sendable {
  private let moment = Mutex(Monotonic.milliseconds)

  var silence: Int64 { moment.withLock { Monotonic.milliseconds - $0 } }
  func now() { moment.withLock { $0 = Monotonic.milliseconds } }
}
