import BullpenCore
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import BullpenTransport

@Suite("What the machine is: ports, interfaces, links, clocks", .serialized)
struct MachineTests {
  /// Links are changed only where nobody else has any: in a network namespace of its own.
  static let isAlone = NetworkInterfaces.list().allSatisfy { $0.kind == .loopback }

  @Test("one port is had for connections and datagrams, and nobody else has it meanwhile")
  func sharedPort() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let group = MultiThreadedEventLoopGroup.singleton
    let own = PresenceSocket(identity: ann.key, group: group) { _ in }
    let other = PresenceSocket(identity: bob.key, group: group) { _ in }
    let port = try await SharedPort.bind(ann.connections, own, port: 0)
    #expect(port > 0)
    await #expect(throws: BindError.portInUse(port)) {
      _ = try await SharedPort.bind(bob.connections, other, port: port)
    }
    await ann.connections.closeAll()
    await own.close()
    #expect(try await SharedPort.bind(bob.connections, other, port: port) == port)
    await bob.connections.closeAll()
    await other.close()
  }

  @Test("a device confined to loopback is reached there, and an interface that is not there is named")
  func interface() async throws {
    let (ann, bob) = (try Peer(1), try Peer(2))
    let port = try await bob.connections.listen(port: 0, interface: "lo")
    for host in [loopback4, loopback6] {
      let door = try #require(Endpoint(address: host, port: port))
      let out = try await ann.connections.dial(door, expecting: bob.device, interface: "lo")
      #expect(out.device == bob.device)
    }
    await #expect(throws: BindError.noInterface("nope0")) {
      _ = try await bob.connections.listen(port: 0, interface: "nope0")
    }
    let door = try #require(Endpoint(address: loopback4, port: port))
    await #expect(throws: DialError.unreachable) {
      _ = try await ann.connections.dial(door, expecting: nil, interface: "nope0")
    }
    await ann.connections.closeAll()
    await bob.connections.closeAll()
  }

  @Test("an address keeps its scope on the way to the system and back")
  func scope() throws {
    let local = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
    let linkLocal = try #require(Endpoint(address: local, scope: 3, port: 47_000))
    #expect(Endpoint(linkLocal.socketAddress) == linkLocal)
    let v4 = try #require(Endpoint(address: [192, 0, 2, 7], port: 1))
    #expect(Endpoint(v4.socketAddress) == v4)
    let global = try #require(Endpoint(address: [0x20, 1] + [UInt8](repeating: 9, count: 14), port: 65_535))
    #expect(Endpoint(global.socketAddress) == global)
  }

  @Test("names of interfaces say what they are")
  func kinds() {
    let kinds = ["eth0", "wlan0", "lo", "docker0", "veth12", "br-4f", "virbr0", "tun0", "tap1", "wg0", "br0"]
      .map(NetworkInterfaces.kind)
    #expect(
      kinds == [
        .link, .link, .loopback, .virtual, .virtual, .virtual, .virtual, .tunnel, .tunnel, .tunnel, .link,
      ])
  }

  @Test("loopback is listed with its addresses")
  func list() throws {
    let lo = try #require(NetworkInterfaces.list().first { $0.name == "lo" })
    #expect(lo.kind == .loopback)
    #expect(lo.index > 0)
    #expect(lo.isRunning)
    #expect(lo.addresses.contains { $0.address == loopback4 })
    #expect(NetworkInterfaces.route(to: try #require(Endpoint(address: loopback4, port: 9))) == .loopback)
  }

  @Test("addresses of containers and tunnels come last, and the others stay in order")
  func order() throws {
    let endpoints = try (1...5).map { try #require(Endpoint(address: [10, 0, 0, $0], port: 1)) }
    let kinds: [NetworkInterface.Kind?] = [.virtual, .link, .tunnel, nil, .link]
    let ordered = NetworkInterfaces.order(endpoints) { kinds[Int($0.address[3]) - 1] }
    #expect(ordered.map { $0.address[3] } == [2, 4, 5, 3, 1])
    let interfaces = [
      NetworkInterface(name: "docker0", index: 1, kind: .virtual, isRunning: true, addresses: [endpoints[0]]),
      NetworkInterface(name: "eth0", index: 2, kind: .link, isRunning: true, addresses: [endpoints[1]]),
      NetworkInterface(name: "eth1", index: 3, kind: .link, isRunning: false, addresses: [endpoints[2]]),
    ]
    #expect(NetworkInterfaces.endpoints(port: 7, of: interfaces).map(\.description) == ["10.0.0.2:7", "10.0.0.1:7"])
  }

  @Test("a machine that slept is noticed once; clocks that drift apart are not sleep")
  func nap() {
    var monitor = SleepMonitor(boot: 10_000, awake: 9_000)
    #expect(monitor.check(boot: 11_000, awake: 10_000) == nil)
    #expect(monitor.check(boot: 12_999, awake: 10_001) == nil)
    #expect(monitor.check(boot: 3_613_000, awake: 10_002) == 3_600_000)
    #expect(monitor.check(boot: 3_614_000, awake: 11_002) == nil)
  }

  @Test(
    "a link-local address keeps its interface, where one dials, where one is dialed from and over datagrams",
    .enabled(if: isAlone, "it makes a link, so it wants a network namespace of its own"))
  func linkLocal() async throws {
    try ip(["link", "add", "bull0", "type", "veth", "peer", "name", "bull1"])
    try ip(["address", "add", "fe80::77/64", "dev", "bull0", "nodad"])
    try ip(["link", "set", "bull1", "up"])
    try ip(["link", "set", "bull0", "up"])
    let link = try #require(NetworkInterfaces.list().first { $0.name == "bull0" })
    let host = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [0x77]
    #expect(link.addresses.contains { $0.address == host && $0.scope == link.index })

    let (ann, bob) = (try Peer(1), try Peer(2))
    let port = try await bob.connections.listen(port: 0)
    let door = try #require(Endpoint(address: host, scope: link.index, port: port))
    let out = try await ann.connections.dial(door, expecting: bob.device)
    #expect(out.remote == door)
    #expect(try await bob.inbound().remote.scope == link.index)

    let heard = Recorder<ReceivedDatagram>()
    let group = MultiThreadedEventLoopGroup.singleton
    let (one, other) = (
      PresenceSocket(identity: ann.key, group: group) { _ in },
      PresenceSocket(identity: bob.key, group: group) { heard.put($0) }
    )
    _ = try await one.bind(port: 0, interface: "bull0")
    let target = try #require(
      Endpoint(address: host, scope: link.index, port: try await other.bind(port: 0)))
    let (id, secret) = (DatagramConnectionID(raw: 1), Bytes32.zero)
    other.open(
      LocalSession(
        peer: DatagramSessionRef(workspace: Pair.workspace, device: ann.device), connection: id, key: secret))
    let ref = DatagramSessionRef(workspace: Pair.workspace, device: bob.device)
    one.aim(ref, at: target, connection: id, key: secret)
    one.send(.probe(1), to: [ref])
    let source = try await heard.wait(for: "a datagram") { $0.first?.source }
    #expect(source.scope == link.index)
    #expect(source.address == host)

    await ann.connections.closeAll()
    await bob.connections.closeAll()
    await one.close()
    await other.close()
    try ip(["link", "delete", "bull0"])
  }

  @Test(
    "an address that comes and goes is told in one word a burst",
    .enabled(if: isAlone, "it changes an address, so it wants a network namespace of its own"))
  func links() async throws {
    let changes = Recorder<Int>()
    let monitor = LinkMonitor(group: MultiThreadedEventLoopGroup.singleton) { changes.put(1) }
    try await monitor.start()
    for verb in ["add", "del", "add", "del"] { try ip(["address", verb, "127.9.9.9/32", "dev", "lo"]) }
    try await changes.wait(for: "a change") { $0.isEmpty ? nil : true }
    #expect(changes.events.count <= 2)
    await monitor.stop()
  }

  private func ip(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + arguments
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}
