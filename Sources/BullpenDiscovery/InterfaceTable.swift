import Glibc

/// What kind of link an interface is, as far as its name and flags tell.
enum InterfaceKind: Int, Hashable, Sendable {
  case ordinary
  /// Of containers, virtual machines and VPNs: they rarely lead to the person next door.
  case virtual
  case loopback
}

/// An address of this machine.
struct OwnAddress: Hashable, Sendable {
  let interface: UInt32
  /// Four or sixteen bytes.
  let bytes: [UInt8]
}

/// The machine's network interfaces at one moment.
struct InterfaceTable: Hashable, Sendable {
  var kinds: [UInt32: InterfaceKind] = [:]
  /// Those that other hosts may use, in the system's order.
  var addresses: [OwnAddress] = []

  /// An interface that has come since the table was read counts as ordinary.
  func kind(of index: UInt32) -> InterfaceKind { kinds[index] ?? .ordinary }

  private static let virtualPrefixes = [
    "docker", "br-", "veth", "virbr", "vnet", "lxc", "lxd", "cni", "flannel", "podman", "vboxnet", "vmnet", "tun",
    "tap", "wg", "tailscale", "zt", "ppp",
  ]

  static func kind(name: String, flags: UInt32) -> InterfaceKind {
    if flags & UInt32(IFF_LOOPBACK) != 0 { return .loopback }
    if flags & UInt32(IFF_POINTOPOINT) != 0 { return .virtual }
    return virtualPrefixes.contains { name.hasPrefix($0) } ? .virtual : .ordinary
  }

  static func read() -> InterfaceTable {
    var table = InterfaceTable()
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return table }
    defer { freeifaddrs(first) }
    var next = first
    while let entry = next?.pointee {
      // The list is ours until freeifaddrs; every entry has a name.
      next = entry.ifa_next
      let index = if_nametoindex(entry.ifa_name)
      guard index != 0 else { continue }
      let kind = kind(name: String(cString: entry.ifa_name), flags: entry.ifa_flags)
      table.kinds[index] = kind
      if let bytes = bytes(of: entry.ifa_addr), AddressOrder.isUsable(bytes, on: kind) {
        table.addresses.append(OwnAddress(interface: index, bytes: bytes))
      }
    }
    return table
  }

  /// The address inside a socket address; nil for other families. Its family says which structure lies there.
  private static func bytes(of address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
    guard let address else { return nil }
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      return UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
      }
    case AF_INET6:
      return UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
      }
    default: return nil
    }
  }

  var loopbackNames: [String] {
    kinds.filter { $0.value == .loopback }.keys.sorted().compactMap(Self.name)
  }

  static func name(of index: UInt32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
      // The buffer has the size that if_indextoname asks for, and lives until the string is copied.
      if_indextoname(index, buffer.baseAddress).map { String(cString: $0) }
    }
  }

  /// 0 when there is no such interface now.
  static func index(of name: String) -> UInt32 { if_nametoindex(name) }
}
