import BullpenCore
import Dispatch
import NIOPosix
import Testing

@testable import BullpenTransport

@Suite("Cursors that wait to be sent")
struct WaitingCursorTests {
  @Test("the newest of each room goes, however many came")
  func newestCursor() async throws {
    let pair = try await Pair()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let busy = PresenceSocket(identity: pair.ann.key, group: group) { _ in }
    _ = try await busy.bind(port: 0)
    busy.aim(pair.bob.ref, at: pair.bob.endpoint, connection: pair.bob.connection, key: pair.bob.secret)
    // Nothing is under way when the loop is held up.
    try await group.next().submit {}.get()
    let free = DispatchSemaphore(value: 0)
    group.next().execute { free.wait() }
    let rooms = [try #require(RoomID("board")), try #require(RoomID("lounge"))]
    func cursor(_ room: RoomID, _ number: UInt64) -> DatagramBody {
      .cursor(
        CursorUpdate(room: room, version: PresenceVersion(session: 1, counter: number), position: CursorPosition()))
    }
    for number in 1...UInt64(Limits.datagramsQueued) {
      for room in rooms { #expect(busy.send(cursor(room, number), to: [pair.bob.ref])) }
    }
    #expect(busy.send(.probe(1), to: [pair.bob.ref]))
    free.signal()
    let last = UInt64(Limits.datagramsQueued)
    #expect(try await pair.bob.bodies(3) == [cursor(rooms[0], last), cursor(rooms[1], last), .probe(1)])
    // Nothing is kept of what has gone.
    #expect(busy.send(cursor(rooms[0], last + 1), to: [pair.bob.ref]))
    #expect(try await pair.bob.bodies(4).last == cursor(rooms[0], last + 1))
    await busy.close()
    try await group.shutdownGracefully()
    await pair.close()
  }
}
