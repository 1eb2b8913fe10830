import BullpenCore
import BullpenCrypto
import NIOCore
import NIOPosix
import Testing

@testable import BullpenTransport

@Suite("Two devices on a connection")
struct ConnectionTests {
  @Test("two devices meet, each knows the other's key, and both talk in order", arguments: [loopback4, loopback6])
  func meet(host: [UInt8]) async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen(on: host)
    let out = try await ann.connections.dial(door, expecting: bob.device)
    let into = try await bob.inbound()
    #expect(out.device == bob.device)
    #expect(into.device == ann.device)
    #expect(!out.isInbound && into.isInbound)
    #expect(out.remote == door)
    #expect(into.remote.address == host)

    for number in 0..<UInt64(100) { out.send(.ping(number)) }
    #expect(try await bob.messages(100) == (0..<UInt64(100)).map { .ping($0) })
    for number in 0..<UInt64(100) { into.send(.pong(Pong(nonce: number, wall: 7))) }
    #expect(try await ann.messages(100) == (0..<UInt64(100)).map { .pong(Pong(nonce: $0, wall: 7)) })
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("a dialed connection is told as opened too, before any of its messages")
  func openedFirst() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    try await bob.inbound().send(.goodbye)
    _ = try await ann.messages(1)
    guard case .opened(let first) = ann.heard.events.first else { throw Recorder<Int>.DidNotHappen(what: "opened") }
    #expect(first.id == out.id)
    #expect(ann.connections.counts.dialed == 1)
    #expect(bob.connections.counts.accepted == 1)
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("last words arrive before the connection closes")
  func lastWords() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    let into = try await bob.inbound()
    into.send(.refuse(.unknown))
    into.close()
    into.send(.ping(1))
    #expect(try await ann.closed(out.id) == .remote)
    #expect(try await bob.closed(into.id) == .local)
    #expect(try await ann.messages(1) == [.refuse(.unknown)])
    #expect(bob.connections.counts.closed == [.local: 1])
    await bob.connections.closeAll()
  }

  @Test("frames of 64 KiB arrive whole and in order")
  func large() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    for round in 0..<4 {
      // Fewer than may wait at a time.
      for number in 0..<50 { out.send(large(round * 50 + number)) }
      _ = try await bob.messages(round * 50 + 50)
    }
    #expect(try await bob.messages(200) == (0..<200).map(large))
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("a node that falls behind slows its peer down and catches up")
  func backPressure() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2, isBusy: true))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    for number in 0..<60 { out.send(large(number)) }
    let into = try await bob.inbound()
    try await eventually("reading pauses") { into.link.isPaused }
    let read = bob.receipts.events.count
    // What is read beyond the bound is what one read had in it: a frame or two.
    #expect(read <= Limits.inboundBytes / 60_000 + 3)
    // Others are served meanwhile, and nothing more of the first is read.
    let other = try await ann.connections.dial(door, expecting: bob.device)
    other.send(.ping(1))
    let second = try await bob.inbound(1)
    _ = try await bob.messages(1, on: second.id)
    #expect(try await bob.messages(1, on: into.id).count == read)
    try await eventually("the rest arrives as soon as messages are dealt with") {
      bob.receipts.clear()
      return bob.heard.events.count == 63
    }
    #expect(try await bob.messages(60, on: into.id) == (0..<60).map(large))
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("a peer that never reads is cut off, and others are not")
  func slowReader() async throws {
    let (ann, bob, cat) = (try Peer(1), try Peer(2, isBusy: true), try Peer(3))
    let out = try await ann.connections.dial(try await bob.listen(), expecting: bob.device)
    let other = try await ann.connections.dial(try await cat.listen(), expecting: cat.device)
    for number in 0..<2_000 { out.send(large(number)) }
    #expect(try await ann.closed(out.id) == .slowReader)
    other.send(.ping(5))
    #expect(try await cat.messages(1) == [.ping(5)])
    #expect(ann.connections.counts.closed == [.slowReader: 1])
    await ann.connections.closeAll()
    bob.receipts.clear()
    await bob.connections.closeAll()
    await cat.connections.closeAll()
  }

  @Test("a closed device takes and makes no more connections")
  func stopped() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    await bob.connections.closeAll()
    #expect(try await ann.closed(out.id) == .remote)
    await #expect(throws: DialError.refused) { _ = try await ann.connections.dial(door, expecting: nil) }
    await #expect(throws: DialError.stopped) { _ = try await bob.connections.dial(door, expecting: nil) }
    await ann.connections.closeAll()
  }

  @Test("who stops in the middle of a dial ends it first, so that its threads may end next")
  func stoppedWhileDialing() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    for _ in 0..<50 {
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let cat = try Connections(identity: ann.key, group: group) { _ in }
      let dials = (0..<4).map { _ in Task { _ = try? await cat.dial(door, expecting: nil) } }
      await Task.yield()
      await cat.closeAll()
      // A dial that were still underway would ask an ended loop for a promise, which ends the process.
      try await group.shutdownGracefully()
      for dial in dials { await dial.value }
    }
    await bob.connections.closeAll()
  }

  /// A message that nearly fills a frame, different for each number.
  func large(_ number: Int) -> PeerMessage {
    let signature = Signature(bytes: [UInt8](repeating: UInt8(number % 251), count: 64))!  // 64 bytes
    let body = [UInt8](repeating: UInt8(number / 251), count: Limits.statementBytes)
    return .introduce((0..<15).map { _ in SignedStatement(body: body, signature: signature) })
  }
}
