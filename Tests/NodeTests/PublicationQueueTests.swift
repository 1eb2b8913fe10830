import BullpenCore
import Testing

@testable import BullpenNode

/// A view may be slower than what happens: a browser that is behind a slow connection, or busy.
@Suite("What waits for a slow view")
struct PublicationQueueTests {
  private let queue = PublicationQueue()
  private let room = RoomID("board")!
  private let bob: MemberID
  private let eve: MemberID
  private let laptop: DeviceID

  init() {
    var random = SeededRandomness(seed: 1)
    bob = MemberID(using: &random)
    eve = MemberID(using: &random)
    laptop = DeviceID(Bytes32(using: &random))
  }

  private func shown(_ member: MemberID, _ status: Status) -> Publication {
    .presence(
      MemberPresence(
        member: member, status: status, customStatus: "", customEmoji: "", rooms: [], typing: nil, devices: [],
        lastSeen: nil, silentFor: nil, colour: 0))
  }

  private func pointed(_ line: UInt32) -> Publication {
    .cursor(RoomCursor(room: room, member: bob, device: laptop, position: CursorPosition(line: line)))
  }

  /// All that the view is told in the end.
  private func told() async -> [Publication] {
    queue.finish()
    var told: [Publication] = []
    for await publication in queue { told.append(publication) }
    return told
  }

  @Test("of each person and pointer it is told the newest alone, in the order in which each was news first")
  func newest() async {
    for line in 0..<1_000 as Range<UInt32> { queue.offer(pointed(line)) }
    queue.offer(shown(bob, .online))
    queue.offer(shown(eve, .busy))
    queue.offer(shown(bob, .away))
    queue.offer(pointed(1_000))
    queue.offer(.members)
    queue.offer(.members)
    #expect(await told() == [pointed(1_000), shown(bob, .away), shown(eve, .busy), .members])
  }

  @Test("a pointer that has gone is told of as gone, whatever it did before")
  func gone() async {
    let removal = Publication.cursorRemoved(room: room, member: bob, device: laptop)
    queue.offer(pointed(1))
    queue.offer(removal)
    #expect(await told() == [removal])
  }

  @Test("changed rows add up, table by table")
  func rows() async {
    queue.offer(.rows(table: "members", keys: [.member(bob)]))
    queue.offer(.rows(table: "settings", keys: [.member(bob)]))
    queue.offer(.rows(table: "members", keys: [.member(eve), .member(bob)]))
    let both = [RowKey.member(bob), .member(eve)].sorted()
    #expect(
      await told() == [.rows(table: "members", keys: both), .rows(table: "settings", keys: [.member(bob)])])
  }

  @Test("where too many rows have changed, any may have, and stay so until that is told")
  func tooManyRows() async {
    var random = SeededRandomness(seed: 2)
    for _ in 0..<501 { queue.offer(.rows(table: "members", keys: [.member(MemberID(using: &random))])) }
    queue.offer(.rows(table: "members", keys: [.member(bob)]))
    #expect(await told() == [.rows(table: "members", keys: [])])
  }

  @Test("what is taken by hand as it happens does not overtake what waits")
  func order() async {
    queue.offer(shown(bob, .online))
    queue.listen { _ in
      Issue.record("nobody waits for anything new yet")
      return true
    }
    queue.offer(shown(eve, .online))
    #expect(await told() == [shown(bob, .online), shown(eve, .online)])
  }

  @Test("whoever waits is told at once, and hears when there will be no more")
  func waiting() async {
    let (queue, news) = (queue, shown(bob, .busy))
    let reader = queue.makeAsyncIterator()
    async let offered: Void = queue.offer(news)
    #expect(await reader.next() == news)
    await offered
    async let finished: Void = queue.finish()
    #expect(await reader.next() == nil)
    await finished
    queue.offer(news)
    #expect(await reader.next() == nil, "what comes after the end waits for nobody")
  }
}
