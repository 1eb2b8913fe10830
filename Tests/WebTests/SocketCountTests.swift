import Testing

@testable import BullpenWeb

@Suite("How many WebSockets a node serves")
struct SocketCountTests {
  @Test("a place that is left is free again, and there is none beyond the last")
  func places() throws {
    let count = SocketCount(limit: 2)
    let first = try #require(count.enter())
    #expect(count.hasRoom)
    _ = try #require(count.enter())
    #expect(!count.hasRoom && count.enter() == nil && count.count == 2)
    first.leave()
    #expect(count.hasRoom && count.enter() != nil)
  }

  @Test("a thousand subscribers have room, and a person's own views beside them")
  func many() { #expect(WebBounds.sockets >= 1_100) }
}
