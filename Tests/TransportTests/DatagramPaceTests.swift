import BullpenCore
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import BullpenTransport

@Suite("Datagrams that come fast")
struct DatagramPaceTests {
  /// Whether they are fast at the end of a second in which they come one by one and evenly.
  private func isFast(_ rate: Int64) -> Bool {
    var pace = DatagramPace()
    return (0...rate).map { pace.isFast(with: 1, at: 5_000 + $0 * 1_000 / rate) }.last == true
  }

  @Test("a room of ten is not fast, one of twenty is")
  func threshold() {
    #expect(!isFast(9 * 30))
    #expect(isFast(19 * 30))
  }

  @Test("who comes after a silence is not fast, however many came before it")
  func silence() {
    var pace = DatagramPace()
    for moment in 0..<1_000 { _ = pace.isFast(with: 1, at: Int64(moment)) }
    let (during, after) = (pace.isFast(with: 1, at: 1_000), pace.isFast(with: 1, at: 1_300))
    #expect(during && !after)
  }

  @Test("several share one look, in order, and none is lost")
  func sharing() async throws {
    let pair = try await Pair()
    let looks = Looks()
    let socket = PresenceSocket(identity: pair.bob.key, group: MultiThreadedEventLoopGroup.singleton) { datagram in
      looks.note()
      pair.bob.heard.put(datagram)
    }
    let port = try await socket.bind(port: 0)
    socket.open(LocalSession(peer: pair.ann.ref, connection: pair.bob.connection, key: pair.bob.secret))
    pair.ann.socket.redirect(pair.bob.ref, to: pair.bob.endpoint.with(port: port))
    let (count, began) = (600, ContinuousClock.now)
    let next = Atomic<UInt64>(0)
    let sending = MultiThreadedEventLoopGroup.singleton.next().scheduleRepeatedTask(
      initialDelay: .zero, delay: .milliseconds(1)
    ) { task in
      let number = next.add(1, ordering: .relaxed).newValue
      pair.ann.socket.send(.probe(number), to: [pair.bob.ref])
      if number == count { task.cancel() }
    }
    let bodies = try await pair.bob.bodies(count)
    sending.cancel()
    #expect(bodies == (1...UInt64(count)).map(DatagramBody.probe))
    // The first tenth of a second shows that they are fast, where this machine had time to send them so.
    if ContinuousClock.now - began < .seconds(1) { #expect(looks.count < count / 2) }
    await socket.close()
    await pair.close()
  }
}

/// How often an event loop came by something.
private final class Looks: Sendable {
  private let state = Mutex((count: 0, isLooking: false))

  var count: Int { state.withLock(\.count) }

  /// To be called on the loop.
  func note() {
    let isFirst = state.withLock { state in
      defer { state.isLooking = true }
      if !state.isLooking { state.count += 1 }
      return !state.isLooking
    }
    guard isFirst else { return }
    MultiThreadedEventLoopGroup.currentEventLoop?.execute { self.state.withLock { $0.isLooking = false } }
  }
}
