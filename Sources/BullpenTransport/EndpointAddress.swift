import BullpenCore
import Glibc
import NIOCore

extension Endpoint {
  /// The address that a socket reported; nil for what is neither IPv4 nor IPv6. The scope is kept where it means
  /// something: for link-local IPv6.
  init?(_ address: SocketAddress) {
    switch address {
    case .v4(let address):
      self.init(
        address: withUnsafeBytes(of: address.address.sin_addr) { Array($0) },
        port: UInt16(bigEndian: address.address.sin_port))
    case .v6(let address):
      let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      let isLinkLocal = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
      self.init(
        address: bytes, scope: isLinkLocal ? address.address.sin6_scope_id : 0,
        port: UInt16(bigEndian: address.address.sin6_port))
    case .unixDomainSocket: return nil
    }
  }

  var isIPv4: Bool { address.count == 4 }

  /// The same address under another port.
  func with(port: UInt16) -> Endpoint {
    // The bytes come from an endpoint, so their count is right.
    Endpoint(address: address, scope: scope, port: port)!
  }

  /// Any address of the family, which means all of this machine's.
  static func any(isIPv4: Bool, port: UInt16) -> Endpoint {
    Endpoint(address: [UInt8](repeating: 0, count: isIPv4 ? 4 : 16), port: port)!  // 4 or 16 bytes
  }

  var socketAddress: SocketAddress {
    isIPv4 ? SocketAddress(v4, host: "") : SocketAddress(v6, host: "")
  }

  private var v4: sockaddr_in {
    var socket = sockaddr_in()
    socket.sin_family = sa_family_t(AF_INET)
    socket.sin_port = port.bigEndian
    withUnsafeMutableBytes(of: &socket.sin_addr) { $0.copyBytes(from: address) }
    return socket
  }

  private var v6: sockaddr_in6 {
    var socket = sockaddr_in6()
    socket.sin6_family = sa_family_t(AF_INET6)
    socket.sin6_port = port.bigEndian
    socket.sin6_scope_id = scope
    withUnsafeMutableBytes(of: &socket.sin6_addr) { $0.copyBytes(from: address) }
    return socket
  }

  /// Hands the address to a system call.
  func withSockaddr<Outcome>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Outcome) -> Outcome {
    func call<Address>(_ address: Address) -> Outcome {
      withUnsafeBytes(of: address) {
        // Every socket address begins as a sockaddr does; that is how system calls take them.
        body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
    return isIPv4 ? call(v4) : call(v6)
  }

  /// Reads an address that the system wrote.
  init?(_ storage: sockaddr_storage) {
    switch Int32(storage.ss_family) {
    case AF_INET:
      self.init(SocketAddress(withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }))
    case AF_INET6:
      self.init(SocketAddress(withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }))
    default: return nil
    }
  }
}
