import BullpenCore
import Testing

@testable import BullpenNode

@Suite("Cursors that wait for the workspace")
struct NewestCursorsTests {
  private let bob = DeviceID(Bytes32([UInt8](repeating: 0x0b, count: 32))!)
  private let carol = DeviceID(Bytes32([UInt8](repeating: 0x0c, count: 32))!)
  private let endpoint = Endpoint(address: [127, 0, 0, 1], port: 4_781)!

  private func event(_ device: DeviceID, _ room: String, _ number: UInt64, line: UInt32? = 1) -> Event {
    let update = CursorUpdate(
      room: RoomID(room)!, version: PresenceVersion(session: 1, counter: number),
      position: line.map { CursorPosition(line: $0) })
    return .datagram(device, .cursor(update), from: endpoint)
  }

  private func number(_ event: Event?) -> UInt64? {
    guard case .datagram(_, .cursor(let update), _)? = event else { return nil }
    return update.version.counter
  }

  @Test("of one device in one room the newest waits, in whatever order they came, and one comes for it")
  func newest() throws {
    let waiting = NewestCursors()
    let place = try #require(NewestCursors.Place(event(bob, "board", 1)))
    #expect(waiting.put(event(bob, "board", 3), in: place))
    #expect(!waiting.put(event(bob, "board", 5, line: nil), in: place))
    #expect(!waiting.put(event(bob, "board", 4), in: place))
    #expect(number(waiting.take(place)) == 5)
    #expect(number(waiting.take(place)) == nil)
    #expect(waiting.put(event(bob, "board", 2), in: place), "what is older than shown is the room's to judge")
  }

  @Test("others, other rooms and what is no cursor wait apart")
  func apart() throws {
    let waiting = NewestCursors()
    for event in [event(bob, "board", 1), event(carol, "board", 1), event(bob, "lounge", 1)] {
      #expect(waiting.put(event, in: try #require(NewestCursors.Place(event))))
    }
    #expect(NewestCursors.Place(.tick) == nil)
    #expect(NewestCursors.Place(.datagram(bob, .probe(1), from: endpoint)) == nil)
  }
}
