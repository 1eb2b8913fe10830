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
    // A farewell may never fit, or never be answered: the client is left after a moment.
    let leaveSoon: @Sendable () -> Void = {
      raw.eventLoop.scheduleTask(in: .milliseconds(WebBounds.farewell)) { raw.close(promise: nil) }
    }
    let outbox = Outbox(tooSlow: leaveSoon)
    defer { outbox.finish() }
    try await channel.executeThenClose { inbound, outbound in
      let speaker: Task<Void, any Error> = Task {
        while let frame = await outbox.next() { try await outbound.write(frame) }
      }
      defer { speaker.cancel() }
      do {
        let workspace = try await workspace()
        let live = try await workspace.attach()
        let names = NameBook(workspace)
        let news = Task {
          await SocketNews(workspace: workspace, outbox: outbox, names: names).follow(live.publications)
          // The node has no more to say: it stops.
          outbox.close(.goingAway)
          leaveSoon()
        }
        await attend(
          inbound,
          SocketSession(
            workspace: workspace, live: live, outbox: outbox, names: names,
            mayWrite: caller.refusal(of: .write) == nil),
          outbox)
        outbox.close(.normalClosure)
        // Only now, when the client can do nothing more: a room joined after would never be left.
        await live.detach()
        news.cancel()
        await news.value
      } catch {
        let problem = Problem(any: error)
        outbox.send(JSON.encode(Envelope(type: "error", id: nil, data: FaultBody(problem))))
        outbox.close(.policyViolation, reason: problem.code)
      }
      // What waits goes out, as long as the client takes it. Patience waits for its turn as the speaker does: on a
      // machine that is busy the one must not run out before the other began.
      let patience = Task {
        try await Task.sleep(for: .milliseconds(WebBounds.farewell))
        speaker.cancel()
      }
      _ = await speaker.result
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
    _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ session: SocketSession, _ outbox: Outbox
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
