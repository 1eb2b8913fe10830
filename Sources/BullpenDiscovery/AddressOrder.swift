import BullpenCore

/// Which announced addresses are heeded and in which order they are dialled (`protocol/discovery.md`).
enum AddressOrder {
  /// False for addresses that no single other host has, and for loopback anywhere but on loopback.
  static func isUsable(_ address: [UInt8], on kind: InterfaceKind) -> Bool {
    guard let endpoint = Endpoint(address: address, port: 1) else { return false }
    if endpoint.isLoopback { return kind == .loopback }
    if address.count == 4 { return address[0] != 0 && address[0] < 224 && address[0] != 127 }
    let isUnspecified = address.allSatisfy { $0 == 0 }
    let isMapped = address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xff && address[11] == 0xff
    return address[0] != 0xff && !isUnspecified && !isMapped
  }

  /// IPv4, then IPv6, then link-local of either; by value within each, so that every reader has one order.
  static func sorted(_ addresses: [[UInt8]]) -> [[UInt8]] {
    addresses.sorted {
      rank($0) != rank($1) ? rank($0) < rank($1) : $0.lexicographicallyPrecedes($1)
    }
  }

  private static func rank(_ address: [UInt8]) -> Int {
    if isLinkLocal(address) { return 2 }
    return address.count == 4 ? 0 : 1
  }

  /// fe80::/10 and 169.254.0.0/16.
  private static func isLinkLocal(_ address: [UInt8]) -> Bool {
    if address.count == 4 { return address[0] == 169 && address[1] == 254 }
    return address[0] == 0xfe && address[1] & 0xc0 == 0x80
  }

  static func endpoint(_ address: [UInt8], port: UInt16, interface: UInt32) -> Endpoint? {
    let needsScope = address.count == 16 && isLinkLocal(address)
    return Endpoint(address: address, scope: needsScope ? interface : 0, port: port)
  }
}
