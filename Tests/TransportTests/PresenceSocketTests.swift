import BullpenCore
import BullpenCrypto
import BullpenWire
import Glibc
import NIOPosix
import Testing

@testable import BullpenTransport

/// Two devices of one workspace with a datagram session in both directions, and a socket to misuse it with.
final class Pair: Sendable {
  static let workspace = WorkspaceID(Bytes32([UInt8](repeating: 3, count: 32))!)  // 32 bytes

  struct End: Sendable {
    let key: DeviceKey
    let socket: PresenceSocket
    let heard: Recorder<ReceivedDatagram>
    let endpoint: Endpoint
    let connection: DatagramConnectionID
    let secret: Bytes32
    var ref: DatagramSessionRef { DatagramSessionRef(workspace: Pair.workspace, device: key.id) }

    init(_ seed: UInt64, _ host: [UInt8]) async throws {
      var random = SeededRandomness(seed: seed)
      let heard = Recorder<ReceivedDatagram>()
      key = DeviceKey(using: &random)
      self.heard = heard
      socket = PresenceSocket(identity: key, group: MultiThreadedEventLoopGroup.singleton) { heard.put($0) }
      endpoint = try #require(Endpoint(address: host, port: try await socket.bind(port: 0)))
      connection = DatagramConnectionID(raw: random.next())
      secret = Bytes32(using: &random)
    }

    func bodies(_ count: Int) async throws -> [DatagramBody] {
      try await heard.wait(for: "\(count) datagrams") { $0.count >= count ? $0.map(\.body) : nil }
    }

    /// Waits until so many datagrams were dropped for a reason.
    func dropped(_ reason: DropReason, _ count: Int = 1) async throws {
      try await eventually("\(reason) counted") { socket.drops[reason] == count }
    }
  }

  let ann: End
  let bob: End

  init(on host: [UInt8] = loopback4) async throws {
    ann = try await End(1, host)
    bob = try await End(2, host)
    for (one, other) in [(ann, bob), (bob, ann)] {
      one.socket.open(LocalSession(peer: other.ref, connection: one.connection, key: one.secret))
      one.socket.aim(other.ref, at: other.endpoint, connection: other.connection, key: other.secret)
    }
  }

  /// A datagram from Ann to Bob, as her node would write it unless told otherwise.
  func datagram(
    _ sequence: UInt64, _ body: [UInt8] = DatagramCodec.encode(.probe(7)), signer: DeviceKey? = nil,
    workspace: WorkspaceID = workspace
  ) -> [UInt8] {
    let signature = (signer ?? ann.key).sign(DatagramSignature.bytes(workspace, body), .datagram)
    return DatagramKey(bob.secret).seal(
      signature.bytes + body, DatagramHeader(connection: bob.connection, sequence: sequence))
  }

  func close() async {
    await ann.socket.close()
    await bob.socket.close()
  }
}

/// A socket that sends what it is given.
final class RawSocket: Sendable {
  let descriptor: Int32
  let endpoint: Endpoint

  init(_ host: [UInt8] = loopback4) throws {
    var sockets = try BoundSockets(.datagram, port: 0, interface: "lo")
    let owned = sockets.take()
    for socket in owned where socket.local.isIPv4 != (host.count == 4) { close(socket.descriptor) }
    let mine = try #require(owned.first { $0.local.isIPv4 == (host.count == 4) })
    descriptor = mine.descriptor
    endpoint = try #require(Endpoint(address: host, port: mine.local.port))
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8], to endpoint: Endpoint) {
    let sent = endpoint.withSockaddr { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
    #expect(sent == bytes.count)
  }

  /// The next datagram, within five seconds.
  func receive() throws -> [UInt8] {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    #expect(Glibc.poll(&poll, 1, 5_000) == 1)
    var bytes = [UInt8](repeating: 0, count: 2_048)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(0, count)))
  }
}

@Suite("Two devices over datagrams")
struct PresenceSocketTests {
  @Test("every kind of body goes there and back", arguments: [loopback4, loopback6])
  func roundTrip(host: [UInt8]) async throws {
    let pair = try await Pair(on: host)
    let version = PresenceVersion(session: 1_700_000_000_000, counter: 3)
    let room = try #require(RoomID("page:home"))
    let bodies: [DatagramBody] = [
      .presence(
        PresenceUpdate(
          version: version, presence: DevicePresence(status: .busy, customStatus: "deep in it", rooms: [room]),
          wantsAcknowledgement: true, heads: 99)),
      .acknowledge(version), .probe(1), .probeAnswer(2),
      .cursor(CursorUpdate(room: room, version: version, position: CursorPosition(line: 4, column: 2))),
      .goodbye(version), .cursorClear(CursorClear(room: room, version: version)),
    ]
    for body in bodies { #expect(pair.ann.socket.send(body, to: [pair.bob.ref])) }
    #expect(try await pair.bob.bodies(bodies.count) == bodies)
    let first = try #require(pair.bob.heard.events.first)
    #expect(first.peer == pair.ann.ref)
    #expect(first.source == pair.ann.endpoint)
    #expect(first.isNewest)
    pair.bob.socket.send(.probe(9), to: [pair.ann.ref])
    #expect(try await pair.ann.bodies(1) == [.probe(9)])
    try await eventually("counted") { pair.bob.socket.counts.received == bodies.count }
    #expect(pair.ann.socket.counts.sent == bodies.count)
    #expect(pair.bob.socket.drops.isEmpty)
    await pair.close()
  }

  @Test("one bit flipped anywhere is one datagram lost and counted, and the next is heard")
  func flippedBit() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    let good = pair.datagram(1)
    // Sequence number, first byte of the content, authenticator.
    for place in [16, 17, good.count - 1] {
      var bad = good
      bad[place] ^= 1
      raw.send(bad, to: pair.bob.endpoint)
    }
    try await pair.bob.dropped(.authentication, 3)
    raw.send(good, to: pair.bob.endpoint)
    #expect(try await pair.bob.bodies(1) == [.probe(7)])
    await pair.close()
  }

  @Test("a recording that is played again is dropped")
  func replay() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    let recording = pair.datagram(4)
    for _ in 0..<3 { raw.send(recording, to: pair.bob.endpoint) }
    try await pair.bob.dropped(.replay, 2)
    #expect(pair.bob.heard.events.count == 1)
    await pair.close()
  }

  @Test("what is too short, too long, of another version or for an unknown session is dropped and counted")
  func cheap() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    var other = pair.datagram(1)
    other[0] = 2
    var unknown = pair.datagram(1)
    unknown[3] ^= 0xff
    raw.send([], to: pair.bob.endpoint)
    raw.send([1], to: pair.bob.endpoint)
    raw.send([UInt8](repeating: 1, count: Limits.datagramBytes + 1), to: pair.bob.endpoint)
    // Longer than the room that one read has for it.
    raw.send([UInt8](repeating: 1, count: 9_000), to: pair.bob.endpoint)
    raw.send(other, to: pair.bob.endpoint)
    raw.send(unknown, to: pair.bob.endpoint)
    raw.send(pair.datagram(1), to: pair.bob.endpoint)
    #expect(try await pair.bob.bodies(1) == [.probe(7)])
    try await pair.bob.dropped(.size, 4)
    #expect(pair.bob.socket.drops == [.size: 4, .version: 1, .unknownConnection: 1])
    await pair.close()
  }

  @Test("a session's key alone is not enough: the device and the workspace are signed, and the body must be one")
  func signature() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    raw.send(pair.datagram(1, signer: pair.bob.key), to: pair.bob.endpoint)
    let elsewhere = try #require(WorkspaceID(bytes: [UInt8](repeating: 4, count: 32)))
    raw.send(pair.datagram(2, workspace: elsewhere), to: pair.bob.endpoint)
    try await pair.bob.dropped(.signature, 2)
    raw.send(pair.datagram(3, [0xff, 0xff]), to: pair.bob.endpoint)
    try await pair.bob.dropped(.malformed)
    raw.send(pair.datagram(4), to: pair.bob.endpoint)
    #expect(try await pair.bob.bodies(1) == [.probe(7)])
    await pair.close()
  }

  @Test("answers go to where the newest valid datagram came from")
  func roaming() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    raw.send(pair.datagram(5), to: pair.bob.endpoint)
    _ = try await pair.bob.bodies(1)
    #expect(pair.bob.heard.events.last?.source == raw.endpoint)
    pair.bob.socket.send(.probe(8), to: [pair.ann.ref])
    let header = try #require(DatagramHeader(try raw.receive()))
    #expect(header == DatagramHeader(connection: pair.ann.connection, sequence: 1))

    // One that was late on its way, from the place before, moves nothing.
    let late = try RawSocket()
    late.send(pair.datagram(4), to: pair.bob.endpoint)
    _ = try await pair.bob.bodies(2)
    #expect(pair.bob.heard.events.last?.isNewest == false)
    pair.bob.socket.send(.probe(8), to: [pair.ann.ref])
    #expect(DatagramHeader(try raw.receive())?.sequence == 2)
    await pair.close()
  }

  @Test("what comes by an earlier session is heard, and moves nothing: whoever greeted anew since is elsewhere")
  func earlierSession() async throws {
    let pair = try await Pair()
    let key = try #require(Bytes32([UInt8](repeating: 9, count: 32)))
    pair.bob.socket.open(LocalSession(peer: pair.ann.ref, connection: DatagramConnectionID(raw: 77), key: key))
    let before = try RawSocket()
    before.send(pair.datagram(5), to: pair.bob.endpoint)
    _ = try await pair.bob.bodies(1)
    #expect(pair.bob.heard.events.last?.isNewest == false)
    pair.bob.socket.send(.probe(8), to: [pair.ann.ref])
    #expect(try await pair.ann.bodies(1) == [.probe(8)])
    await pair.close()
  }

  @Test("a body that fits no datagram is refused when it is sent")
  func tooLong() async throws {
    let pair = try await Pair()
    // Eight names of 200 bytes each: no room machine lets a device into so many.
    let rooms = (0..<8).map { RoomID(String(repeating: "\($0)", count: Limits.roomBytes))! }
    let body = DatagramBody.presence(
      PresenceUpdate(
        version: PresenceVersion(session: 1, counter: 1), presence: DevicePresence(rooms: rooms),
        wantsAcknowledgement: false, heads: 0))
    #expect(!pair.ann.socket.send(body, to: [pair.bob.ref]))
    #expect(pair.ann.socket.counts.sendDrops == [.size: 1])
    await pair.close()
  }

  @Test("the longest body makes a datagram of exactly the bound")
  func longest() async throws {
    let pair = try await Pair()
    let longest = pair.datagram(1, [UInt8](repeating: 0, count: DatagramHeader.maximumBody))
    #expect(longest.count == Limits.datagramBytes)
    await pair.close()
  }

  @Test("a peer that is gone, and an address that the system refuses, stop nothing")
  func unreachable() async throws {
    let pair = try await Pair()
    await pair.bob.socket.close()
    for number in 0..<UInt64(5) { pair.ann.socket.send(.probe(number), to: [pair.bob.ref]) }
    try await eventually("sent into the void") { pair.ann.socket.counts.sent == 5 }
    // Broadcast is not permitted, so no packet leaves.
    pair.ann.socket.redirect(pair.bob.ref, to: try #require(Endpoint(address: [255, 255, 255, 255], port: 9)))
    pair.ann.socket.send(.probe(6), to: [pair.bob.ref])
    try await eventually("refused and counted") { pair.ann.socket.counts.sendDrops == [.socket: 1] }
    _ = try await pair.bob.socket.bind(port: pair.bob.endpoint.port)
    pair.ann.socket.redirect(pair.bob.ref, to: pair.bob.endpoint)
    pair.ann.socket.send(.probe(7), to: [pair.bob.ref])
    #expect(try await pair.bob.bodies(1) == [.probe(7)])
    pair.bob.socket.send(.probe(8), to: [pair.ann.ref])
    #expect(try await pair.ann.bodies(1) == [.probe(8)])
    await pair.close()
  }

  @Test("numbers run on when the same session is told again, and a forgotten peer is neither heard nor written to")
  func sessions() async throws {
    let pair = try await Pair()
    let raw = try RawSocket()
    let (ann, bob) = (pair.ann, pair.bob)
    ann.socket.redirect(bob.ref, to: raw.endpoint)
    ann.socket.send(.probe(1), to: [bob.ref])
    #expect(DatagramHeader(try raw.receive())?.sequence == 1)
    ann.socket.aim(bob.ref, at: raw.endpoint, connection: bob.connection, key: bob.secret)
    ann.socket.send(.probe(1), to: [bob.ref])
    #expect(DatagramHeader(try raw.receive())?.sequence == 2)

    bob.socket.forget(ann.ref)
    raw.send(pair.datagram(1), to: bob.endpoint)
    try await bob.dropped(.unknownConnection)
    bob.socket.send(.probe(1), to: [ann.ref])
    try await eventually("counted") { bob.socket.counts.sendDrops == [.unaimed: 1] }
    await pair.close()
  }

  @Test("a burst to one peer is bounded by its queue and loses nothing of what it took")
  func burst() async throws {
    let pair = try await Pair()
    var taken = 0
    for number in 0..<UInt64(300) where pair.ann.socket.send(.probe(number), to: [pair.bob.ref]) { taken += 1 }
    try await eventually("all sent") { pair.ann.socket.counts.sent == taken }
    #expect(pair.ann.socket.counts.sendDrops[.queue, default: 0] == 300 - taken)
    #expect(taken >= Limits.datagramsQueued)
    await pair.close()
  }
}
