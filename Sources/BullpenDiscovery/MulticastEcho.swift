import BullpenCore
import Glibc

/// Whether mDNS is heard: asks who announces the service, as any program may in one shot (RFC 6762, section 6.7), and
/// looks whether this node's own announcement is among the answers. The question goes out by multicast and is heard by
/// this machine too, so what speaks for the node answers it unless it is hung, or a firewall keeps multicast away.
///
///     header    id, flags 0, one question, nothing else: 12 bytes
///     question  8 "_bullpen" 4 "_tcp" 5 "local" 0, type PTR (12), class IN (1)
public enum MulticastEcho {
  private static let port: UInt16 = 5353
  private static let group4: [UInt8] = [224, 0, 0, 251]
  private static let group6: [UInt8] = [0xff, 0x02] + Array(repeating: 0, count: 13) + [0xfb]
  /// The bit of the flags that an answer has.
  private static let response: UInt8 = 0x80

  /// Asks on one interface, and waits; up to `Limits.echoQuestions` times `Limits.echoPatience`.
  /// - Parameter instance: the name that this node announces.
  /// - Parameter interface: its index.
  /// - Parameter address: the IPv4 address of this machine there, of 4 bytes; nil asks by IPv6.
  public static func isHeard(_ instance: String, on interface: UInt32, from address: [UInt8]?) -> Bool {
    let isIPv4 = address != nil
    let descriptor = socket(
      isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    confine(descriptor, to: interface, from: address)
    for _ in 0..<Limits.echoQuestions {
      // What a firewall refuses to send is not heard either; the next question may pass.
      ask(descriptor, interface, isIPv4: isIPv4)
      let end = now() + Limits.echoPatience
      while now() < end {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Int32(max(end - now(), 0))) > 0 else { continue }
        var answer = [UInt8](repeating: 0, count: 9_000)
        let count = recv(descriptor, &answer, answer.count, Int32(MSG_DONTWAIT))
        if count > 12, isEcho(answer[..<count], of: instance) { return true }
      }
    }
    return false
  }

  /// An answer that holds the name, behind whatever suffix it may have got.
  static func isEcho(_ answer: ArraySlice<UInt8>, of instance: String) -> Bool {
    let name = Array(instance.utf8)
    guard answer.count > 12 + name.count, answer[answer.startIndex + 2] & response != 0 else { return false }
    return (answer.startIndex + 12...answer.endIndex - name.count).contains {
      answer[$0..<$0 + name.count].elementsEqual(name)
    }
  }

  static var question: [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for label in ["_bullpen", "_tcp", "local"] { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
    return bytes + [0, 0, 12, 0, 1]
  }

  private static func confine(_ descriptor: Int32, to interface: UInt32, from address: [UInt8]?) {
    if let address {
      var request = ip_mreqn()
      request.imr_ifindex = Int32(bitPattern: interface)
      // Left to itself, the kernel asks from 0.0.0.0 on loopback, and nobody answers there.
      withUnsafeMutableBytes(of: &request.imr_address) { $0.copyBytes(from: address.prefix(4)) }
      setsockopt(
        descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request, socklen_t(MemoryLayout<ip_mreqn>.size))
      set(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_TTL, 255)
      set(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_LOOP, 1)
    } else {
      set(descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, Int32(bitPattern: interface))
      set(descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, 255)
      set(descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_LOOP, 1)
    }
  }

  private static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func ask(_ descriptor: Int32, _ interface: UInt32, isIPv4: Bool) {
    func send<Address>(_ address: Address) {
      withUnsafeBytes(of: address) { bytes in
        // Every socket address begins as a sockaddr does; that is how system calls take them.
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
        _ = sendto(descriptor, question, question.count, Int32(MSG_DONTWAIT), start, socklen_t(bytes.count))
      }
    }
    if isIPv4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: group4) }
      send(address)
    } else {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_scope_id = interface
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: group6) }
      send(address)
    }
  }

  /// Milliseconds.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
