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
  let outbox: Outbox
  let logger: Logger

  /// - Parameter executor: what this task runs on already, for those that it starts.
  func run(_ channel: SocketChannel, on executor: LoopExecutor) async throws {
    let raw = channel.channel
    defer { outbox.finish() }
    try await channel.executeThenClose { inbound, _ in
      do {
        let workspace = try await workspace()
        let live = try await workspace.attach()
        let names = NameBook(workspace)
        let watch = PresenceWatch(workspace)
        let told = SocketNews(
          workspace: workspace, outbox: outbox, names: names, presenceTexts: site.presenceTexts, watch: watch)
        live.listen(told.takes)
        let news = Task(executorPreference: executor) {
          await told.follow(live.publications)
          // The node has no more to say: it stops.
          outbox.close(.goingAway)
          raw.leaveSoon()
        }
        await attend(
          inbound,
          SocketSession(
            workspace: workspace, live: live, outbox: outbox, names: names, watch: watch,
            mayWrite: caller.refusal(of: .write) == nil))
        outbox.close(.normalClosure)
        // Only now, when the client can do nothing more: a room joined after would never be left.
        await live.detach()
        news.cancel()
        await news.value
      } catch {
        let problem = Problem(any: error)
        outbox.send(JSON.text(Envelope(type: "error", id: nil, data: FaultBody(problem))))
        outbox.close(.policyViolation, reason: problem.code)
      }
      // What waits goes out, as long as the client takes it.
      let patience = Task {
        try await Task.sleep(for: .milliseconds(WebBounds.farewell))
        outbox.finish()
      }
      await outbox.ended()
      patience.cancel()
    }
  }

  private func workspace() async throws -> any WorkspaceAPI {
    let query = head.path.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    let named = query.split(separator: "&").first { $0.hasPrefix("workspace=") }.map {
      $0.dropFirst("workspace=".count)
    }
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
    _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ session: SocketSession
  ) async {
    let heard = LastHeard()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        var looked = Monotonic.milliseconds
        while !Task.isCancelled {
          try? await Task.sleep(for: .seconds(1))
          let now = Monotonic.milliseconds
          // While the machine slept nobody could be heard: that silence was not the client's.
          if now - looked > WebBounds.socketPing { heard.now() }
          looked = now
          await session.typingEnds(at: now)
          // A token that was taken back, a login that ended: what they opened ends too.
          guard (try? site.door.admitSocket(head)) == caller else {
            return outbox.close(.policyViolation, reason: "unauthorized")
          }
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
      // Whoever is done first ends it for both: the client left, or it is silent.
      await group.next()
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
