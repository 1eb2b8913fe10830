import BullpenCore
import BullpenCrypto
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import BullpenTransport

@Suite("Who is turned away from a connection, and how")
struct RefusalTests {
  @Test("another device than the one that was expected is named and not talked to")
  func wrongDevice() async throws {
    let (ann, bob, cat) = (try Peer(1), try Peer(2), try Peer(3))
    let door = try await bob.listen()
    await #expect(throws: DialError.wrongDevice(found: bob.device)) {
      _ = try await ann.connections.dial(door, expecting: cat.device)
    }
    #expect(ann.heard.events.isEmpty)
    try await eventually("the listener counts it") { bob.connections.counts.handshakesFailed == 1 }
    #expect(bob.heard.events.isEmpty)
    await bob.connections.closeAll()
  }

  @Test("nobody there, nobody answering, somebody else answering")
  func failures() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let gone = try await bob.listen()
    await bob.connections.closeAll()
    await #expect(throws: DialError.refused) { _ = try await ann.connections.dial(gone, expecting: nil) }

    let (mute, silent) = try await Stranger.listen { _ in }
    await #expect(throws: DialError.timedOut) {
      _ = try await ann.connections.dial(silent, expecting: nil, timeout: 150)
    }
    let (mail, chatty) = try await Stranger.listen { try $0.pipeline.syncOperations.addHandler(Stranger.Chatter()) }
    await #expect(throws: DialError.handshake) { _ = try await ann.connections.dial(chatty, expecting: nil) }
    // An address that is nobody's, and that no packet is sent to.
    let nowhere = try #require(Endpoint(address: [255, 255, 255, 255], port: 9))
    await #expect(throws: DialError.unreachable) { _ = try await ann.connections.dial(nowhere, expecting: nil) }
    try await mute.close()
    try await mail.close()
  }

  @Test("a dial that is given up leaves nothing behind")
  func cancelled() async throws {
    let ann = try Peer(1)
    let (mute, silent) = try await Stranger.listen { _ in }
    let dial = Task { try await ann.connections.dial(silent, expecting: nil) }
    dial.cancel()
    let outcome = await dial.result
    #expect(throws: DialError.stopped) { try outcome.get() }
    await ann.connections.closeAll()
    #expect(ann.heard.events.isEmpty)
    try await mute.close()
  }

  @Test("the stranger of these tests, without a flaw, is let in")
  func flawless() async throws {
    let (bob, eve) = (try Peer(2), try Peer(9))
    let channel = try await Stranger.dial(try await bob.listen(), Stranger.configuration(eve.key))
    #expect(try await bob.inbound().device == eve.device)
    try await channel.close()
    await bob.connections.closeAll()
  }

  enum Flaw: String, CaseIterable { case noCertificate, oldTLS, otherKey, clearText }

  @Test("a client with anything but TLS 1.3 and a device key never opens a connection", arguments: Flaw.allCases)
  func flawedClient(flaw: Flaw) async throws {
    let bob = try Peer(2)
    let door = try await bob.listen()
    var configuration = try Stranger.configuration(Peer(9).key)
    switch flaw {
    case .noCertificate:
      configuration.certificateChain = []
      configuration.privateKey = nil
    case .oldTLS: configuration.maximumTLSVersion = .tlsv12
    case .otherKey:
      let (certificate, key) = try Stranger.ecdsa()
      configuration.certificateChain = [.certificate(certificate)]
      configuration.privateKey = .privateKey(key)
    case .clearText: break
    }
    if flaw == .clearText {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(to: door.socketAddress).get()
      try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
      try await channel.closeFuture.get()
    } else {
      let channel = try await Stranger.dial(door, configuration)
      try await channel.closeFuture.get()
    }
    try await eventually("it is counted") { bob.connections.counts.handshakesFailed == 1 }
    #expect(bob.heard.events.isEmpty)
    await bob.connections.closeAll()
  }

  @Test("a listener with another kind of key is not talked to")
  func flawedListener() async throws {
    let ann = try Peer(1)
    let (certificate, key) = try Stranger.ecdsa()
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
    let (listener, door) = try await Stranger.listen {
      try $0.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: context), Stranger.Indifferent()])
    }
    await #expect(throws: DialError.handshake) { _ = try await ann.connections.dial(door, expecting: nil) }
    #expect(ann.heard.events.isEmpty)
    try await listener.close()
  }

  @Test(
    "a frame that is too long, empty, or no message closes its own connection and no other",
    arguments: [[0, 1, 0, 1], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0], [0, 0, 0, 3, 0xff, 0xff, 0xff]] as [[UInt8]])
  func malformed(bytes: [UInt8]) async throws {
    let (ann, bob, eve) = (try Peer(1), try Peer(2), try Peer(9))
    let door = try await bob.listen()
    let out = try await ann.connections.dial(door, expecting: nil)
    _ = try await bob.inbound(0)
    let channel = try await Stranger.dial(door, Stranger.configuration(eve.key))
    let bad = try await bob.inbound(1)
    #expect(bad.device == eve.device)
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    #expect(try await bob.closed(bad.id) == .malformed)
    #expect(bob.connections.counts.closed == [.malformed: 1])
    out.send(.ping(1))
    #expect(try await bob.messages(1) == [.ping(1)])
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("strangers who are never greeted lose their places to newcomers, oldest first; whoever was greeted stays")
  func crowded() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let door = try await bob.listen()
    let friend = try await ann.connections.dial(door, expecting: nil)
    try await bob.inbound(0).greeted()
    var strangers: [PeerConnection] = []
    for place in 0...Limits.greetings {
      strangers.append(try await ann.connections.dial(door, expecting: nil))
      _ = try await bob.inbound(place + 1)
    }
    let first = try await bob.inbound(1)
    #expect(try await bob.closed(first.id) == .crowded)
    #expect(try await ann.closed(strangers[0].id) == .remote)
    #expect(bob.connections.counts.closed == [.crowded: 1])
    friend.send(.ping(1))
    #expect(try await bob.messages(1) == [.ping(1)])
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("whoever has a device key and never gets greeted is closed after a while, and a silent one is too")
  func ungreeted() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2, patience: 1_000))
    let door = try await bob.listen()
    let silent = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(to: door.socketAddress).get()
    try await silent.closeFuture.get()
    try await eventually("the silent one is counted") { bob.connections.counts.handshakesFailed == 1 }
    let out = try await ann.connections.dial(door, expecting: bob.device)
    #expect(try await ann.closed(out.id) == .remote)
    #expect(try await bob.closed(bob.inbound().id) == .ungreeted)
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("all of an office of fifty may greet a newcomer at once")
  func office() throws {
    var places = UngreetedConnections()
    for number in 2...50 as ClosedRange<UInt8> {
      let colleague = try #require(Endpoint(address: [10, 77, 0, number], port: 1))
      #expect(places.add(ConnectionID(raw: UInt64(number)), from: colleague) == nil, "colleague \(number)")
    }
  }

  @Test("one address cannot crowd out another's only connection")
  func fairCrowd() throws {
    var places = UngreetedConnections()
    let home = try #require(Endpoint(address: [10, 0, 0, 1], port: 1))
    let flood = try #require(Endpoint(address: [10, 0, 0, 2], port: 1))
    #expect(places.add(ConnectionID(raw: 1), from: home) == nil)
    for id in 2...UInt64(Limits.greetings) { #expect(places.add(ConnectionID(raw: id), from: flood) == nil) }
    #expect(places.add(ConnectionID(raw: 1_000), from: flood) == ConnectionID(raw: 2))
    places.remove(ConnectionID(raw: 1_000))
    #expect(places.count == Limits.greetings - 1)
  }

  @Test("a certificate says the device's key and constants, the same at every start")
  func certificate() throws {
    let key = try Peer(1).key
    let (one, two) = (try DeviceCertificate(key).certificate, try DeviceCertificate(key).certificate)
    #expect(one == two)
    #expect(DeviceID(one) == key.id)
    let bytes = try one.toDERBytes()
    #expect(bytes.count < 400)
  }

  @Test("a certificate whose key nobody can read names no device")
  func unreadableKey() throws {
    let bytes = try DeviceCertificate(Peer(1).key).certificate.toDERBytes()
    let curve: [UInt8] = [0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
    let place = try #require(bytes.firstRange(of: curve)).lowerBound
    // An algorithm that there is not, and unused bits in the key.
    for (offset, byte) in [(2, 0x29), (4, 0x7f), (7, 0x01)] as [(Int, UInt8)] {
      var spoiled = bytes
      spoiled[place + offset] = byte
      guard let certificate = try? NIOSSLCertificate(bytes: spoiled, format: .der) else { continue }
      #expect(DeviceID(certificate) == nil, "byte \(offset)")
    }
  }
}
