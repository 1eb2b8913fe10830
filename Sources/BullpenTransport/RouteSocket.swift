import Glibc

/// A socket to the kernel's routing tables (rtnetlink(7)), never blocking.
enum RouteSocket {
  /// Changes that a socket can be told of, from linux/rtnetlink.h, which Glibc's module leaves out.
  static let links: UInt32 = 0x1
  static let addresses4: UInt32 = 0x10
  static let addresses6: UInt32 = 0x100

  // linux/netlink.h
  private struct Address {
    var family = UInt16(AF_NETLINK)
    var padding: UInt16 = 0
    var port: UInt32 = 0
    var groups: UInt32
  }
  private static let route: Int32 = 0

  /// - Parameter groups: the changes to be told of; 0 for a socket that only asks.
  /// - Returns: a descriptor that the caller closes.
  static func open(groups: UInt32) throws(BindError) -> Int32 {
    let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_NETLINK, flags, route)
    guard descriptor >= 0 else { throw .system(errno) }
    let bound = withUnsafeBytes(of: Address(groups: groups)) {
      // Every socket address begins as a sockaddr does.
      bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard bound == 0 else {
      let reason = errno
      close(descriptor)
      throw .system(reason)
    }
    return descriptor
  }
}
