import BullpenCore
import Testing

@testable import BullpenNode

@Suite("What has arrived and waits for a workspace")
struct WorkspaceInboxTests {
  private static func hint(_ port: Int) -> WorkspaceInbox.Arrival {
    let endpoint = Endpoint(address: [127, 0, 0, 1], port: UInt16(port))!  // four bytes
    return .init(what: .event(.hint(nil, [endpoint], .given)), receipt: nil)
  }

  private static func ports(_ arrivals: [WorkspaceInbox.Arrival]) -> [Int] {
    arrivals.compactMap {
      guard case .event(.hint(_, let endpoints, _)) = $0.what else { return nil }
      return endpoints.first.map { Int($0.port) }
    }
  }

  @Test("it is fetched in order, so much in a turn, and somebody is called for it once")
  func order() {
    let inbox = WorkspaceInbox()
    #expect(inbox.put(Self.hint(1)) == .first)
    for port in 2...100 { #expect(inbox.put(Self.hint(port)) == .waits) }
    let (first, isMore) = inbox.take()
    #expect(Self.ports(first) == Array(1...Limits.eventsInTurn) && isMore)
    #expect(inbox.put(Self.hint(101)) == .waits, "whoever fetches comes again")
    let (rest, isRest) = inbox.take()
    #expect(Self.ports(rest) == Array(Limits.eventsInTurn + 1...101) && !isRest)
    #expect(inbox.put(Self.hint(102)) == .first)
  }

  @Test("beyond its bound nothing is taken, until something is fetched")
  func bound() {
    let inbox = WorkspaceInbox()
    for _ in 0..<Limits.eventsQueued { _ = inbox.put(Self.hint(1)) }
    #expect(inbox.put(Self.hint(2)) == .dropped)
    _ = inbox.take()
    #expect(inbox.put(Self.hint(2)) == .waits)
  }
}
