import BullpenCore
import BullpenCrypto
import BullpenWire
import Dispatch
import Synchronization
import Testing

@testable import BullpenNode
@testable import BullpenStore

@Suite("The store's own thread")
struct StoreQueueTests {
  private static let wall: Int64 = 1_800_000_000_000
  private let prover = SodiumProver(decode: StatementCodec.decode)
  private let (ada, bob): (Store, Store)
  /// What ada wrote, of which bob has nothing yet.
  private let log: LogID
  private let messages: [ArrivedSegments]
  private let last: UInt64

  init() throws {
    var random = SeededRandomness(seed: 1)
    func author() -> Author { Author(device: DeviceKey(using: &random), secret: MemberSecret(using: &random)) }
    let (hers, his) = (author(), author())
    let here = Surroundings(machine: "one")
    let ada = try Store.found(
      at: .memory, author: hers, workspace: "the office", memberName: "ada", surroundings: here, prover: prover,
      random: SeededRandomness(seed: 2), wall: Self.wall)
    let member = prover.member(of: ada.workspace, firstDevice: his.device.id)
    let credential = Credential(
      device: his.device.id, member: member, memberKey: his.secret.key, role: .member, invite: nil,
      consent: his.device.consent(to: member, key: his.secret.key, in: ada.workspace))
    _ = try ada.state(.credential(credential), wall: Self.wall)
    bob = try Store.join(
      at: .memory, author: his, workspace: ada.workspace, statements: ada.statements(), memberName: "bob",
      surroundings: here, prover: prover, random: SeededRandomness(seed: 3), wall: Self.wall)
    let log = LogID(device: ada.device, incarnation: ada.incarnation, kind: .lasting)
    last = try ada.heads()[log].sequence
    let part = LogRange(log: log, first: 1, last: 1)
    let start = try ada.segments(part, maxBytes: 1 << 20)
    let next = try #require(start.last).last + 1
    let rest = try ada.segments(LogRange(log: log, first: next, last: last), maxBytes: 1 << 20)
    messages = [start, rest].map { ArrivedSegments($0, in: ada.workspace) }
    (self.ada, self.log) = (ada, log)
  }

  /// Lets work be asked for while the thread is held, and tells in which order it was done and how far bob's log went by
  /// then.
  private func order(_ ask: (StoreQueue, @escaping @Sendable (String) -> Void) -> Void) async throws -> [String] {
    let notes = Notes()
    let (queue, hold, bob, log) = (StoreQueue(bob), DispatchSemaphore(value: 0), bob, log)
    queue.run { _ in hold.wait() }
    ask(queue) { what in notes.add("\(what) at \((try? bob.heads()[log].sequence) ?? 0)") }
    hold.signal()
    try await queue.ask { _ in }
    return notes.all
  }

  private func arrival(_ message: Int, _ hears: @escaping @Sendable (Result<Application, any Error>) -> Void) -> Arrival
  {
    Arrival(segments: messages[message], wall: Self.wall, certain: Self.wall, isAwaited: true, hears: hears)
  }

  @Test("what waits is stored together, and each hears what became of its own")
  func together() async throws {
    let (first, rest) = (messages[0].count, messages[1].count)
    #expect(first > 0 && rest > 0)
    let notes = try await order { queue, note in
      for (name, message) in [("one", 0), ("two", 1), ("again", 1)] {
        queue.apply(arrival(message) { result in note("\(name) has \((try? result.get().stored) ?? -1)") })
      }
    }
    #expect(notes == ["one has \(first) at \(last)", "two has \(rest) at \(last)", "again has 0 at \(last)"])
  }

  @Test("nothing overtakes what was asked before it")
  func inOrder() async throws {
    let notes = try await order { queue, note in
      queue.apply(arrival(0) { _ in note("one") })
      queue.run { _ in note("other work") }
      queue.apply(arrival(1) { _ in note("two") })
    }
    let before = last - UInt64(messages[1].count)
    #expect(notes == ["one at \(before)", "other work at \(before)", "two at \(last)"])
  }

  @Test("one that cannot be stored takes no other with it, and is told so alone")
  func alone() async throws {
    try await bob.writer.write { db in
      try db.execute(
        sql: """
          CREATE TEMP TRIGGER refuse BEFORE INSERT ON node_segments WHEN NEW.first > 1
          BEGIN SELECT RAISE(ABORT, 'no'); END
          """)
    }
    let notes = try await order { queue, note in
      for (name, message) in [("one", 0), ("two", 1), ("again", 0)] {
        queue.apply(arrival(message) { result in note("\(name) has \((try? result.get().stored) ?? -1)") })
      }
    }
    let (stored, reached) = (messages[0].count, last - UInt64(messages[1].count))
    #expect(notes == ["one has \(stored) at \(reached)", "two has -1 at \(reached)", "again has 0 at \(reached)"])
  }

  /// As much of a log of nobody's as a segment holds.
  private func stranger() -> Segment {
    var random = SeededRandomness(seed: 4)
    let device = DeviceKey(using: &random)
    return Segment(
      log: LogID(device: device.id, incarnation: Incarnation(using: &random), kind: .passing), first: 1,
      previous: .zero,
      entries: (1...Limits.segmentEntries).map {
        Entry(time: HybridTime(milliseconds: Int64($0), counter: 0), expiry: 0, payload: .present([0]))
      }, signature: device.sign([], .log))
  }

  @Test("what nobody asked for is not proved before the store has seen whether it wants it")
  func unasked() async throws {
    let segments = [false, true].map { isAwaited in (ArrivedSegments([stranger()], in: bob.workspace), isAwaited) }
    let (queue, hold) = (StoreQueue(bob), DispatchSemaphore(value: 0))
    queue.run { _ in hold.wait() }
    for (segments, isAwaited) in segments {
      queue.apply(Arrival(segments: segments, wall: Self.wall, certain: Self.wall, isAwaited: isAwaited) { _ in })
    }
    // They would be proved in this order.
    while !segments[1].0.isProved { await Task.yield() }
    #expect(!segments[0].0.isProved)
    hold.signal()
    try await queue.ask { _ in }
    // The store does not know whose it is.
    #expect(!segments[0].0.isProved)
  }

  @Test("what the store is done with is kept no longer, though whoever proves is behind")
  func forgotten() async throws {
    let stranger = stranger()
    let (queue, kept) = (StoreQueue(bob), (0..<100).map { _ in Kept() })
    for one in kept {
      let segments = ArrivedSegments([stranger], in: bob.workspace)
      one.segments = segments
      queue.apply(Arrival(segments: segments, wall: Self.wall, certain: Self.wall, isAwaited: true) { _ in })
    }
    try await queue.ask { _ in }
    // One may be looked at in this very moment.
    #expect(kept.count { $0.segments != nil } <= 1)
  }

  @Test("where nothing can be stored everybody hears it")
  func failure() async throws {
    try bob.close()
    let (queue, notes) = (StoreQueue(bob), Notes())
    for message in 0...1 { queue.apply(arrival(message) { if case .failure = $0 { notes.add("failed") } }) }
    try await queue.ask { _ in }
    #expect(notes.all == ["failed", "failed"])
  }

  @Test("a batch holds four messages, so that a peer sends on meanwhile")
  func most() {
    let batch = ArrivalBatch(arrival(0) { _ in })
    #expect((1...4).map { _ in batch.takesIn(arrival(1) { _ in }) } == [true, true, true, false])
    batch.apply(to: bob)
    #expect(!batch.takesIn(arrival(1) { _ in }))
  }
}

private final class Notes: Sendable {
  private let notes = Mutex<[String]>([])
  var all: [String] { notes.withLock(\.self) }
  func add(_ note: String) { notes.withLock { $0.append(note) } }
}

/// Sees whether somebody still has them.
private final class Kept {
  weak var segments: ArrivedSegments?
}
