import BullpenCore
import Glibc

/// One interface of this machine.
public struct NetworkInterface: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A wire or a radio to other people.
    case link
    case loopback
    /// Containers and virtual machines on this machine: docker*, br-*, veth*, virbr* and their like.
    case virtual
    /// A tunnel: tun*, tap*, wg* and their like.
    case tunnel
  }

  public let name: String
  /// The kernel's number for it, which is also the scope of its link-local addresses.
  public let index: UInt32
  public let kind: Kind
  /// Up, with a carrier.
  public let isRunning: Bool
  /// In ascending order, with port 0.
  public let addresses: [Endpoint]
  /// The networks of those addresses.
  public let subnets: [Subnet]

  init(
    name: String, index: UInt32, kind: Kind, isRunning: Bool, addresses: [Endpoint], subnets: [Subnet] = []
  ) {
    self.name = name
    self.index = index
    self.kind = kind
    self.isRunning = isRunning
    self.addresses = addresses
    self.subnets = subnets
  }
}

public enum NetworkInterfaces {
  private static let virtual = ["docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "lxc", "lxd", "cni", "podman"]
  private static let tunnels = ["tun", "tap", "wg", "tailscale", "zt", "ppp"]

  /// Every interface, in the order of its index. Empty when the system will not say.
  public static func list() -> [NetworkInterface] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var found: [String: (flags: UInt32, addresses: Set<Endpoint>, subnets: [Subnet])] = [:]
    var next = first
    while let entry = next?.pointee {
      next = entry.ifa_next
      let name = String(cString: entry.ifa_name)
      var record = found[name] ?? (entry.ifa_flags, [], [])
      if let address = entry.ifa_addr.flatMap(endpoint) {
        record.addresses.insert(address)
        let mask = entry.ifa_netmask.flatMap(endpoint)
        if let mask, let subnet = Subnet(interface: name, address: address.address, prefix: mask.ones) {
          record.subnets.append(subnet)
        }
      }
      found[name] = record
    }
    return found.map { name, record in
      let isLoopback = record.flags & UInt32(IFF_LOOPBACK) != 0
      let running = UInt32(IFF_UP) | UInt32(IFF_RUNNING)
      return NetworkInterface(
        name: name, index: if_nametoindex(name), kind: isLoopback ? .loopback : kind(of: name),
        isRunning: record.flags & running == running, addresses: record.addresses.sorted(), subnets: record.subnets)
    }.sorted { ($0.index, $0.name) < ($1.index, $1.name) }
  }

  /// The networks that this machine is in and that others may be in too: links that run, not loopback.
  public static func subnets(of interfaces: [NetworkInterface] = list()) -> [Subnet] {
    interfaces.filter { $0.isRunning && $0.kind != .loopback }.flatMap(\.subnets)
  }

  /// What people call the interfaces that the kernel numbers.
  public static func names(of interfaces: [NetworkInterface] = list()) -> [UInt32: String] {
    Dictionary(interfaces.map { ($0.index, $0.name) }) { first, _ in first }
  }

  /// What an interface's name says about it.
  public static func kind(of name: String) -> NetworkInterface.Kind {
    if name == "lo" { return .loopback }
    if virtual.contains(where: name.hasPrefix) { return .virtual }
    if tunnels.contains(where: name.hasPrefix) { return .tunnel }
    return .link
  }

  /// This machine's addresses under one port, best first: links before tunnels before virtual ones before
  /// loopback. Within a kind the order of interfaces stays, and addresses that need no scope come first.
  public static func endpoints(port: UInt16, of interfaces: [NetworkInterface] = list()) -> [Endpoint] {
    var ranked: [(rank: Int, endpoint: Endpoint)] = []
    for interface in interfaces where interface.isRunning {
      ranked += interface.addresses.map {
        (rank(interface.kind) * 2 + ($0.isLinkLocal ? 1 : 0), $0.with(port: port))
      }
    }
    return stable(ranked)
  }

  /// Others' addresses in the order in which to try them: those that lie on one of our virtual interfaces or
  /// tunnels come last, the rest stay as they are.
  /// - Parameter routes: the interface through which an address is reached; nil when unknown.
  public static func order(
    _ endpoints: [Endpoint], routes: (Endpoint) -> NetworkInterface.Kind? = route
  ) -> [Endpoint] {
    stable(endpoints.map { (routes($0).map(rank) ?? 0, $0) })
  }

  /// The kind of interface that the routing table chooses for an address. Nothing is sent.
  public static func route(to endpoint: Endpoint) -> NetworkInterface.Kind? {
    let family = endpoint.isIPv4 ? AF_INET : AF_INET6
    let probe = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return nil }
    defer { close(probe) }
    let target = endpoint.with(port: endpoint.port == 0 ? 9 : endpoint.port)
    guard target.withSockaddr({ connect(probe, $0, $1) }) == 0 else { return nil }
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let named = withUnsafeMutableBytes(of: &storage) {
      getsockname(probe, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
    }
    guard named == 0, let local = Endpoint(storage)?.with(port: 0) else { return nil }
    return list().first { $0.addresses.contains(local) }?.kind
  }

  private static func rank(_ kind: NetworkInterface.Kind) -> Int {
    switch kind {
    case .link: 0
    case .tunnel: 1
    case .virtual: 2
    case .loopback: 3
    }
  }

  private static func stable(_ ranked: [(rank: Int, endpoint: Endpoint)]) -> [Endpoint] {
    ranked.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element.endpoint)
  }

  private static func endpoint(_ address: UnsafeMutablePointer<sockaddr>) -> Endpoint? {
    var storage = sockaddr_storage()
    let size: Int
    switch Int32(address.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
    }
    return Endpoint(storage)?.with(port: 0)
  }
}

extension Endpoint {
  /// How many bits of a network's mask are set.
  fileprivate var ones: Int { address.reduce(0) { $0 + $1.nonzeroBitCount } }
}
