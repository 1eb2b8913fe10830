/// A network that one of this machine's interfaces is in.
public struct Subnet: Hashable, Sendable, CustomStringConvertible {
  public let interface: String
  /// This machine's own address in it.
  public let address: [UInt8]
  /// Leading bits that all addresses of the network share.
  public let prefix: Int

  /// Nil for an address of another length than 4 or 16 bytes, or a prefix longer than the address.
  public init?(interface: String, address: [UInt8], prefix: Int) {
    guard address.count == 4 || address.count == 16, (0...address.count * 8).contains(prefix) else { return nil }
    self.interface = interface
    self.address = address
    self.prefix = prefix
  }

  /// Whether an address is reached in this network, without a router.
  public func contains(_ endpoint: Endpoint) -> Bool {
    endpoint.address.count == address.count && masked(endpoint.address) == masked(address)
  }

  /// fe80::/10
  var isLinkLocal: Bool { Endpoint(address: address, port: 0)?.isLinkLocal ?? false }

  private func masked(_ bytes: [UInt8]) -> [UInt8] {
    bytes.enumerated().map { place, byte in
      let bits = min(max(prefix - place * 8, 0), 8)
      return byte & UInt8(truncatingIfNeeded: 0xff00 >> bits)
    }
  }

  /// As people write it: `10.77.0.0/24`.
  public var description: String {
    "\(Endpoint(address: masked(address), port: 0)?.host ?? "")/\(prefix)"
  }
}
