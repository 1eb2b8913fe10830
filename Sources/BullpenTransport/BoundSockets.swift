import BullpenCore
import Glibc

/// Why a port could not be had.
public enum BindError: Error, Hashable, Sendable {
  /// Another program has it.
  case portInUse(UInt16)
  /// No interface of this name, or it has no address.
  case noInterface(String)
  /// The system says no, by errno.
  case system(Int32)
}

/// Sockets on one port for IPv4 and IPv6, not yet read by anybody. Whoever takes a descriptor out owns it; what is
/// left is closed.
struct BoundSockets: ~Copyable {
  enum Kind { case stream, datagram }

  struct Bound {
    let descriptor: Int32
    let local: Endpoint
  }

  private(set) var sockets: [Bound] = []
  private(set) var port: UInt16

  /// Binds every family that the machine has, IPv6 for itself alone. Confined to an interface by SO_BINDTODEVICE
  /// or, where that is not permitted, by binding to the interface's own addresses.
  /// - Parameter port: 0 picks one that is free for all of them.
  init(_ kind: Kind, port wanted: UInt16, interface: String?) throws(BindError) {
    port = wanted
    let isAlone = interface.map { !Self.mayBindToDevice($0) } ?? false
    var locals = [Endpoint.any(isIPv4: true, port: wanted), .any(isIPv4: false, port: wanted)]
    if let interface {
      guard if_nametoindex(interface) != 0 else { throw .noInterface(interface) }
      if isAlone {
        locals = NetworkInterfaces.list().first { $0.name == interface }?.addresses ?? []
        guard !locals.isEmpty else { throw .noInterface(interface) }
      }
    }
    // A port that is free for the first may be taken for the next: then another is picked.
    for attempt in 0..<16 {
      port = wanted
      do throws(BindError) {
        for local in locals {
          let bound = try Self.open(kind, local.with(port: port), isAlone ? nil : interface)
          guard let bound else { continue }
          sockets.append(bound)
          port = bound.local.port
        }
        break
      } catch {
        closeAll()
        guard wanted == 0, case .portInUse = error, attempt < 15 else { throw error }
      }
    }
    guard !sockets.isEmpty else { throw .system(EAFNOSUPPORT) }
  }

  deinit { for socket in sockets { close(socket.descriptor) } }

  /// Hands the descriptors over.
  mutating func take() -> [Bound] {
    defer { sockets = [] }
    return sockets
  }

  private mutating func closeAll() {
    for socket in sockets { close(socket.descriptor) }
    sockets = []
  }

  /// One socket; nil when the machine does not have the family.
  private static func open(_ kind: Kind, _ local: Endpoint, _ interface: String?) throws(BindError) -> Bound? {
    let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
    let flags = Int32(type.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(local.isIPv4 ? AF_INET : AF_INET6, flags, 0)
    guard descriptor >= 0 else {
      if errno == EAFNOSUPPORT { return nil }
      throw .system(errno)
    }
    do throws(BindError) {
      if kind == .stream { try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
      if !local.isIPv4 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
      if let interface, bindToDevice(descriptor, interface) != 0 { throw .system(errno) }
      guard local.withSockaddr({ bind(descriptor, $0, $1) }) == 0, kind == .datagram || listen(descriptor, 128) == 0
      else {
        if errno == EADDRNOTAVAIL, !local.isIPv4 {
          close(descriptor)
          return nil
        }
        throw errno == EADDRINUSE ? .portInUse(local.port) : .system(errno)
      }
      var storage = sockaddr_storage()
      var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let named = withUnsafeMutableBytes(of: &storage) {
        getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
      }
      guard named == 0, let bound = Endpoint(storage) else { throw .system(errno) }
      return Bound(descriptor: descriptor, local: bound)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(BindError) {
    var value = value
    guard setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
      throw .system(errno)
    }
  }

  /// 0, or -1 with errno.
  static func bindToDevice(_ descriptor: Int32, _ interface: String) -> Int32 {
    setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, interface, socklen_t(interface.utf8.count))
  }

  /// Whether this process may confine a socket to the interface.
  static func mayBindToDevice(_ interface: String) -> Bool {
    let probe = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { close(probe) }
    return bindToDevice(probe, interface) == 0 || errno != EPERM
  }
}
